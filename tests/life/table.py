#!/usr/bin/env python3
"""Claim: README.md's table names every case of this folder, and nothing else.

usage: table.py DIRECTORY
"""
import fnmatch
import pathlib
import re
import sys

directory = pathlib.Path(sys.argv[1])
cases = {file.name: set(re.findall(r"^CASE\((\w+)\)", file.read_text(), re.M)) for file in directory.glob("*.cc")}
problems = []
named = {file: set() for file in cases}
for row in re.findall(r"^\|.*\|$", (directory / "README.md").read_text(), re.M)[2:]:
    column = row.split("|")[3]
    for entry in re.findall(r"`([^`]+)`", column):
        file, _, patterns = entry.partition(": ")
        for pattern in patterns.split(", ") if patterns else ["*"]:
            found = set(fnmatch.filter(cases.get(file, ()), pattern))
            if not found:
                problems.append(f"README.md names {entry}, but {file} has no case {pattern}")
            named.setdefault(file, set()).update(found)
for file, names in cases.items():
    problems += [f"{file}: README.md does not name the case {name}" for name in sorted(names - named[file])]
print("\n".join(problems) or f"{sum(map(len, cases.values()))} cases are in the table")
sys.exit(1 if problems else 0)
