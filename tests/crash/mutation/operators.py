"""Finds the mutants of one translation unit: what could be left out, forced, exchanged or off by one (README.md)."""

from effects import CALLS, Effects, callee, is_store
from syntax import FUNCTIONS, children, descend, strip, type_of

COMPARISONS = {"<": "less", "<=": "less_or_equal", ">": "greater", ">=": "greater_or_equal"}
WITHOUT_PARTS = {"BreakStmt", "ContinueStmt", "GotoStmt", "NullStmt", "GCCAsmStmt"}
# Levels of edits at one and the same place, the outermost first.
ORDER, LEFT_OUT, FORCED, CALL, OF_TWO, COMPARISON, LEAF = range(7)


class Finder:
    """Walks the functions of one translation unit and adds what it finds to a Catalogue (rewrite.py)."""

    def __init__(self, trees, sources, catalogue):
        self.effects, self.sources, self.catalogue = Effects(trees), sources, catalogue
        self.source = self.file = None
        for tree in trees:
            for node in descend(tree):
                if node["kind"] in FUNCTIONS and any(c["kind"] == "CompoundStmt" for c in children(node)):
                    self._function(node)

    def _function(self, function):
        begin = function.get("range", {}).get("begin", {})
        place = begin.get("expansionLoc", begin)
        self.source = self.sources.get(place.get("file"))
        if self.source is None or function.get("isImplicit") or function.get("explicitlyDefaulted"):
            return
        if any(c["kind"] == "NakedAttr" for c in function.get("inner", [])):
            self.catalogue.skip(self.source, place["offset"], f"{function.get('name')}: assembler")
            return
        for child in children(function):
            self._expression_or_statement(child, True)

    # Statements

    def _expression_or_statement(self, node, outermost=False):
        kind = node["kind"]
        if kind == "CompoundStmt":
            self._compound(node, outermost)
        elif kind == "IfStmt" and not node.get("isConstexpr"):
            at = int(bool(node.get("hasInit"))) + int(bool(node.get("hasVar")))
            parts = children(node)
            for part in parts[:at]:
                self._expression_or_statement(part)
            self._condition(parts[at])
            for part in parts[at + 1:]:
                self._body(part)
        elif kind in ("WhileStmt", "DoStmt"):
            parts = children(node)
            condition, body = (parts[-2], parts[-1]) if kind == "WhileStmt" else (parts[1], parts[0])
            self._condition(condition, loop=True)
            self._body(body)
        elif kind == "ForStmt":
            start, _, condition, _, body = node["inner"]
            if start.get("kind"):
                self._expression_or_statement(start)
            if condition.get("kind"):
                self._condition(condition, loop=True)
            self._body(body)
        elif kind == "CXXForRangeStmt":
            self._body(children(node)[-1])
        elif kind in ("SwitchStmt", "CaseStmt", "DefaultStmt"):
            for part in children(node)[:-1] if kind == "SwitchStmt" else []:
                self._expression_or_statement(part)
            self._body(children(node)[-1])
        elif kind == "AttributedStmt":  # [[...]] or a pragma, and the statement last
            self._body(children(node)[-1])
        elif kind in ("ReturnStmt", "DeclStmt", "LabelStmt"):
            for part in children(node):
                self._expression_or_statement(part)
        elif kind == "VarDecl":
            if not node.get("constexpr"):
                for part in children(node):
                    self._value(part)
        elif kind in FUNCTIONS or kind in ("CXXRecordDecl", "StaticAssertDecl", "ParmVarDecl"):
            pass
        elif kind.endswith("Stmt") and not (kind == "IfStmt" or kind in WITHOUT_PARTS):
            raise RuntimeError(f"{self.source.path}: a statement of an unknown kind: {kind}: see operators.py")
        else:
            self._value(node)

    def _body(self, node):
        """A statement that stands by itself: of a block, or what an if or a loop governs."""
        inner = strip(node)
        if self._stands_alone(inner):
            self._left_out(inner)
        else:
            self._expression_or_statement(node)

    @staticmethod
    def _stands_alone(node):
        return node["kind"].endswith(("Operator", "CallExpr", "CastExpr", "AtomicExpr")) or (
            node["kind"] == "ConditionalOperator")

    def _left_out(self, node):
        if node["kind"] == "BinaryOperator" and node.get("opcode") == ",":
            for part in children(node):
                self._left_out(strip(part))
            return
        span = self.source.span(node)
        words_only = node["kind"] == "CXXOperatorCallExpr" and "Message" in type_of(node)
        if span is not None and not words_only:
            self.catalogue.add(self.source, span, LEFT_OUT, "left-out", self._text(span), "", "{is_} ? (void)0 : (void)({text})")
        inner = node
        while inner["kind"].endswith("CastExpr"):  # (void)call
            inner = strip(children(inner)[0])
        if inner["kind"] == "CXXOperatorCallExpr" and type_of(inner) == "Status":
            inner = strip(children(inner)[-1])  # s = f(): without the store is without the call
        for part in children(inner):
            self._value(part)

    def _compound(self, node, outermost):
        parts = children(node)
        for part in parts:
            self._body(part)
        if not outermost and len(parts) > 1 and parts[-1]["kind"] == "ReturnStmt" and not children(parts[-1]):
            if span := self.source.statement_span(parts[-1]):
                self.catalogue.add(self.source, span, LEFT_OUT, "left-out", self._text(span), "", "if (!{is_}) {text}")
        self._exchange_steps([(p, s) for p in parts if (s := self.source.statement_span(p))])

    def _exchange_steps(self, placed):
        """Calls with their next call, whatever stores are between them, and stores with the call next to them. What
        comes from a macro (named steps, observers) has no place and is in nobody's way."""
        last_call = None
        for at, (node, span) in enumerate(placed):
            if node["kind"] in ("ReturnStmt", "CompoundStmt", "CaseStmt", "DefaultStmt"):
                last_call = None
                continue
            calls = self.effects.within(node)
            if calls and last_call is not None:
                self._exchanged(last_call, (node, span))
            if at > 0 and calls != self._called(placed[at - 1]) and (self._stores(node) or self._stores(placed[at - 1][0])):
                self._exchanged(placed[at - 1], (node, span))
            if calls or node["kind"] == "DeclStmt":
                last_call = (node, span) if calls else None

    def _called(self, step):
        return self.effects.within(step[0])

    @staticmethod
    def _stores(node):
        node = strip(node)
        return is_store(node) and strip(children(node)[0])["kind"] != "DeclRefExpr"

    def _exchanged(self, first, second):
        """Two neighbours that have effects, the other way round, where the second does not need the first's variable."""
        (a, span_a), (b, span_b) = first, second
        declares = [n["kind"] == "DeclStmt" for n in (a, b)]
        if all(declares):
            return
        if declares[0]:
            names = {v["id"] for v in descend(a) if v["kind"] == "VarDecl"}
            if any(n.get("referencedDecl", {}).get("id") in names for n in descend(b)):
                return
        self.catalogue.exchange(self.source, span_a, span_b, move_first=declares[1])

    # Values

    def _text(self, span):
        return " ".join(self.source.text(*span).split())

    def _condition(self, node, loop=False):
        """The condition of a statement: forced both ways; a loop's is not forced to true, for it would never end."""
        self._forced(node, to_true=not loop, to_false=True)

    def _forced(self, node, to_true, to_false):
        node = strip(node)
        span = self.source.span(node)
        if node["kind"] == "CallExpr" and callee(node)[0] == "__builtin_expect":
            return self._forced(children(node)[1], to_true, to_false)
        if node["kind"] == "UnaryOperator" and node.get("opcode") == "!" and span is None:
            return self._forced(children(node)[0], to_false, to_true)  # of SNAPSHOT_LIKELY's body
        if span is not None:
            self.catalogue.force(self.source, span, FORCED, self._text(span), to_true, to_false)
        if node["kind"] == "BinaryOperator" and node.get("opcode") in ("&&", "||"):
            # a && b with a false is the whole one false: the operands are forced the other way only.
            both = node["opcode"] == "&&"
            for operand in children(node):
                self._forced(operand, both, not both)
        else:
            self._parts(node)
        return None

    def _is_truth(self, node):
        if node["kind"] == "BinaryOperator":
            return node.get("opcode") in ("&&", "||", "==", "!=", *COMPARISONS)
        return node["kind"] == "UnaryOperator" and node.get("opcode") == "!"

    def _value(self, node):
        """An expression whose value is used."""
        if node["kind"] in ("ConstantExpr", "UnaryExprOrTypeTraitExpr"):
            return
        inner = strip(node)
        if inner["kind"] == "CallExpr" and callee(inner)[0] == "__builtin_expect":
            self._forced(inner, True, True)
        elif self._is_truth(inner) and type_of(inner) == "bool":
            self._forced(inner, True, True)
        else:
            self._parts(inner)

    def _parts(self, node):
        kind = node["kind"]
        span = self.source.span(node)
        if kind == "CXXRewrittenBinaryOperator":  # a != b by operator==: its parts are not as they were written
            return
        if kind == "LambdaExpr":
            for part in children(node):
                if part["kind"] == "CompoundStmt":
                    self._compound(part, True)
            return
        if kind in CALLS and span is not None:
            self._call(node, span)
        if kind == "ConditionalOperator":
            self._forced(children(node)[0], True, True)
            for part in children(node)[1:]:
                self._value(part)
            return
        if kind == "BinaryOperator" and node.get("opcode") in COMPARISONS and span is not None:
            self._off_by_one(node, span)
        if kind in ("BinaryOperator", "CompoundAssignOperator") and node.get("opcode") in ("+", "-", "+=", "-="):
            for part in children(node):
                literal = strip(part)
                if literal["kind"] == "IntegerLiteral" and literal.get("value") == "1":
                    if place := self.source.span(literal):
                        self.catalogue.add(self.source, place, LEAF, "off-by-one", self._text(span or place),
                                           "without the 1", "::snapshot_mutant::one({n})")
        for part in children(node):
            self._value(part)

    def _off_by_one(self, node, span):
        left, right = (self.source.span(c) for c in children(node))
        sign = node["opcode"]
        if left is None or right is None or self.source.text(left[1], right[0]).strip() != sign:
            return
        at = self.source.bytes.index(sign.encode(), left[1])
        other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}[sign]
        self.catalogue.compare(self.source, span, COMPARISON, (at, at + len(sign)), COMPARISONS[sign], self._text(span),
                               f"{sign} becomes {other}")

    def _call(self, node, span):
        function = self.effects.function(node)
        if function is not None and function.get("constexpr"):
            kinds = [p["type"]["qualType"] for p in children(function) if p["kind"] == "ParmVarDecl"]
            if kinds == ["u64", "u64"] and type_of(node) in ("u64", "unsigned long"):
                name = self.source.span(children(node)[0])
                if name is not None and self.source.bytes[name[1]:name[1] + 1] == b"(":
                    self.catalogue.of_two(self.source, span, OF_TWO, (name[0], name[1] + 1), self._text(span))
        elif type_of(node) != "void" and "&" not in type_of(node) and self.effects.has_zero(node) and (
                self.effects.of_call(node)):
            self.catalogue.add(self.source, span, CALL, "call-left-out", self._text(span), "its value zero",
                               "::snapshot_mutant::call({n}, [&] {{ return {text}; }})")
