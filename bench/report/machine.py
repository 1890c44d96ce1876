"""What the figures were measured on."""
import datetime
import os
import re
import subprocess


def _said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _caches():
    base, found = "/sys/devices/system/cpu/cpu0/cache", {}
    for index in sorted(os.listdir(base)) if os.path.isdir(base) else []:
        if index.startswith("index") and _read("%s/%s/type" % (base, index)) != "Instruction":
            found["L" + _read("%s/%s/level" % (base, index))] = _read("%s/%s/size" % (base, index))
    return ", ".join("%s %s" % item for item in found.items())


def _file_system(path):
    return _said("findmnt", "--noheadings", "--output", "FSTYPE,OPTIONS", "--target", path).replace("  ", " ")[:120]


# What is compared with, and the libraries that it comes from.
_PACKAGES = ("libpmem1", "libpmemobj1", "liblmdb0", "libsqlite3-0", "libkyotocabinet16v5", "libtkrzw-dev", "librocksdb-dev",
             "libboost-dev")


def _versions():
    said = _said("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package} ${Version}\n", *_PACKAGES)
    return ", ".join(sorted(line.split(" ", 1)[1] for line in said.split("\n") if line.startswith("installed ")))


def now():
    """For the begin and the end of a run."""
    return "%s, load average %s" % (datetime.datetime.now().strftime("%Y-%m-%d %H:%M"),
                                    " ".join(_read("/proc/loadavg").split()[:3]))


def describe(root, memory, disk):
    """Pairs of words: what, and which."""
    cpu = _read("/proc/cpuinfo")
    field = lambda name: (re.search(r"^%s\s*: (.*)$" % name, cpu, re.M) or [0, "unknown"])[1]  # noqa: E731
    flags = [f for f in ("avx2", "avx512f", "clflushopt", "clwb", "movdir64b") if f in field("flags").split()]
    total = int((re.search(r"MemTotal:\s+(\d+)", _read("/proc/meminfo")) or [0, "0"])[1])
    commit = _said("git", "-C", root, "describe", "--always", "--dirty")
    return [("CPU", "%s, %d cores" % (field("model name"), os.cpu_count() or 1)),
            ("Caches", _caches() or "unknown"),
            ("Instructions", ", ".join(flags) or "none that matter here"),
            ("Memory", "%.1f GiB" % (total / 2**20)),
            ("Kernel", " ".join(os.uname()[i] for i in (0, 2))),
            ("Memory medium", "%s (%s)" % (memory, _file_system(memory) or "unknown")),
            ("Disk", _file_system(disk) or "unknown"),
            ("Compiler", _said("clang-19", "--version").split("\n")[0] or "unknown"),
            ("Compared with", _versions() or "unknown"),
            ("Snapshot", commit or "unknown")]
