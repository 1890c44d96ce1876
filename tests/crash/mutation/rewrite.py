"""The mutants that were found, and the sources rewritten so that each of them can be chosen at run time (mutant.h)."""
import textwrap
from dataclasses import dataclass, field


@dataclass(eq=False)
class Mutant:
    file: str  # within libsnapshot
    line: int
    operator: str
    text: str    # the source text concerned, on one line
    change: str  # what becomes of it
    place: tuple
    number: int = 0

    @property
    def is_(self):
        return f"::snapshot_mutant::is({self.number})"

    def as_dict(self):
        return {"number": self.number, "file": self.file, "line": self.line, "operator": self.operator,
                "text": self.text, "change": self.change}


@dataclass(eq=False)
class Edit:
    begin: int
    end: int
    level: int
    wrap: object  # a function of the text within
    inner: list = field(default_factory=list)


class Catalogue:
    ORDER = 0

    def __init__(self, root):
        self.root, self.mutants, self.skipped = root, [], {}
        self._edits, self._orders, self._seen = {}, {}, set()

    # What operators.py finds

    def _mutant(self, source, span, operator, text, change):
        file = source.path[len(self.root) + 1:]
        mutant = Mutant(file, source.line(span[0]), operator, text, change, span)
        self.mutants.append(mutant)
        return mutant

    def _new(self, source, span, level):
        key = (source.path, span, level)
        new = key not in self._seen
        self._seen.add(key)
        return new

    def _edit(self, source, span, level, wrap):
        self._edits.setdefault(source.path, []).append(Edit(*span, level, wrap))

    def skip(self, source, offset, why):
        self.skipped[(source.path[len(self.root) + 1:], source.line(offset))] = why

    def add(self, source, span, level, operator, text, change, template):
        if self._new(source, span, level):
            m = self._mutant(source, span, operator, text, change)
            self._edit(source, span, level, lambda inner: template.format(n=m.number, is_=m.is_, text=inner))

    def force(self, source, span, level, text, to_true, to_false):
        if not self._new(source, span, level) or not (to_true or to_false):
            return
        t = self._mutant(source, span, "forced", text, "true") if to_true else None
        f = self._mutant(source, span, "forced", text, "false") if to_false else None
        name = lambda m: m.number if m else "::snapshot_mutant::kNone"
        self._edit(source, span, level,
                   lambda inner: f"::snapshot_mutant::forced({name(t)}, {name(f)}, static_cast<bool>({inner}))")

    def compare(self, source, span, level, sign, function, text, change):
        if self._new(source, span, level):
            m = self._mutant(source, span, "off-by-one", text, change)
            self._edit(source, span, level, lambda inner: f"::snapshot_mutant::{function}({m.number}, {inner})")
            self._edit(source, sign, level + 1, lambda inner: ",")

    def of_two(self, source, span, level, name, text):
        if self._new(source, span, level):
            a = self._mutant(source, span, "bound", text, "its first argument")
            b = self._mutant(source, span, "bound", text, "its second argument")
            function = source.text(name[0], name[1] - 1)
            self._edit(source, name, level,
                       lambda inner: f"::snapshot_mutant::of_two({a.number}, {b.number}, {function}, ")

    def exchange(self, source, first, second, move_first):
        if not self._new(source, (first, second), self.ORDER):
            return
        short = lambda span: textwrap.shorten(source.text(*span), 90, placeholder=" ...")
        m = self._mutant(source, first, "exchanged", short(first) + "  <->  " + short(second), "the other way round")
        orders = self._orders.setdefault(source.path, {})
        before, after, unless = range(3)
        for span in (first, second):
            orders.setdefault(span, ([], [], []))
        moved, other = (first, second) if move_first else (second, first)
        orders[moved][unless].append(m)
        orders[other][after if move_first else before].append((m, moved))

    # The result

    def number(self):
        self.mutants.sort(key=lambda m: (m.file, m.place, m.operator, m.change))
        for number, mutant in enumerate(self.mutants, 1):
            mutant.number = number

    def rewritten(self, source):
        edits = list(self._edits.get(source.path, []))
        render = _Renderer(source.bytes)
        for span, order in self._orders.get(source.path, {}).items():
            edits.append(Edit(*span, self.ORDER, self._in_order(render, order)))
        render.nest(edits)
        return '#include "mutant.h"\n#line 1\n' + render.text(0, len(source.bytes))

    @staticmethod
    def _in_order(render, order):
        before, after, unless = order
        moved = lambda m, span: f"if ({m.is_}) {{ {render.statement(*span)} }} "

        def wrap(inner):
            if unless:
                inner = f"if (!({' || '.join(m.is_ for m in unless)})) {{ {inner} }}"
            return "".join(moved(*b) for b in before) + inner + " " + "".join(moved(*a) for a in after)
        return wrap


class _Renderer:
    """Applies nested edits to a text."""

    def __init__(self, text):
        self._text, self._top = text, Edit(0, len(text), -1, None)

    def nest(self, edits):
        stack = [self._top]
        for edit in sorted(edits, key=lambda e: (e.begin, -e.end, e.level)):
            while edit.begin >= stack[-1].end and len(stack) > 1:
                stack.pop()
            if edit.end > stack[-1].end:
                raise RuntimeError(f"edits overlap: {self._text[edit.begin:edit.end]!r}")
            stack[-1].inner.append(edit)
            stack.append(edit)

    def text(self, begin, end):
        return self._render(self._top.inner, begin, end)

    def statement(self, begin, end):
        """The statement there with everything in it, but not with what is done about its place."""
        edits = self._top.inner
        while True:
            edit = next(e for e in edits if e.begin <= begin and end <= e.end)
            edits = edit.inner
            if (edit.begin, edit.end, edit.level) == (begin, end, Catalogue.ORDER):
                return self._render(edits, begin, end)

    def _render(self, edits, begin, end):
        out, at = [], begin
        for edit in edits:
            out.append(self._text[at:edit.begin].decode())
            out.append(edit.wrap(self._render(edit.inner, edit.begin, edit.end)))
            at = edit.end
        out.append(self._text[at:end].decode())
        return "".join(out)
