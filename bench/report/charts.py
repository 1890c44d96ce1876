"""Figures as SVG. Colours are classes, whose style is STYLE: one for the page, one inside a figure that stands alone."""
import math
from html import escape

from figures import number

# After Okabe and Ito (Color Universal Design, 2008): to be told apart with any kind of sight. What Snapshot does is
# blue everywhere, the ceiling grey; the others take what is left, in their order.
COLOURS = ["#0072b2", "#56b4e9", "#9a9a9a", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#8a6fc9", "#b3a125", "#7a4b2a",
           "#5aa7a7"]
OWN = {"snapshot": 0, "redo": 0, "port": 0, "full": 0, "lazy": 1, "none": 2, "plain": 2, "bare loop": 2, "libpmemobj": 3,
       "msync": 4, "undo": 5}
STYLE = ("svg text{font:12px system-ui,sans-serif;fill:var(--ink,#222)}svg .axis{stroke:var(--ink,#222);stroke-width:1}"
         "svg .grid{stroke:var(--grid,#ddd);stroke-width:1}svg .whisker{stroke:var(--ink,#222);stroke-width:1;opacity:.75}"
         "svg .small{font-size:10px}svg .band{opacity:.18;stroke:none}svg .line{fill:none;stroke-width:2}"
         "svg .on{fill:#fff}svg .off{fill:#111}" +
         "".join("svg .c%d{fill:%s;stroke:%s}" % (i, c, c) for i, c in enumerate(COLOURS)))
LEFT, TOP, PANEL = 62, 14, 250


def shown(value):
    """Three digits, as far as they say something."""
    if value == 0:
        return "0"
    digits = max(0, 2 - int(math.floor(math.log10(abs(value)))))
    return "{:,.{}f}".format(value, min(digits, 3))


def _classes(systems):
    taken, classes = set(), {}
    for system in systems:
        index = OWN.get(system)
        if index is not None and index not in taken:
            classes[system] = index
            taken.add(index)
    free = [i for i in range(len(COLOURS)) if i not in taken]
    for system in systems:
        if system not in classes:
            classes[system] = free.pop(0) if free else len(COLOURS) - 1
    return classes


class _Scale:
    """From values to pixels. Logarithmic if they span more than a factor of 20; else from zero."""

    def __init__(self, values, begin, end, from_zero=True):
        low, high = min(values), max(values)
        self.log = low > 0 and high / low > 20
        if self.log:
            self.low, self.high = math.floor(math.log10(low)), math.ceil(math.log10(high))
            if from_zero and math.log10(low) - self.low < 0.15:
                self.low -= 1  # the shortest bar is to be seen
        else:
            self.low, self.high = (0 if from_zero else low), high * 1.08 if from_zero else high
        self.high = self.high if self.high > self.low else self.low + 1
        self.begin, self.end = begin, end

    def at(self, value):
        part = ((math.log10(value) if value > 0 else self.low) if self.log else value) - self.low
        return self.begin + (self.end - self.begin) * max(0, part) / (self.high - self.low)

    def ticks(self):
        if self.log:
            step = 1 + int((self.high - self.low) // 9)
            return [10.0**e for e in range(int(self.low), int(self.high) + 1, step)]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 3))
        step *= next(m for m in (1, 2, 5, 10) if (self.high - self.low) / (step * m) <= 6)
        first = math.ceil(self.low / step)
        return [step * i for i in range(first, int(self.high / step) + 1)]


def _text(x, y, words, anchor="middle", style=""):
    return "<text x='%.1f' y='%.1f' text-anchor='%s'%s>%s</text>" % (x, y, anchor, style, escape(words))


def _tick(value):
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return "%g%s" % (value / size, letter)
    return "%g" % value


def _axes(figure, scale, width):
    parts = []
    for tick in scale.ticks():
        y = scale.at(tick)
        parts.append("<line class='grid' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>" % (LEFT, width - 10, y, y))
        parts.append(_text(LEFT - 6, y + 4, _tick(tick), "end"))
    parts.append("<line class='axis' x1='%d' x2='%d' y1='%d' y2='%d'/>" % (LEFT, width - 10, TOP + PANEL, TOP + PANEL))
    middle = TOP + PANEL / 2
    parts.append(_text(14, middle, figure.unit, "middle", " transform='rotate(-90 14 %.0f)'" % middle))
    parts.append(_text(LEFT + (width - LEFT) / 2, TOP + PANEL + 38, figure.axis))
    return parts


def _legend(names, classes, width, y):
    parts, x = [], LEFT
    for name in names:
        needed = 26 + 7.2 * len(name)
        if x + needed > width and x > LEFT:
            x, y = LEFT, y + 18
        parts.append("<rect class='c%d' x='%.0f' y='%d' width='11' height='11'/>" % (classes[name], x, y))
        parts.append(_text(x + 16, y + 10, name, "start"))
        x += needed
    return parts, y + 22


def _svg(width, height, parts, title):
    return ("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' style='min-width:%dpx;max-width:%dpx' role='img'>"
            "<title>%s</title>%s</svg>" % (width, height, min(width, 560), 1.15 * width, escape(title), "".join(parts)))


def _bars(figure):
    classes, systems = _classes(figure.systems), figure.systems
    bar = max(9, min(34, 820 // max(1, len(figure.xs) * (len(systems) + 1))))
    group = bar * len(systems) + max(14, bar)
    width = max(400, LEFT + group * len(figure.xs) + 20)
    cells = {key: figure.summary(*key) for key in figure.runs}
    scale = _Scale([v for s in cells.values() for v in (s.median, s.high)], TOP + PANEL, TOP)
    parts = _axes(figure, scale, width)
    for i, x in enumerate(figure.xs):
        left = LEFT + 10 + group * i
        for k, system in enumerate(systems):
            s = cells.get((x, system))
            if s is None:
                continue
            at, top = left + bar * k, scale.at(s.median)
            parts.append("<rect class='c%d' x='%.1f' y='%.1f' width='%.1f' height='%.1f'><title>%s, %s: %s</title></rect>" % (
                classes[system], at + 1, top, bar - 2, max(0.5, TOP + PANEL - top), escape(system), escape(x), shown(s.median)))
            middle = at + bar / 2
            parts.append("<line class='whisker' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>" % (
                middle, middle, scale.at(s.low), scale.at(s.high)))
            if bar >= 26:
                parts.append(_text(middle, min(top, scale.at(s.high)) - 3, shown(s.median), "middle", " class='small'"))
        parts.append(_text(left + bar * len(systems) / 2, TOP + PANEL + 18, x))
    legend, bottom = _legend(systems, classes, width, TOP + PANEL + 52)
    return _svg(width, bottom, parts + legend, figure.title)


def _lines(figure):
    width, classes = 760, _classes(figure.systems)
    places = [number(x) for x in figure.xs]
    across = _Scale(places, LEFT + 16, width - 26, from_zero=False)
    cells = {key: figure.summary(*key) for key in figure.runs}
    scale = _Scale([v for s in cells.values() for v in (s.median, s.low, s.high) if v > 0], TOP + PANEL, TOP)
    if across.log:
        across.low, across.high = math.log10(min(places)), math.log10(max(places))
    parts, last = _axes(figure, scale, width), -100.0
    for x, place in zip(figure.xs, places):
        if across.at(place) - last > 4.2 + 7 * len(x):
            last = across.at(place)
            parts.append(_text(last, TOP + PANEL + 18, x))
    for system in figure.systems:
        points = [(across.at(place), cells[(x, system)]) for x, place in zip(figure.xs, places) if (x, system) in cells]
        upper = ["%.1f,%.1f" % (at, scale.at(s.high)) for at, s in points]
        lower = ["%.1f,%.1f" % (at, scale.at(s.low)) for at, s in reversed(points)]
        middle = ["%.1f,%.1f" % (at, scale.at(s.median)) for at, s in points]
        parts.append("<polygon class='c%d band' points='%s'/>" % (classes[system], " ".join(upper + lower)))
        parts.append("<polyline class='c%d line' style='fill:none' points='%s'/>" % (classes[system], " ".join(middle)))
        parts += ["<circle class='c%d' cx='%.1f' cy='%.1f' r='3'><title>%s: %s</title></circle>" % (
            classes[system], at, scale.at(s.median), escape(system), shown(s.median)) for at, s in points]
    legend, bottom = _legend(figure.systems, classes, width, TOP + PANEL + 52)
    return _svg(width, bottom, parts + legend, figure.title)


def _stacked(figure):
    """One bar for each x, of the systems' medians on top of each other."""
    classes = {system: i % len(COLOURS) for i, system in enumerate(figure.systems)}
    totals = [sum(figure.summary(x, s).median for s in figure.systems if figure.summary(x, s)) for x in figure.xs]
    width, height, label = 760, 30, 90
    parts = []
    for i, (x, total) in enumerate(zip(figure.xs, totals)):
        y, at = TOP + i * (height + 10), float(label)
        parts.append(_text(label - 8, y + 20, x, "end"))
        for system in figure.systems:
            s = figure.summary(x, system)
            if s is None or total <= 0 or s.median <= 0:
                continue
            part = (width - label - 110) * s.median / total
            parts.append("<rect class='c%d' x='%.1f' y='%d' width='%.1f' height='%d'><title>%s: %s</title></rect>" % (
                classes[system], at, y, part, height, escape(system), shown(s.median)))
            if part > 34:
                parts.append(_text(at + part / 2, y + 19, "%.0f %%" % (100 * s.median / total), "middle", " class='small on'"))
            at += part
        parts.append(_text(at + 8, y + 20, "%s %s" % (shown(total), figure.unit.split(" per ")[0]), "start"))
    y = TOP + len(figure.xs) * (height + 10) + 12
    parts.append(_text(label + (width - label - 110) / 2, y, "%s; shares of %s" % (figure.axis, figure.unit)))
    legend, bottom = _legend(figure.systems, classes, width, y + 14)
    return _svg(width, bottom, parts + legend, figure.title)


def _heat_colour(ratio):
    """Blue where the first system is faster, orange where the second is; white at 1."""
    part = max(-1.0, min(1.0, math.log(ratio) / math.log(3)))
    end = (0, 114, 178) if part > 0 else (213, 94, 0)
    return "#%02x%02x%02x" % tuple(round(255 + (c - 255) * abs(part)) for c in end), abs(part) > 0.6


def _heat(figure):
    first, second = figure.systems[:2]
    pairs = [x.split(" × ", 1) for x in figure.xs]
    columns, rows = list(dict.fromkeys(p[0] for p in pairs)), list(dict.fromkeys(p[1] for p in pairs))
    names = figure.axis.split(" × ", 1)
    cell, label = 76, 62
    width = label + cell * len(columns) + 40
    parts = [_text(label + cell * len(columns) / 2, 14, names[0])]
    parts += [_text(label + cell * (i + 0.5), 32, c) for i, c in enumerate(columns)]
    for k, row in enumerate(rows):
        parts.append(_text(label - 8, 38 + 34 * k + 22, row, "end"))
        for i, column in enumerate(columns):
            a, b = (figure.summary("%s × %s" % (column, row), s) for s in (first, second))
            if a is None or b is None:
                continue
            colour, dark = _heat_colour(b.median / a.median)
            parts.append("<rect x='%d' y='%d' width='%d' height='32' fill='%s'><title>%s: %s, %s: %s %s</title></rect>" % (
                label + cell * i, 38 + 34 * k, cell - 2, colour, escape(first), shown(a.median), escape(second),
                shown(b.median), escape(figure.unit)))
            parts.append(_text(label + cell * (i + 0.5) - 1, 38 + 34 * k + 20, "%.2f" % (b.median / a.median), "middle",
                               " class='%s'" % ("on" if dark else "off")))
    middle = 38 + 17 * len(rows)
    parts.append(_text(14, middle, names[1], "middle", " transform='rotate(-90 14 %d)'" % middle))
    bottom = 38 + 34 * len(rows) + 20
    parts.append(_text(label, bottom, "%s / %s: above 1, %s is faster" % (second, first, first), "start"))
    return _svg(width, bottom + 12, parts, figure.title)


def draw(figure):
    """The figure for a page that has STYLE."""
    return {"bars": _bars, "lines": _lines, "stacked": _stacked, "heat": _heat}[figure.kind()](figure)


def draw_alone(figure):
    """The same as a file of its own: on white, and readable where the reader's page is dark."""
    svg = draw(figure)
    head = svg.index("</title>") + len("</title>")
    return svg[:head] + "<style>%s</style><rect width='100%%' height='100%%' fill='#fff'/>" % STYLE + svg[head:]
