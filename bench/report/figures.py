"""What the comparing programs measured (bench/harness/figure.h), and the statistics of it: the same as harness/stats.cc."""
import csv
import glob
import os
import re

COLUMNS = ["figure", "title", "axis", "unit", "x", "system", "round", "value"]
RATIO_COLUMNS = ["figure", "x", "over", "under", "relation", "aim", "published"]


class Broken(Exception):
    """A file of results that cannot be read, in one line."""


class Summary:
    """The quartiles of some runs, by linear interpolation."""

    def __init__(self, values):
        values = sorted(values)

        def quantile(part):
            at = part * (len(values) - 1)
            below = int(at)
            above = min(below + 1, len(values) - 1)
            return values[below] + (values[above] - values[below]) * (at - below)

        self.low, self.median, self.high = quantile(0.25), quantile(0.5), quantile(0.75)

    def spread(self):
        """Half the interquartile range, relative to the median."""
        return (self.high - self.low) / 2 / self.median if self.median else 0


class Ratio:
    """over's runs by under's, round by round, and how that stands to an aim (0: none). Without under: over's runs
    themselves, in unit. published: what was, as text."""

    def __init__(self, x, over, under, relation, aim, values, unit="", published=""):
        self.x, self.over, self.under, self.relation, self.aim, self.unit = x, over, under, relation, aim, unit
        self.published = published
        self.summary = Summary(values)

    def what(self):
        """Of which this is, for a reader."""
        return "%s / %s" % (self.over, self.under) if self.under else "%s, %s" % (self.over, self.unit)

    def verdict(self):
        """met, missed or unclear: only what the whole interquartile range agrees on is called met or missed."""
        s = self.summary
        if self.relation == "at least":
            return "met" if s.low >= self.aim else "missed" if s.high < self.aim else "unclear"
        return "met" if s.high <= self.aim else "missed" if s.low > self.aim else "unclear"

    def words(self):
        """The same for a reader."""
        verdict = self.verdict()
        if verdict == "missed":
            return "missed by %.0f %%" % (100 * abs(self.aim - self.summary.median) / self.aim)
        return "spread too wide to conclude" if verdict == "unclear" else verdict


class Figure:
    """One figure: for each x and system the runs, in the order in which they were measured."""

    def __init__(self, name, title, axis, unit, path):
        self.name, self.title, self.axis, self.unit, self.path = name, title, axis, unit, path
        self.xs, self.systems, self.runs, self.ratios = [], [], {}, []

    def add(self, x, system, value):
        """One more run."""
        if x not in self.xs:
            self.xs.append(x)
        if system not in self.systems:
            self.systems.append(system)
        self.runs.setdefault((x, system), []).append(value)

    def summary(self, x, system):
        """None where this system was not measured."""
        runs = self.runs.get((x, system))
        return Summary(runs) if runs else None

    def kind(self):
        """How it is drawn."""
        if self.name.endswith("_breakdown"):
            return "stacked"
        if "×" in self.axis and all("×" in x for x in self.xs):
            return "heat"
        return "lines" if len(self.xs) >= 5 and None not in map(number, self.xs) else "bars"


def number(text):
    """The value of "64", "4 KiB" or "100k", else None."""
    match = re.fullmatch(r"([0-9.]+) ?(k|K|M|G|Ki|Mi|Gi)?(B)?", text.replace(",", ""))
    if not match:
        return None
    return float(match[1]) * {None: 1, "k": 1e3, "K": 2**10, "Ki": 2**10, "M": 1e6 if not match[3] else 2**20,
                              "Mi": 2**20, "G": 1e9 if not match[3] else 2**30, "Gi": 2**30}[match[2]]


def _rows(path, columns):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            head = next(reader, None)
            if head != columns:
                raise Broken("%s: its first line is not %s: remove it and measure again" % (path, ",".join(columns)))
            for line in reader:
                if len(line) != len(columns):
                    raise Broken("%s, line %d: %d fields instead of %d: remove it and measure again" %
                                 (path, reader.line_num, len(line), len(columns)))
                yield reader.line_num, dict(zip(columns, line))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Broken("%s: cannot be read: %s" % (path, error)) from error


def _value(path, line, text):
    try:
        return float(text)
    except ValueError as error:
        raise Broken("%s, line %d: %r is no number: remove it and measure again" % (path, line, text)) from error


def read_figure(path):
    """The figure of NAME.csv, with the ratios of NAME.ratios.csv beside it; None if nothing was measured."""
    figure = None
    for line, row in _rows(path, COLUMNS):
        if figure is None:
            figure = Figure(row["figure"], row["title"], row["axis"], row["unit"], path)
        figure.add(row["x"], row["system"], _value(path, line, row["value"]))
    ratios = path[: -len(".csv")] + ".ratios.csv"
    if figure is None or not os.path.exists(ratios):
        return figure
    for line, row in _rows(ratios, RATIO_COLUMNS):
        over, under = (figure.runs.get((row["x"], row[name]), []) for name in ("over", "under"))
        pairs = [a / b for a, b in zip(over, under) if b] if row["under"] else over
        if pairs:
            aim = _value(ratios, line, row["aim"]) if row["aim"] else 0
            figure.ratios.append(Ratio(row["x"], row["over"], row["under"], row["relation"], aim, pairs, figure.unit,
                                       row["published"]))
    return figure


def read_figures(directory):
    """All figures of a directory, by name."""
    paths = [p for p in sorted(glob.glob(os.path.join(directory, "*.csv"))) if not p.endswith(".ratios.csv")]
    return [figure for figure in map(read_figure, paths) if figure is not None]
