"""Which branches the tests have not taken. Called by scripts/coverage, with llvm-cov's JSON exports.

usage: report.py SOURCE-DIRECTORY UNREACHABLE-LIST FOLDER... -- EXPORT...

A branch has two sides; a side that was never taken has to be on the list, which quotes the source line, so that it holds
however the lines move. Exit status: 0 every side is taken or listed; 1 otherwise; also for an entry that fits nothing, and
for a source file of the folders that is in none of the exports.
"""

import collections
import json
import pathlib
import sys


def read_list(path):
    """Entries `FILE: true|false|both: SOURCE LINE` each followed by an indented reason; and those of them that a run may
    take all the same (`true?` and the like)."""
    entries, at_times = {}, set()
    key = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            if key is None:
                sys.exit(f"{path}:{number}: a reason without an entry")
            entries[key] = True
            continue
        parts = line.split(": ", 2)
        if len(parts) != 3 or parts[1].removesuffix("?") not in ("true", "false", "both"):
            sys.exit(f"{path}:{number}: not FILE: true|false|both: SOURCE LINE")
        key = (parts[0], parts[1].removesuffix("?"), " ".join(parts[2].split()))
        entries[key] = False
        if parts[1].endswith("?"):
            at_times.add(key)
    for key, has_reason in entries.items():
        if not has_reason:
            sys.exit(f"{path}: no reason for {': '.join(key)}")
    return set(entries), at_times


def branches_of(exports, root, folders):
    """{file: {(line, column): [taken when true, when false]}}, over all the programs that have the code; also of files
    without branches."""
    found = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    for export in exports:
        for entry in json.loads(pathlib.Path(export).read_text())["data"][0]["files"]:
            path = pathlib.Path(entry["filename"])
            if not path.is_relative_to(root) or path.relative_to(root).parent.as_posix() not in folders:
                continue
            branches = found[path.relative_to(root).as_posix()]
            for branch in entry["branches"]:
                counts = branches[branch[0], branch[1]]
                counts[0] += branch[4]
                counts[1] += branch[5]
    return found


def main():
    root, list_path = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    split = sys.argv.index("--")
    folders, exports = sys.argv[3:split], sys.argv[split + 1 :]
    (listed, at_times), used = read_list(list_path), set()
    found = branches_of(exports, root, folders)
    sources = [path.relative_to(root).as_posix() for folder in folders for path in (root / folder).glob("*.cc")]
    unknown = sorted(set(sources) - set(found))
    missing, totals = [], [0, 0, 0, 0]
    print(f"{'file':<36} {'sides':>6} {'taken':>6} {'listed':>6} {'missing':>7}")
    for file in sorted(found):
        lines = (root / file).read_text().splitlines()
        taken = excused = absent = 0
        for (line, column), counts in sorted(found[file].items()):
            for side, count in zip(("true", "false"), counts):
                text = " ".join(lines[line - 1].split())
                marks = {(file, side, text), (file, "both", text)} & listed
                if count:
                    taken += 1
                elif marks:
                    excused += 1
                    used |= marks
                else:
                    absent += 1
                    missing.append(f"{file}:{line}:{column}: never {side}: {text}")
        print(f"{file:<36} {taken + excused + absent:>6} {taken:>6} {excused:>6} {absent:>7}")
        totals = [total + n for total, n in zip(totals, (taken + excused + absent, taken, excused, absent))]
    print(f"{'all':<36} {totals[0]:>6} {totals[1]:>6} {totals[2]:>6} {totals[3]:>7}")
    print("\n".join(["", *missing]) if missing else "\nevery side of every branch is taken or listed")
    for file in unknown:
        print(f"{file}: in no program that has run")
    stale = listed - used - at_times
    for entry in sorted(stale):
        print(f"{list_path.name}: fits no side that is missing: {': '.join(entry)}")
    return 1 if missing or unknown or stale else 0


if __name__ == "__main__":
    sys.exit(main())
