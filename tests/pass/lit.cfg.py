# Tools and features of the pass's tests, for one version of LLVM (see lit.site.cfg.py.in).
#   %opt       opt with the pass loaded: give -passes=snapshot
#   %clang     clang that instruments
#   %plain     clang that does not
#   %plugin    the path of the plugin
#   %body F    prints function F of the assembly on standard input, without directives and labels' comments
# FileCheck knows the variables BITS, INDEX, MAP (line map base - first line's number), ABI.
import os
import shutil

import lit.formats

config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".ll", ".c", ".cpp", ".test"]
config.excludes = ["Inputs"]

index = config.working_base >> config.range_bits
line_map = config.working_base + (4 << config.range_bits)
variables = {
    "BITS": config.range_bits,
    "INDEX": index,
    "MAP": line_map - (config.working_base >> 6),
    "ABI": "__snapshot_abi_v1_range_%d_%s" % (config.range_bits, hex(index)),
}
defines = " ".join("-D%s=%s" % item for item in variables.items())


def tool(name):
    return os.path.join(config.llvm_bin, name)


load = "-fplugin=%s -fpass-plugin=%s" % (config.plugin, config.plugin)
config.substitutions += [
    ("%opt", "%s -load-pass-plugin=%s" % (tool("opt"), config.plugin)),
    ("%clang", "%s --target=x86_64-linux-gnu %s" % (tool("clang"), load)),
    ("%plain", "%s --target=x86_64-linux-gnu" % tool("clang")),
    ("%plugin", config.plugin),
    ("%body", "%s %s" % (shutil.which("python3"), os.path.join(os.path.dirname(config.test_source_root), "codegen", "Inputs", "body.py"))),
    ("FileCheck", "%s %s" % (tool("FileCheck"), defines)),
    ("llvm-readelf", tool("llvm-readelf")),
    ("llvm-nm", tool("llvm-nm")),
    ("llvm-dis", tool("llvm-dis")),
    ("split-file", tool("split-file")),
]
# How hot paths of leaf functions are printed; see Inputs/body.py.
config.substitutions.append(("%leaf", "leaf" if config.llvm_major < 17 else "hot"))
config.available_features.add("llvm-%d" % config.llvm_major)

# What is not there is not tested: lld for this version, and other compilers.
lld = shutil.which("ld.lld-%d" % config.llvm_major) or shutil.which("ld.lld", path=config.llvm_bin)
if lld:
    config.available_features.add("lld")
    config.substitutions.append(("%lld", "-fuse-ld=lld --ld-path=%s" % lld))
old = shutil.which("clang-14") or shutil.which("clang-15")
if old:
    config.available_features.add("old-clang")
    config.substitutions.append(("%old_clang", old))
