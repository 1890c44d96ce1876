"""The reviewed list of equivalent mutants, and the report."""
import collections
import fnmatch
import functools
import json
import math
import os
import re
from dataclasses import dataclass, field

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "libsnapshot")


@functools.cache
def functions_in(file):
    """Of each line, the function that it is in, going by the layout: none begins further in than a class has it."""
    names, name = [], ""
    with open(os.path.join(SOURCES, file), encoding="utf-8") as source:
        for line in source:
            begun = re.match(r"(?: {2})?(?!return\b|if\b|for\b|while\b|switch\b)[A-Za-z][^;=]*?(\w+)\([^;]*$", line)
            name = begun.group(1) if begun and begun.group(1) != "SNAPSHOT_REQUIRES" else name
            names.append(name)
    return names


@dataclass
class Entry:
    """A paragraph of equivalent.txt: mutants that no test can notice, and why."""
    line: int
    fields: dict = field(default_factory=dict)
    matches: int = 0

    def covers(self, mutant):
        f = self.fields
        text = f.get("text", "")
        same = mutant.text == text[1:] if text.startswith("=") else text in mutant.text
        return same and fnmatch.fnmatch(mutant.file, f.get("file", "*")) and (
            "in" not in f or functions_in(mutant.file)[mutant.line - 1] == f["in"]) and (
            mutant.operator in f.get("operator", mutant.operator).split(", ")) and (
            f.get("change", mutant.change) == mutant.change)


def read_equivalent(path):
    entries, current = [], None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                current = None
                continue
            if line[0].isspace():
                if current is None:
                    raise SystemExit(f"mutation-check: error: {path}:{number}: goes on with nothing")
                key = list(current.fields)[-1]
                current.fields[key] += " " + line.strip()
                continue
            key, colon, value = line.partition(":")
            if not colon or key not in ("file", "in", "operator", "text", "change", "because"):
                raise SystemExit(f"mutation-check: error: {path}:{number}: neither file, in, operator, text, change nor "
                                 "because")
            if current is None:
                current = Entry(number)
                entries.append(current)
            current.fields[key] = value.strip()
    for entry in entries:
        if "because" not in entry.fields or not ({"text", "file"} & set(entry.fields)):
            raise SystemExit(f"mutation-check: error: {path}:{entry.line}: an entry needs text or file, and because")
    return entries


def apply_equivalent(entries, mutants):
    """mutant -> entry; each entry must cover something."""
    covered = {}
    for mutant in mutants:
        for entry in entries:
            if entry.covers(mutant):
                entry.matches += 1
                covered.setdefault(mutant, entry)
    return covered, [e for e in entries if e.matches == 0]


def describe(mutant):
    lines = [f"{mutant.file}:{mutant.line}: {mutant.operator}  (mutant {mutant.number})", f"    - {mutant.text}"]
    if mutant.change:
        lines.append(f"    + {mutant.change}")
    return "\n".join(lines)


def _how_far(found):
    if found["up_to"] != math.inf:
        return f"\n    (not tried with cases of more than {found['up_to']:g} s)"
    return "" if found["cases"] else "\n    (no test makes it differ)"


def describe_stale(stale):
    return [f"equivalent.txt:{e.line}: matches nothing any more: remove it, or mend it" for e in stale]


def write(directory, results, stale, skipped, missing):
    """report.json and report.txt; returns the text's summary."""
    os.makedirs(directory, exist_ok=True)
    out = []

    def table(title, key):
        out.append(f"\n{title}")
        groups = collections.defaultdict(list)
        for mutant, found in results:
            groups[key(mutant)].append(found)
        for name in sorted(groups):
            killed = sum(1 for f in groups[name] if f["killed"])
            out.append(f"  {killed:5d} of {len(groups[name]):5d} killed  {name}")

    table("by file", lambda m: m.file)
    table("by operator", lambda m: m.operator)
    out.append("\nkilled by")
    killers = collections.Counter(f["killed"].split(":")[0] for _, f in results if f["killed"])
    out += [f"  {count:5d}  {name}" for name, count in killers.most_common()]
    survivors = [(m, f) for m, f in results if not f["killed"]]
    if survivors:
        out.append("\nsurvivors")
        out += [describe(m) + _how_far(f) for m, f in survivors]
    out += describe_stale(stale)
    out += [f"not mutated: {file}:{line}: {why}" for (file, line), why in sorted(skipped.items())]
    out += [f"not there, left out: {name}" for name in missing]
    killed = len(results) - len(survivors)
    summary = f"{killed} of {len(results)} mutants killed, {len(survivors)} survive"
    out.insert(0, summary)
    with open(os.path.join(directory, "report.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")
    with open(os.path.join(directory, "report.json"), "w", encoding="utf-8") as file:
        json.dump({"killed": killed, "total": len(results),
                   "mutants": [{**m.as_dict(), **f} for m, f in results]}, file, indent=1)
    return "\n".join(out)


def survivors_again(path, mutants):
    """Those of the mutants that survived in an earlier report; by what they are, since numbers and lines shift."""
    with open(path, encoding="utf-8") as file:
        earlier = json.load(file)["mutants"]
    kind = lambda m: (m["file"], m["operator"], m["text"], m["change"])
    survived = {kind(m) for m in earlier if not m["killed"]}
    return [m for m in mutants if kind(m.as_dict()) in survived]
