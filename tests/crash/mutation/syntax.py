"""The syntax trees of the sources, from clang's JSON dump: nodes with their places in the source text.

A place is a half-open range of bytes of one file. A node that comes out of a macro's body has none, nor has one that is
compiled for tests only; one that was written as a macro's argument has the argument's.
"""
import json
import os
import re
import subprocess

TRANSPARENT = {"ImplicitCastExpr", "ParenExpr", "ExprWithCleanups", "MaterializeTemporaryExpr", "CXXBindTemporaryExpr",
               "ConstantExpr", "FullExpr"}
FUNCTIONS = {"FunctionDecl", "CXXMethodDecl", "CXXConstructorDecl", "CXXDestructorDecl", "CXXConversionDecl"}


def dump(command, directory):
    """The translation unit's declarations in namespace snapshot, as a list of trees."""
    words = [w for w in command if w not in ("-c", "-g")] + ["-fsyntax-only", "-w", "-Xclang", "-ast-dump=json",
                                                              "-Xclang", "-ast-dump-filter=snapshot"]
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"clang cannot parse {command[-1]}:\n{done.stderr}")
    text, decoder, at, trees = done.stdout, json.JSONDecoder(), 0, []
    while (start := text.find("{\n", at)) >= 0:
        tree, at = decoder.raw_decode(text, start)
        _complete_files(tree, [None], directory)
        trees.append(tree)
    return trees


def _complete_files(value, current, directory):
    """The dump names a file only where it differs from the place printed before: puts it everywhere."""
    if isinstance(value, list):
        for item in value:
            _complete_files(item, current, directory)
    elif isinstance(value, dict):
        if "offset" in value and "tokLen" in value:
            if "file" in value:
                current[0] = os.path.normpath(os.path.join(directory, value["file"]))
            value["file"] = current[0]
            return
        for item in value.values():
            _complete_files(item, current, directory)


def children(node):
    return [c for c in node.get("inner", []) if c.get("kind")]


def descend(node):
    yield node
    for child in children(node):
        yield from descend(child)


def strip(node):
    """Without casts, parentheses and the like."""
    while node.get("kind") in TRANSPARENT and children(node):
        node = children(node)[-1] if node["kind"] == "ConstantExpr" else children(node)[0]
    return node


def type_of(node):
    return node.get("type", {}).get("qualType", "")


def _written(location):
    """(place as written, whether it is a token of a macro's body)"""
    if "spellingLoc" not in location:
        return location, False
    if location["expansionLoc"].get("isMacroArgExpansion"):
        return location["spellingLoc"], False
    return location["expansionLoc"], True


class Source:
    """The text of one file, and where nodes are in it."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.bytes = file.read()
        # What users' libraries are without: no mutant there, for they would not compile with it.
        self._for_tests = [m.span() for m in re.finditer(rb"^#if defined\(SNAPSHOT_TESTING\)\n.*?^#(?:else|endif)",
                                                         self.bytes, re.MULTILINE | re.DOTALL)]

    def text(self, begin, end):
        return self.bytes[begin:end].decode()

    def _end_of_macro(self, offset):
        at = offset + len(re.match(rb"\w+", self.bytes[offset:]).group())
        if self.bytes[at:at + 1] != b"(":
            return at
        depth = 0
        while True:
            depth += {b"(": 1, b")": -1}.get(self.bytes[at:at + 1], 0)
            at += 1
            if depth == 0:
                return at

    def span(self, node):
        """(begin, end) of the node in this file, or None."""
        ends = node.get("range", {})
        if not ends.get("begin") or not ends.get("end"):
            return None
        begin, begin_in_body = _written(ends["begin"])
        end, end_in_body = _written(ends["end"])
        if begin.get("file") != self.path or end.get("file") != self.path:
            return None
        if begin_in_body and end_in_body and begin["offset"] == end["offset"]:
            return None
        if any(first <= begin["offset"] < last for first, last in self._for_tests):
            return None
        stop = self._end_of_macro(end["offset"]) if end_in_body else end["offset"] + end["tokLen"]
        return (begin["offset"], stop) if begin["offset"] < stop else None

    def statement_span(self, node):
        """The same for a statement, with its semicolon. None for one with attributes: where a pragma begins is not told."""
        span = self.span(node)
        if span is None or node["kind"] == "AttributedStmt":
            return None
        if node["kind"] in ("CompoundStmt", "DeclStmt", "SwitchStmt", "NullStmt"):
            return span
        if node["kind"] in ("IfStmt", "WhileStmt", "ForStmt", "CXXForRangeStmt", "CaseStmt", "DefaultStmt"):
            last = self.statement_span(children(node)[-1])
            return last and (span[0], last[1])
        rest = re.match(rb"\s*;", self.bytes[span[1]:])
        return rest and (span[0], span[1] + rest.end())

    def line(self, offset):
        return self.bytes.count(b"\n", 0, offset) + 1
