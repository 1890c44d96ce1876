"""The tests that are to notice mutants: programs, their cases, and running them in isolation."""
import json
import os
import re
import select
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
# Cheapest first. Programs that are not there (yet) are left out, and named.
PROGRAMS = ("unit_log", "unit_recovery", "unit_media", "unit_commit", "unit_api", "unit_track", "crash_full_disk",
            "crash_bad_input", "crash_mutation", "pages_cases", "cli_snapctl", "backup_in_use", "interpose_files_linked",
            "crash_faults", "crash_states", "crash_steps")
# What is built with them.
HELPERS = {"interpose_files_linked": ("interpose_probe_linked",), "cli_snapctl": ("snapctl",),
           "backup_in_use": ("backup_subject", "snapctl")}
# Each case of these counts as slow, even if it is not: so a run with quick cases need not measure any.
SLOW = ("crash_faults", "crash_states", "crash_steps")
# Programs run as CTest runs them, which variables and cases are concerned; but for these, which find more on the other
# medium, or with the other kind of working copy.
MEDIA = ({"SNAPSHOT_MEDIA": "memory"}, {"SNAPSHOT_MEDIA": "page-cache"})
EITHER = ({"SNAPSHOT_PROTOCOL": "undo"}, {"SNAPSHOT_PROTOCOL": "redo"})
COPIES = ({"SNAPSHOT_COPY": "lazy"}, {"SNAPSHOT_COPY": "eager"})
BOTH = tuple({**m, **c} for m in MEDIA for c in COPIES)
# Not lazy where large sparse files are mapped: on tmpfs a lazy copy allocates every hole.
EAGER = tuple({**m, "SNAPSHOT_COPY": "eager"} for m in MEDIA)
# The way to find written pages that works everywhere.
PAGES = tuple({**m, "SNAPSHOT_TRACK": "pages", "SNAPSHOT_PAGES_FROM": "compare"} for m in MEDIA)
VARIANTS = {"unit_api": (MEDIA[0], {**MEDIA[1], **EITHER[0]}), "pages_cases": PAGES, "crash_states": EITHER, "crash_faults": EITHER,
            "interpose_files_linked": EAGER, "crash_full_disk": BOTH}
# These are no Catch2 programs: how their cases are listed, one a line, and run.
PLAIN = {"crash_faults": (["--list"], str.split, lambda case: ["--scenario", case.name]),
         "crash_states": (["--list"], lambda told: _chosen_sequences(told), lambda case: _explore(case))}
# Cases in files with these names step through instructions or count them, so that they need code without the other
# mutants: they run with a library that is compiled for the one mutant (tree.py).
EXACT_FILES = re.compile(r"_(stepped|cost)_test\.cc$")
# A case that means nothing without the ones before it in its file.
DEPENDENT = ("invariant 1: atomic: every step in the sources has killed a process",)
# A case that counts what threads get done in a time, which is little with all the mutants around.
TIMED = ("invariant 3: no lost update: a storm of signals whose handler stores, and now and then commits",)
# Each chosen sequence on each medium is a case, explored with a few images of each point.
SPARINGLY = ("--stop-after", "1", "--exhaustive", "64", "--samples", "4", "--nested-every", "32", "--real-every", "0",
             "--work-max", "20000")
TICKS = os.sysconf("SC_CLK_TCK")
SLOWLY = 0.6  # seconds of CPU time from which on a case is run by itself


@dataclass(eq=False)
class Case:
    program: str
    path: str
    name: str
    exact: bool  # needs a library of its own
    environment: dict = field(default_factory=dict)
    seconds: float = 0  # CPU
    elapsed: float = 0
    reached: bytes = b""

    @property
    def key(self):
        return (self.program, self.name, *self.environment.values())

    @property
    def is_plain(self):
        return self.program in PLAIN

    @property
    def is_quick(self):
        return self.seconds < SLOWLY and self.elapsed < 3 * SLOWLY and not self.is_plain


def _chosen_sequences(told):
    sequences = re.findall(r"^    (\S+)$", told.partition("chosen sequences")[2], re.MULTILINE)
    return [f"{medium} {sequence}" for medium in ("memory", "page-cache") for sequence in sequences]


def _explore(case):
    medium, _, sequence = case.name.partition(" ")
    settings = [word for name, value in case.environment.items() for word in ("--setting", f"{name}={value}")]
    return ["--media", medium, "--sequence", sequence, *settings, *SPARINGLY]


def arguments_for(cases):
    """The arguments with which their program runs just these cases, up to the first that fails."""
    if cases[0].is_plain:
        return PLAIN[cases[0].program][2](cases[0])
    quoted = (re.sub(r"([\\,\[\]*\"])", r"\\\1", c.name) for c in cases)
    return ["-a", ",".join("*" + q[1:] if q.startswith("-") else q for q in quoted)]  # or it would be an option


@dataclass
class Outcome:
    status: object  # exit status; None: out of time
    seconds: float
    elapsed: float
    output: str

    @property
    def passed(self):
        return self.status == 0


def _activity(pid):
    """Of a process and what it has started: the clock ticks so far, and whether anything runs, is ready to, or waits for a
    disk."""
    ticks, active = 0, False
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:  # ended meanwhile
        return 0, True
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                children = file.read().split()
        except OSError:
            return 0, True
        ticks += int(fields[11]) + int(fields[12])
        active = active or fields[0] in (b"R", b"D")
        for child in children:
            more, also = _activity(child)
            ticks, active = ticks + more, active or also
    return ticks, active


def _ended_late(child, limit, patience):
    """Waits until the child has ended, or ends it: after limit seconds, or patience in which next to nothing happened: all
    sleep, or look again and again whether they may go on. So a deadlock is found soon, and a machine that is busy with
    something else delays, but does not end, a test."""
    ended = select.poll()
    handle = os.pidfd_open(child.pid)
    ended.register(handle, select.POLLIN)
    begun = last = time.monotonic()
    idle, before = 0.0, 0
    try:
        while not ended.poll(500):
            now, (ticks, active) = time.monotonic(), _activity(child.pid)
            passed = min(now - last, 1.0)  # longer, if we were kept from looking, too
            busy = active or not 0 <= ticks - before < 0.2 * passed * TICKS
            idle = max(0.0, idle - passed) if busy else idle + passed
            last, before = now, ticks
            if now - begun > limit or idle > patience:
                child.kill()
                return True
        return False
    finally:
        os.close(handle)


class Isolation:
    """Runs commands, each in namespaces of its own (isolate). One scratch directory for each thread that runs them."""

    def __init__(self, directory):
        self.directory, self._local, self._count, self._lock = directory, threading.local(), 0, threading.Lock()
        self._root = os.path.join(directory, "scratch")
        shutil.rmtree(self._root, ignore_errors=True)
        for tests in ("crash", "backup"):
            os.makedirs(os.path.join(directory, "build", "tests", tests, "disk"), exist_ok=True)

    def _scratch(self):
        if not hasattr(self._local, "path"):
            with self._lock:
                self._local.path = os.path.join(self._root, str(self._count))
                self._count += 1
            os.makedirs(self._local.path)
        return self._local.path

    def run(self, command, environment, limit, library="", patience=20.0):
        """limit: seconds of CPU time for each process. patience: seconds for which everything may be asleep."""
        scratch = self._scratch()
        own_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        words = ["unshare", *own_root, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash",
                 os.path.join(HERE, "isolate"), self.directory, scratch, str(int(limit) + 1), library, *command]
        begun = time.monotonic()
        with open(os.path.join(scratch + ".out"), "w+b") as out:
            child = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                     env={**os.environ, "SNAPSHOT_TEST_SCALE": "0.25", **environment})
            late = _ended_late(child, 300 + 15 * limit, patience)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read().decode(errors="replace")
        for name in os.listdir(scratch):
            path = os.path.join(scratch, name)
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)
        if child.returncode == 125:
            raise SystemExit("mutation-check: error: cannot isolate a test (unshare, mount): " + text)
        return Outcome(None if late else child.returncode, usage.ru_utime + usage.ru_stime, time.monotonic() - begun, text)

    def close(self):
        shutil.rmtree(self._root, ignore_errors=True)


def find_cases(tree, isolation, without=()):
    cases, missing = [], []
    for program in PROGRAMS:
        path = tree.program(program) if program not in without else None
        if path is None:
            missing.append(program)
            continue
        if program in PLAIN:
            how, names_in, _ = PLAIN[program]
            names = names_in(isolation.run([path, *how], {}, 10).output)
            cases += [Case(program, path, name, False, v) for name in names for v in VARIANTS.get(program, ({},))]
            continue
        for variant, chosen in _variants(tree, program, path):
            listed = isolation.run([path, "--list-test-names-only", "-v", "high", *chosen], {}, 10)
            for line in listed.output.splitlines():
                name, at, place = line.partition("\t@")
                if at and name not in DEPENDENT + TIMED:
                    file = re.sub(r"[(:]\d+\)?$", "", place)
                    cases.append(Case(program, path, name, bool(EXACT_FILES.search(file)), variant))
    return cases, missing


def _variants(tree, program, path):
    """[(environment, arguments that choose cases)]"""
    if program in VARIANTS:
        return [(_environment(tree, program, v), []) for v in VARIANTS[program]]
    shown = subprocess.run(["ctest", "--test-dir", tree.build, "--show-only=json-v1"], capture_output=True, check=True)
    found = []
    for test in json.loads(shown.stdout)["tests"]:
        if test.get("command", [""])[0] == path:
            variables = [v for p in test["properties"] if p["name"] == "ENVIRONMENT" for v in p["value"]]
            found.append((dict(v.split("=", 1) for v in variables), test["command"][1:]))
    return found


def _environment(tree, program, variant):
    if program != "interpose_files_linked":
        return variant
    return {**variant, "SNAPSHOT_LOG": "off", "SNAPSHOT_TEST_DIRECTORY": "/dev/shm",
            "SNAPSHOT_TEST_PROBE": tree.program("interpose_probe_linked") or ""}
