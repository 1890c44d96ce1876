"""Which calls have effects: stores, system calls, fences, appends; anything that is more than a value.

Found in the sources, not listed: a function of ours is free of effects if it is constexpr, or if its body is at hand and
stores to nothing but its own variables and calls nothing with effects. A function whose body is elsewhere has effects,
unless it is a const member that returns no Status. Words for the user (Message, const char *) do not count.
"""
from syntax import FUNCTIONS, children, descend, strip, type_of

CALLS = {"CallExpr", "CXXMemberCallExpr", "CXXOperatorCallExpr"}
STORES = {"CompoundAssignOperator"}
# What the standard library and the compiler provide without effects, as far as these layers use it.
HARMLESS = ("load", "size", "__builtin_expect", "__builtin_prefetch", "_mm_load_", "_mm256_load_", "_mm512_load_")


def callee(call):
    """(name, id of the declaration or None) of what is called."""
    target = strip(children(call)[0]) if children(call) else {}
    if target.get("kind") == "MemberExpr":
        return target.get("name", ""), target.get("referencedMemberDecl")
    decl = target.get("referencedDecl", {})
    return decl.get("name", target.get("name", "")), decl.get("id")


def is_store(node):
    kind = node["kind"]
    return kind in STORES or (kind == "BinaryOperator" and node.get("opcode") == "=") or (
        kind == "UnaryOperator" and node.get("opcode") in ("++", "--"))


class Effects:
    def __init__(self, trees):
        self.functions, self.bodies, self._without_zero = {}, {}, set()
        for tree in trees:
            for node in descend(tree):
                if node["kind"] in FUNCTIONS:
                    self.functions[node["id"]] = node
                    body = [c for c in children(node) if c["kind"] == "CompoundStmt"]
                    if body:
                        self.bodies[node["id"]] = body[0]
                        self.bodies.setdefault(node.get("previousDecl"), body[0])
                made = node.get("definitionData", {})
                if made and not made.get("isAggregate") and not made.get("defaultCtor", {}).get("exists"):
                    self._without_zero.add(node.get("name"))
        self._known = {}

    def has_zero(self, call):
        """Whether {} is a value of the type that the call returns."""
        return type_of(call).split("::")[-1] not in self._without_zero

    def function(self, call):
        return self.functions.get(callee(call)[1])

    def is_constexpr(self, call):
        return bool((self.function(call) or {}).get("constexpr"))

    def of_call(self, call):
        """Whether a call expression has effects, its arguments apart."""
        if call["kind"] == "CXXOperatorCallExpr":
            return False
        name, declared = callee(call)
        returned = type_of(call)
        if returned == "const char *" or "Message" in returned or returned.startswith("Text<"):
            return False
        function = self.functions.get(declared)
        if function is None:
            return not name.startswith(HARMLESS)
        if function.get("constexpr"):
            return False
        if declared not in self._known:
            self._known[declared] = False  # a recursion adds nothing
            body = self.bodies.get(declared)
            if body is not None:
                self._known[declared] = self.within(body, own_variables=True)
            else:
                const = type_of(function).rstrip().endswith("const")
                self._known[declared] = not const or returned in ("Status", "void")
        return self._known[declared]

    def within(self, tree, own_variables=False):
        """Whether anything in the tree has effects. own_variables: stores to plain local variables do not count."""
        for node in descend(tree):
            kind = node["kind"]
            if kind in CALLS and self.of_call(node):
                return True
            if kind == "GCCAsmStmt":
                return True
            if kind == "AtomicExpr" and type_of(node) == "void":
                return True
            if own_variables and is_store(node):
                to = strip(children(node)[0])
                variable = to.get("referencedDecl", {})
                if to["kind"] != "DeclRefExpr" or variable.get("kind") != "VarDecl" or "&" in type_of(variable):
                    return True
        return False
