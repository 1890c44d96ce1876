"""Prints the instructions of one function of the assembly on standard input: body.py NAME [hot].

Directives are left out, labels are kept. With "hot", only the path that a store to memory that is not managed takes
is printed: from the first instruction to the first return, with taken-if-managed jumps as instructions. With "leaf",
the same without the frame, which LLVM 16, but not later ones, makes for the cold call even where it is not needed.
"""
import re
import sys

name = sys.argv[1]
leaf = sys.argv[2:] == ["leaf"]
hot = leaf or sys.argv[2:] == ["hot"]
inside = False
for line in sys.stdin:
    line = line.split("#")[0].rstrip()
    if line == name + ":":
        inside = True
        print("begin " + name)
        continue
    if not inside or not line:
        continue
    if line.startswith(".Lfunc_end"):
        break
    text = line.strip()
    if text.startswith(".") and not text.endswith(":"):
        continue
    if leaf and re.match(r"(pushq|popq)\s", text):
        continue
    if text.endswith(":"):
        if not hot:
            print(text)
        continue
    print("  " + re.sub(r"\s+", " ", text))
    if hot and text.startswith("ret"):
        break
print("end " + name)
