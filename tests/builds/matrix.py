#!/usr/bin/env python3
"""Builds the project in project/ in many ways with snapcc and snapc++, and runs its self-test: kills, recovery, and
the audit, which ends a process whose commit would miss a byte.

Each way is one choice for each of: the build system, how the library is built, the program's kind, the optimisation, link
time optimisation, and what else is asked of the compiler. By default as many ways as bring every two choices together at
least once; of a build system's choices only those that it makes itself are paired (the others are flags to it).

usage: matrix.py BUILD_DIRECTORY [--full] [--jobs N] [--keep] [--list] [WAY...]
  --full   every combination, 1,440: hours
  WAY      as printed: autoconf/shared/pie/O2/no-lto/asan
Exit status: 0; 1 a way failed, which says how; 77 a tool is missing.
"""
import argparse
import concurrent.futures
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parent / "project"
FACTORS = {
    "system": ["libtool", "cmake", "meson", "autoconf"],  # the quickest first: it gets what is left
    "library": ["shared", "static"],
    "kind": ["pie", "no-pie"],
    "level": ["O2", "O0", "O1", "O3", "Os"],
    "lto": ["no-lto", "full-lto", "thin-lto"],
    "extra": ["plain", "debug", "gcov", "profile", "asan", "ubsan"],
}
NAMES = list(FACTORS)
MADE_BY_SYSTEM = {"library", "kind", "lto"}
LTO = {"no-lto": [], "full-lto": ["-flto=full"], "thin-lto": ["-flto=thin"]}
EXTRA = {
    "plain": [],
    "debug": ["-g"],
    "gcov": ["--coverage"],
    "profile": ["-fprofile-instr-generate", "-fcoverage-mapping"],
    "asan": ["-fsanitize=address", "-fno-omit-frame-pointer"],
    "ubsan": ["-fsanitize=undefined", "-fno-sanitize-recover=all"],
}
KIND = {"pie": (["-fPIE"], ["-pie"]), "no-pie": (["-fno-pie"], ["-no-pie"])}


def pairs_of(way):
    """The pairs of choices in a way that have to be brought together."""
    chosen = list(zip(NAMES, way))
    return {
        (a, b)
        for a, b in itertools.combinations(chosen, 2)
        if a[0] != "system" or b[0] in MADE_BY_SYSTEM
    }


def pairwise():
    """A short list of ways that has every pair; always the same one."""
    everything = [tuple(way) for way in itertools.product(*FACTORS.values())]
    missing = set().union(*map(pairs_of, everything))
    ways = []
    while missing:
        # Of ways that are equally good max takes the first, and with it the quickest build system.
        best = max(everything, key=lambda way: len(pairs_of(way) & missing))
        missing -= pairs_of(best)
        ways.append(best)
    return ways


class Failed(Exception):
    pass


def run(command, directory, log, **environment):
    done = subprocess.run([str(word) for word in command], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600, check=False,
                          env={**os.environ, **environment})
    with open(log, "a", encoding="utf-8") as out:
        out.write(f"$ {' '.join(map(str, command))}\n{done.stdout}")
    if done.returncode != 0:
        raise Failed(f"exit status {done.returncode} from {' '.join(map(str, command))}\n{done.stdout[:1500]}")
    return done.stdout


class Tools:
    def __init__(self, build):
        self.snapcc = build / "wrappers" / "snapcc"
        self.snapcxx = build / "wrappers" / "snapc++"
        banner = subprocess.run([self.snapcc, "--version"], capture_output=True, text=True, check=True).stdout
        self.major = banner.split("clang version ")[1].split(".")[0]
        needed = ["make", "cmake", "ninja", "meson", "libtoolize", "autoreconf", "readelf", f"llvm-ar-{self.major}",
                  f"ld.lld-{self.major}", f"llvm-cov-{self.major}", f"llvm-profdata-{self.major}"]
        self.missing = [tool for tool in needed if shutil.which(tool) is None]

    def llvm(self, name):
        return f"llvm-{name}-{self.major}"

    def environment(self):
        return {"CC": str(self.snapcc), "CXX": str(self.snapcxx), "AR": self.llvm("ar"), "RANLIB": self.llvm("ranlib"),
                "NM": self.llvm("nm"), "CCACHE_DISABLE": "1", "LC_ALL": "C"}


class Way:
    def __init__(self, choices, tools, directory, configure):
        self.name = "/".join(choices)
        self.choice = dict(zip(NAMES, choices))
        self.tools = tools
        self.directory = directory
        self.log = directory / "log"
        self.configure = configure
        common = [f"-{self.choice['level']}", "-Wall", *LTO[self.choice["lto"]], *EXTRA[self.choice["extra"]]]
        self.flags = " ".join(common)
        self.link_flags = " ".join(common[2:] + ([f"-fuse-ld=lld-{tools.major}"] if self.needs_lld else []))
        self.program_flags, self.program_link_flags = KIND[self.choice["kind"]]

    @property
    def needs_lld(self):
        """Bitcode is for the linker of the same LLVM. And libtool puts libc before clang's runtime for profiles, which
        needs it; GNU ld looks at archives once and in order, so that also plain clang cannot link such a library."""
        return self.choice["lto"] != "no-lto" or self.choice["extra"] in ("gcov", "profile")

    def environment(self):
        return {**self.tools.environment(), "CFLAGS": self.flags, "CXXFLAGS": self.flags, "LDFLAGS": self.link_flags}

    def run(self, *command, **environment):
        return run(command, self.directory, self.log, **environment)

    def build(self):
        """Returns the program."""
        return getattr(self, f"build_with_{self.choice['system']}")()

    def build_with_libtool(self):
        variables = [f"{name}={value}" for name, value in self.environment().items()]
        self.run("make", "-f", PROJECT / "libtool.mk", f"S={PROJECT}", "LIBTOOL=../libtool", f"KIND=-{self.choice['library']}",
                 f"PROGRAM_CFLAGS={' '.join(self.program_flags)}",
                 f"PROGRAM_LDFLAGS={' '.join(self.program_link_flags)}", *variables)
        return self.directory / "ledger"

    def build_with_autoconf(self):
        shared = self.choice["library"] == "shared"
        self.run(self.configure, f"--{'enable' if shared else 'disable'}-shared",
                 f"--{'disable' if shared else 'enable'}-static", "--disable-dependency-tracking",
                 f"PROGRAM_CFLAGS={' '.join(self.program_flags)}",
                 f"PROGRAM_LDFLAGS={' '.join(self.program_link_flags)}", **self.environment())
        self.run("make")
        return self.directory / "ledger"

    def build_with_cmake(self):
        shared = "ON" if self.choice["library"] == "shared" else "OFF"
        environment = self.environment()
        self.run("cmake", "-G", "Ninja", "-S", PROJECT, "-B", "build", f"-DBUILD_SHARED_LIBS={shared}",
                 f"-DCMAKE_AR={shutil.which(environment['AR'])}", f"-DCMAKE_RANLIB={shutil.which(environment['RANLIB'])}",
                 f"-DPROGRAM_CFLAGS={' '.join(self.program_flags)}",
                 f"-DPROGRAM_LDFLAGS={' '.join(self.program_link_flags)}", **environment)
        self.run("cmake", "--build", "build", "-j1")
        return self.directory / "build" / "ledger"

    def build_with_meson(self):
        # The level comes from our flags. Undefined symbols: a sanitizer's are in the program.
        self.run("meson", "setup", "--buildtype=plain", f"--default-library={self.choice['library']}", "-Db_lundef=false",
                 f"-Dprogram_cflags={','.join(self.program_flags)}",
                 f"-Dprogram_ldflags={','.join(self.program_link_flags)}", PROJECT, "build", **self.environment())
        self.run("ninja", "-j1", "-C", "build")
        return self.directory / "build" / "ledger"

    def check_kind(self, program):
        """It is what was asked for, or the test shows nothing."""
        real = program.parent / ".libs" / "ledger"
        binary = real if real.exists() else program
        header = run(["readelf", "-hd", binary], self.directory, self.log)
        if ("DYN (" in header) != (self.choice["kind"] == "pie"):
            raise Failed(f"the program is not {self.choice['kind']}")
        if "libsnapshot.so" not in header:
            raise Failed("the program is not linked to libsnapshot")
        if ("libledger" in header) != (self.choice["library"] == "shared"):
            raise Failed(f"the library is not {self.choice['library']}")

    def check_extra(self, program):
        """Profiles are written, and count, also when a second run adds to them."""
        extra = self.choice["extra"]
        if extra == "gcov":
            counts = [path for path in self.directory.rglob("*main*.gcda")]
            if not counts:
                raise Failed("no coverage was written")
            seen = self.run(self.tools.llvm("cov"), "gcov", "-t", counts[0])
            # main() is entered once by each program that was started; killed ones leave no trace.
            line = next(line for line in seen.splitlines() if "int main(int argc" in line)
            if line.split(":")[0].strip() != "2":
                raise Failed(f"main was run twice, but coverage says: {line}")
        elif extra == "profile":
            profiles = list(self.directory.glob("*.profraw"))
            self.run(self.tools.llvm("profdata"), "merge", "-o", "merged", *profiles)
            shown = self.run(self.tools.llvm("profdata"), "show", "--counts", "--function=main", "merged")
            if "Function count: 2" not in shown:
                raise Failed(f"main was run twice, but the profile says:\n{shown}")
        else:
            return
        if list(self.directory.rglob("*.snaplog")):
            raise Failed("a log was left beside a profile")

    def check(self):
        program = self.build()
        self.check_kind(program)
        environment = {"SNAPSHOT_AUDIT": "abort", "SNAPSHOT_MEDIA": "memory", "UBSAN_OPTIONS": "print_stacktrace=1",
                       "LLVM_PROFILE_FILE": str(self.directory / "%p.profraw")}
        said = self.run(program, "test", self.directory / "accounts", **environment)
        # In a file of profiles a killed process is no run; this is the second one.
        self.run(program, "check", self.directory / "accounts", "40", **environment)
        self.check_extra(program)
        return said.strip()


def make_configure(tools, directory):
    """Returns configure, which is used by one build system, and makes the libtool that another one uses."""
    source = directory / "source"
    shutil.copytree(PROJECT, source)
    (source / "m4").mkdir()
    run(["autoreconf", "-i"], source, directory / "autoreconf.log")
    run([source / "configure"], directory, directory / "configure.log", **tools.environment())
    return source / "configure"


def try_way(choices, tools, scratch, configure, keep):
    directory = scratch / "-".join(choices)
    directory.mkdir()
    way = Way(choices, tools, directory, configure)
    try:
        return way.name, way.check(), None
    except (Failed, subprocess.TimeoutExpired) as problem:
        return way.name, None, str(problem)
    finally:
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)


def canary(tools, scratch):
    """Whether the self-test fails, as it must, in a program that was built without snapcc."""
    directory = scratch / "canary"
    directory.mkdir()
    clang = f"clang-{tools.major}"
    sources = [PROJECT / name for name in ("main.c", "ledger.c", "checksum.c")]
    run([clang, "-O2", "-c", *sources], directory, directory / "log")
    objects = [directory / f"{source.stem}.o" for source in sources]
    run([f"clang++-{tools.major}", "-O2", PROJECT / "history.cc", *objects, "-o", "ledger"], directory, directory / "log")
    return subprocess.run([directory / "ledger", "test", directory / "accounts"], stdout=subprocess.DEVNULL,
                          check=False).returncode == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("ways", nargs="*")
    options = parser.parse_args()
    ways = [tuple(way.split("/")) for way in options.ways]
    if not ways:
        ways = list(itertools.product(*FACTORS.values())) if options.full else pairwise()
    if options.list:
        print("\n".join("/".join(way) for way in ways))
        return 0
    tools = Tools(options.build.resolve())
    if tools.missing:
        print(f"SKIPPED: not installed: {', '.join(tools.missing)}")
        return 77
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="snapshot-builds-", dir=parent))
    failed = 0
    try:
        configure = make_configure(tools, scratch)
        unprotected = canary(tools, scratch)
        if not unprotected:
            print("FAILED: the self-test passes without snapcc, so it shows nothing")
            failed += 1
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for name, said, problem in pool.map(
                    lambda way: try_way(way, tools, scratch, configure, options.keep), ways):
                print(f"{name}: {said}" if problem is None else f"FAILED: {name}: {problem}", flush=True)
                failed += problem is not None
    finally:
        if options.keep:
            print(f"kept in {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"{len(ways)} ways to build, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
