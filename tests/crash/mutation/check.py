"""Baseline and mutants: which cases reach which mutants, and whether one of them fails."""
import hashlib
import json
import math
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from suite import SLOW, SLOWLY, arguments_for

MUTANTS_MAX = 1 << 16


class Progress:
    def __init__(self, what, total, quiet=False):
        self.what, self.total, self.done, self.begun = what, total, 0, time.monotonic()
        self._lock, self._said, self._quiet = threading.Lock(), 0.0, quiet

    def one_more(self, note=""):
        with self._lock:
            self.done += 1
            now = time.monotonic()
            if self._quiet or (now - self._said < 5 and self.done != self.total):
                return
            self._said = now
            spent = now - self.begun
            left = spent / self.done * (self.total - self.done)
            print(f"{self.what} {self.done}/{self.total}, {60 * self.done / spent:.0f} a minute, "
                  f"{int(left // 60)} min {int(left % 60)} s left{note}", flush=True)


class Notes:
    """What has been found so far, in a file: a long run that is ended is not lost (--resume), and the next one knows what
    to try first.

    A verdict of the same library, mutants and all, counts again; that a mutant survives, only of the test programs that
    are the same, too: the others are its "changed". Of anything else that is noted there only what killed which mutant is
    remembered, as the first thing to try. tests: program -> fingerprint.
    """

    def __init__(self, path, library, tests, mutants, resume):
        self.known, self.killers, self._lock = {}, {}, threading.Lock()
        self._library, self._tests = library, tests
        self._names = names_of(mutants)
        by_name = {name: m for m, name in self._names.items()}
        for note in self._read(path):
            mutant, found = by_name.get(note["mutant"]), note["found"]
            if mutant is None:
                continue
            if found["killed"]:
                self.killers[mutant] = tuple(found["group"])
            if resume and note["library"] == library:
                self.known[mutant] = found
                if not found["killed"]:
                    found["changed"] += [p for p in tests if note["tests"].get(p) != tests[p]]
        self._file = open(path, "a", encoding="utf-8", buffering=1)

    @staticmethod
    def _read(path):
        try:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    try:
                        yield json.loads(line)
                    except ValueError:  # the last line of a run that was ended
                        continue
        except FileNotFoundError:
            pass

    def add(self, mutant, found):
        note = {"library": self._library, "tests": self._tests, "mutant": self._names[mutant], "found": found}
        with self._lock:
            self._file.write(json.dumps(note) + "\n")


def names_of(mutants):
    """mutant -> what it is, wherever in its file, and which of several that are the same."""
    seen, names = {}, {}
    for m in mutants:
        what = (m.file, m.operator, m.text, m.change)
        seen[what] = seen.get(what, 0) + 1
        names[m] = hashlib.sha256(repr((*what, seen[what])).encode()).hexdigest()[:24]
    return names


class Order:
    """Which cases to try first: what killed this mutant last time; then by what a kill is expected to cost, going by the
    mutants of the same file, those close by above all."""

    NEAR_LINES, NEAR_COUNTS = 15, 8

    def __init__(self, killers):
        self._killers, self._lock = killers, threading.Lock()
        self._tried = {}  # file -> [(line, group's key, whether it killed)]

    def sorted(self, mutant, groups):
        with self._lock:
            evidence = list(self._tried.get(mutant.file, []))
        kills, tries = {}, {}
        for line, key, killed in evidence:
            weight = self.NEAR_COUNTS if abs(line - mutant.line) <= self.NEAR_LINES else 1
            tries[key] = tries.get(key, 0) + weight
            kills[key] = kills.get(key, 0) + weight * killed
        last = self._killers.get(mutant)

        def expected(group):
            key = key_of(group)
            cost = 0.05 + sum(c.elapsed for c in group)
            return key != last, cost * (tries.get(key, 0) + 2) / (kills.get(key, 0) + 1)
        return sorted(groups, key=expected)

    def note(self, mutant, group, killed):
        with self._lock:
            self._tried.setdefault(mutant.file, []).append((mutant.line, key_of(group), killed))


def cost_of(group):
    """Of its longest case: quick ones are quick together, too."""
    return max(1.01 * SLOWLY if group[0].program in SLOW else 0.001, *(c.seconds for c in group), 0.001)


def key_of(group):
    """A name for cases that are run together: the one case's, or the program's with the environment."""
    first = group[0]
    return first.key if len(group) == 1 and not first.is_quick else (first.program, "", *first.environment.values())


def measure(case, isolation, directory):
    """Runs the case without a mutant and notes what it reaches."""
    if case.exact:
        outcome = isolation.run([case.path, *arguments_for([case])], case.environment, 60)
        case.seconds, case.elapsed = outcome.seconds, outcome.elapsed
        return outcome
    record = os.path.join(directory, f"reached.{threading.get_ident()}")
    with open(record, "wb") as file:
        file.write(bytes(MUTANTS_MAX))
    outcome = isolation.run([case.path, *arguments_for([case])],
                            {**case.environment, "SNAPSHOT_TEST_MUTANTS_REACHED": record}, 120)
    case.seconds, case.elapsed = outcome.seconds, outcome.elapsed
    with open(record, "rb") as file:
        case.reached = file.read()
    os.unlink(record)
    return outcome


def baseline(cases, isolation, directory, jobs, measured):
    """case -> what it said, for the cases that fail without any mutant; measured(case) is called for the others."""
    progress, failed = Progress("cases measured:", len(cases)), {}

    def one(case):
        for _ in range(3):  # one that waits for another thread may be out of luck
            outcome = measure(case, isolation, directory)
            if outcome.passed:
                measured(case)
                break
        else:
            failed[case] = f"{' '.join(case.key)} (status {outcome.status}):\n{outcome.output[-1500:]}"
        progress.one_more()

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, cases))
    return failed


def batches(cases, number):
    """The cases that reach the mutant: the quick ones of each program together, the others one by one."""
    quick, slow = {}, []
    for case in cases:
        if not case.exact and case.reached[number]:
            if case.is_quick:
                quick.setdefault((case.program, *case.environment.values()), []).append(case)
            else:
                slow.append(case)
    return [*quick.values(), *([c] for c in slow)]


UNTRIED = {"killed": None, "cases": 0, "seconds": 0.0, "up_to": 0.0, "changed": []}


def judge(mutant, cases, isolation, order, before, up_to, budget=math.inf):
    """{"killed": by what, or None; ...} by cases that take so many seconds of CPU time; before: the same, for quicker ones,
    and for test programs that have not changed. Where the budget ends it, what is left is still to be tried."""
    found = {**before, "up_to": up_to, "changed": []}
    if before["changed"]:
        found.pop("exactly", None)
    groups = [g for g in batches(cases, mutant.number)
              if (before["up_to"] < cost_of(g) or g[0].program in before["changed"]) and cost_of(g) <= up_to]
    spent_before = found["seconds"]
    for group in order.sorted(mutant, groups):
        if found["seconds"] - spent_before + sum(c.seconds for c in group) > budget:
            found["up_to"], found["changed"] = before["up_to"], before["changed"]
            break
        limit = 3 + 5 * sum(c.seconds for c in group)
        patience = 3 + 2 * sum(max(0.0, c.elapsed - c.seconds) for c in group)
        command = [group[0].path, *arguments_for(group)]
        environment = {**group[0].environment, "SNAPSHOT_TEST_MUTANT": str(mutant.number)}
        outcome = isolation.run(command, environment, limit, patience=patience)
        found["seconds"] += outcome.seconds
        if outcome.status == 1:  # a test that says so: again, for some depend on luck on a busy machine
            outcome = isolation.run(command, environment, limit, patience=patience)
            found["seconds"] += outcome.seconds
        found["cases"] += len(group)
        order.note(mutant, group, not outcome.passed)
        if not outcome.passed:
            found["killed"] = group[0].program + (f": {group[0].name}" if len(group) == 1 else "")
            found["group"] = key_of(group)
            found["status"] = outcome.status
            break
    return found


def judge_exactly(mutant, cases, tree, isolation):
    """With cases that need a library that was compiled for this mutant alone."""
    wanted = [c for c in cases if c.exact and any(o.program == c.program and not o.exact and o.reached[mutant.number]
                                                 for o in cases)]
    found = {"killed": None, "cases": 0, "seconds": 0.0}
    if not wanted:
        return found
    library = tree.library_for(mutant, threading.get_ident())
    for case in sorted(wanted, key=lambda c: c.seconds):
        outcome = isolation.run([case.path, *arguments_for([case])], case.environment, 10 + 5 * case.seconds, library)
        found["cases"] += 1
        found["seconds"] += outcome.seconds
        if not outcome.passed:
            found["killed"], found["status"] = f"{case.program}: {case.name}", outcome.status
            found["group"] = case.key
            break
    os.unlink(library)
    return found


def fingerprint(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def measure_all(cases, library, saved, isolation, jobs, quickly):
    """Measures what has not been measured before, of a program and a library that are the same; returns failures.
    quickly: not what counts as slow, which is then not to be tried."""
    prints = {path: fingerprint(path, library) for path in {c.path for c in cases}}
    keys = {c: [prints[c.path], *c.key] for c in cases}
    known = _load(saved)
    new = []
    lock = threading.Lock()
    with open(saved, "w", encoding="utf-8", buffering=1) as file:
        def save(case):
            numbers = [n for n, r in enumerate(case.reached) if r]
            with lock:
                file.write(json.dumps([keys[case], case.seconds, case.elapsed, numbers]) + "\n")

        for case in cases:
            if tuple(keys[case]) in known:
                case.seconds, case.elapsed, numbers = known[tuple(keys[case])]
                reached = bytearray(MUTANTS_MAX)
                for n in numbers:
                    reached[n] = 1
                case.reached = bytes(reached)
                save(case)
            elif quickly and case.program in SLOW:
                case.seconds, case.reached = math.inf, b"\1" * MUTANTS_MAX
            else:
                new.append(case)
        return baseline(new, isolation, os.path.dirname(saved), jobs, save) if new else {}


def _load(path):
    known = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                key, *rest = json.loads(line)
                known[tuple(key)] = rest
    except (FileNotFoundError, ValueError):  # not there yet, or ended in the middle of a line
        pass
    return known
