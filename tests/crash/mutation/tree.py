"""A copy of the repository whose layers of interest are rewritten, configured and built once for all mutants."""
import fnmatch
import json
import os
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from operators import Finder
from rewrite import Catalogue
from syntax import Source, dump

# What is mutated: every file of the layers that a commit or a recovery needs to be right, in libsnapshot.
LAYERS = ("media", "track", "log", "commit", "recovery")
# But for these: which pages of a program without instrumentation were written. tests/pages says whether that is right,
# with the kernel's answers and without.
LEFT_OUT = ("track/own_pages.h", "track/page_proofs.*", "track/write_protection.*", "track/written_pages.*")
OPTIONS = ("-DSNAPSHOT_BUILD_PASS=OFF", "-DSNAPSHOT_BUILD_BENCH=OFF", "-DSNAPSHOT_WERROR=OFF", "-DCMAKE_CXX_FLAGS=-w",
           "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2")


def run(command, log, **options):
    with open(log, "wb") as out:
        if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False, **options).returncode != 0:
            with open(log, encoding="utf-8", errors="replace") as told:
                raise SystemExit("mutation-check: error: " + shlex.join(command) + " failed:\n" + told.read()[-4000:])


def _put(path, data):
    """Writes the file unless it is that already, so that nothing is built twice."""
    try:
        with open(path, "rb") as old:
            if old.read() == data:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as new:
        new.write(data)


class Tree:
    """original/: the sources as they are; tree/: the same, rewritten; build/: the build of tree/."""

    def __init__(self, repository, directory):
        self.repository, self.directory = repository, directory
        self.original, self.tree, self.build = (os.path.join(directory, d) for d in ("original", "tree", "build"))
        self.catalogue = Catalogue(os.path.join(self.original, "libsnapshot"))

    def _tracked(self):
        listed = subprocess.run(["git", "-C", self.repository, "ls-files", "-z", "-co", "--exclude-standard"],
                                capture_output=True, check=False)
        if listed.returncode == 0:
            return [n for n in listed.stdout.decode().split("\0") if n and
                    os.path.isfile(os.path.join(self.repository, n))]
        found = []  # no checkout, but an unpacked archive
        for folder, folders, names in os.walk(self.repository):
            folders[:] = [f for f in folders if not f.startswith((".", "build", "__pycache__"))]
            found += [os.path.relpath(os.path.join(folder, n), self.repository) for n in names]
        return found

    def _mutated(self, name):
        layer, _, file = name.removeprefix("libsnapshot/").partition("/")
        return name.startswith("libsnapshot/") and name.endswith((".cc", ".h")) and layer in LAYERS and not any(
            fnmatch.fnmatch(f"{layer}/{file}", left_out) for left_out in LEFT_OUT)

    def copy(self):
        """Brings original/ up to date; what is gone from the repository goes from the copies."""
        names = self._tracked()
        for copy in (self.original, self.tree):
            for folder, _, files in os.walk(copy):
                for file in files:
                    path = os.path.join(folder, file)
                    if os.path.relpath(path, copy) not in names and not path.endswith("libsnapshot/mutant.h"):
                        os.unlink(path)
        for name in names:
            source = os.path.join(self.repository, name)
            with open(source, "rb") as file:
                data = file.read()
            for copy in (self.original, self.tree):
                if copy == self.tree and self._mutated(name):
                    continue
                _put(os.path.join(copy, name), data)
                shutil.copymode(source, os.path.join(copy, name))
        self.mutated = sorted(n for n in names if self._mutated(n))

    def generate(self):
        """Finds the mutants and writes the rewritten files."""
        for name in self.mutated:  # for CMake to find them when it is run for the first time
            if not os.path.exists(os.path.join(self.tree, name)):
                os.makedirs(os.path.dirname(os.path.join(self.tree, name)), exist_ok=True)
                shutil.copy(os.path.join(self.original, name), os.path.join(self.tree, name))
        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "mutant.h"), "rb") as header:
            _put(os.path.join(self.tree, "libsnapshot", "mutant.h"), header.read())
        run(["cmake", "-G", "Ninja", "-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_CXX_COMPILER=clang++-19", "-S", self.tree,
             "-B", self.build, *OPTIONS], os.path.join(self.directory, "configure.log"))
        paths = [os.path.join(self.original, n) for n in self.mutated]
        sources = {p: Source(p) for p in paths}
        commands = self._commands()
        units = [p for p in paths if p.endswith(".cc")]
        for unit in units:
            if unit not in commands:
                raise SystemExit(f"mutation-check: error: {unit}: nothing compiles it for tests (tree.py)")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for trees in pool.map(lambda unit: dump(commands[unit], self.build), units):
                Finder(trees, sources, self.catalogue)
        self.catalogue.number()
        for name, path in zip(self.mutated, paths):
            text = self.catalogue.rewritten(sources[path])
            _put(os.path.join(self.tree, name), text.encode())

    def _commands(self):
        """How the library for tests is compiled, with the paths of original/: of each source one command, of whichever
        target."""
        with open(os.path.join(self.build, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
        found = {}
        for c in commands:
            words = [w.replace(self.tree + "/", self.original + "/") for w in shlex.split(c["command"])]
            if words[-1].startswith(self.original + "/libsnapshot/") and "-DSNAPSHOT_TESTING" in words:
                at = words.index("-o")
                found[words[-1]] = words[:at] + words[at + 2:]
        return found

    def targets(self):
        listed = subprocess.run(["ninja", "-C", self.build, "-t", "targets", "all"], capture_output=True, text=True,
                                check=True).stdout
        return {line.split(":")[0] for line in listed.splitlines()}

    def make(self, targets, jobs):
        run(["cmake", "--build", self.build, "-j", str(jobs), "--target", *targets],
            os.path.join(self.directory, "build.log"))

    def program(self, target):
        for part in ("tests", "wrappers"):
            for folder, _, files in os.walk(os.path.join(self.build, part)):
                if target in files and os.access(os.path.join(folder, target), os.X_OK):
                    return os.path.join(folder, target)
        return None

    # The library with one mutant compiled in, for tests that step through its instructions

    def _exact_commands(self):
        """source -> (command that compiles it for the shared library, without -o OBJECT; object)"""
        with open(os.path.join(self.build, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
        found = {}
        for c in commands:
            if "/snapshot.dir/" in c["command"]:
                words = shlex.split(c["command"])
                at = words.index("-o")
                found[words[-1]] = (words[:at] + words[at + 2:], words[at + 1])
        return found

    def prepare_exact(self, jobs):
        """Compiles everything without any mutant, once."""
        self.exact = os.path.join(self.directory, "exact")
        self._commands_exact = self._exact_commands()
        os.makedirs(self.exact, exist_ok=True)
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda source: self._compile_exact(source, 0, self._object_of(source)), self._commands_exact))
        told = subprocess.run(["ninja", "-C", self.build, "-t", "commands", "snapshot"], capture_output=True, text=True,
                              check=True).stdout.splitlines()
        self._link = next(c for c in reversed(told) if " -shared " in c).split("&& ")[1]

    def _object_of(self, source):
        return os.path.join(self.exact, os.path.relpath(source, self.tree).replace("/", "_") + ".o")

    def _compile_exact(self, source, number, target):
        newest = max(os.path.getmtime(os.path.join(self.tree, n)) for n in [*self.mutated, "libsnapshot/mutant.h"])
        if number == 0 and os.path.exists(target) and os.path.getmtime(target) > max(newest, os.path.getmtime(source)):
            return
        run([*self._commands_exact[source][0], f"-DSNAPSHOT_MUTANT={number}", "-o", target], target + ".log", cwd=self.build)

    def library_for(self, mutant, tag):
        """Path of a library with just this mutant."""
        changed = os.path.join(self.tree, "libsnapshot", mutant.file)
        sources = [changed] if changed in self._commands_exact else [
            s for s in self._commands_exact if os.path.relpath(s, self.tree) in self.mutated]
        objects = {}
        for source in sources:
            objects[source] = self._object_of(source) + f".{tag}.o"
            self._compile_exact(source, mutant.number, objects[source])
        library = os.path.join(self.exact, f"{tag}.so")
        command = self._link
        for source, (_, built) in self._commands_exact.items():
            command = command.replace(f" {built} ", f" {objects.get(source, self._object_of(source))} ")
        words = shlex.split(command)
        words[words.index("-o") + 1] = library
        run(words, library + ".log", cwd=self.build)
        for path in objects.values():
            os.unlink(path)
        return library
