"""The report: one HTML page that needs nothing else."""
import base64
import gzip
import os
import re
from html import escape

import charts

STYLE = """
:root{color-scheme:light dark;--ink:#1c1e21;--paper:#fff;--grid:#dfe3e8;--soft:#f5f7f9;--good:#00734f;--bad:#b03a00;--link:#0060a0}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#16181b;--grid:#363b41;--soft:#1f2327;--good:#4cc49a;--bad:#ff9a62;--link:#6db9ee}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:66rem;margin:0 auto;padding:1rem}
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.2rem;margin:2.2rem 0 .4rem}a{color:var(--link)}
table{border-collapse:collapse;margin:.5rem 0;font-size:.87rem;font-variant-numeric:tabular-nums}
td,th{padding:.22rem .6rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left;white-space:normal;min-width:9rem}.wide{overflow-x:auto}figure{margin:0}svg{display:block;width:100%;height:auto}
.met,.missed,.unclear{white-space:normal;min-width:7rem}.met{color:var(--good);font-weight:600}.missed{color:var(--bad);font-weight:600}.words td{text-align:left;white-space:normal;overflow-wrap:anywhere}
details{margin:.5rem 0}summary{cursor:pointer}pre{background:var(--soft);padding:.7rem;overflow-x:auto;font-size:.78rem}
@media print{details:not([open]){display:none}section{break-inside:avoid}}
"""


def _title(figure):
    return escape(figure.title[:1].upper() + figure.title[1:])


def _row(cells, tag="td", classes=()):
    marks = list(classes) + [""] * len(cells)
    return "<tr>%s</tr>" % "".join("<%s%s>%s</%s>" % (tag, " class='%s'" % m if m else "", c, tag)
                                   for c, m in zip(cells, marks))


def with_spread(summary):
    """As harness/stats.h prints it."""
    return "%s ±%.0f %%" % (charts.shown(summary.median), 100 * summary.spread())


def _ratio_row(ratio, before=()):
    verdict = ratio.verdict() if ratio.aim else ""
    aim = "%s %g" % (ratio.relation, ratio.aim) if ratio.aim else ""
    cells = [*before, escape(ratio.x), escape(ratio.what()), with_spread(ratio.summary), aim,
             ratio.words() if ratio.aim else "", escape(ratio.published)]
    return _row(cells, classes=[""] * (len(cells) - 2) + [verdict])


def _group_row(figure, ratios):
    """Many places of one figure with the same aim in one line."""
    link = "<a href='#%s'>%s</a>" % (figure.name, _title(figure))
    if len(ratios) <= 3:
        return "".join(_ratio_row(r, [link]) for r in ratios)
    first, verdicts = ratios[0], [r.verdict() for r in ratios]
    medians = sorted(r.summary.median for r in ratios)
    worst = next(v for v in ("missed", "unclear", "met") if v in verdicts)
    return _row([link, "%d places" % len(ratios), escape(first.what()),
                 "%s to %s" % (charts.shown(medians[0]), charts.shown(medians[-1])), "%s %g" % (first.relation, first.aim),
                 ", ".join("%s at %d" % (words, verdicts.count(v)) for v, words in
                           (("met", "met"), ("missed", "missed"), ("unclear", "unclear")) if v in verdicts), ""],
                classes=[""] * 5 + [worst])


def headline(figures):
    """Every ratio that has an aim."""
    lines, counts = [], {"met": 0, "missed": 0, "unclear": 0}
    for figure in figures:
        groups = {}
        for ratio in figure.ratios:
            if ratio.aim:
                counts[ratio.verdict()] += 1
                groups.setdefault((ratio.over, ratio.under, ratio.relation, ratio.aim), []).append(ratio)
        lines += [_group_row(figure, ratios) for ratios in groups.values()]
    if not lines:
        return "<p>No figure has an aim.</p>"
    head = _row(["figure", "at", "ratio", "measured", "aim", "", "published"], "th")
    return ("<p>Of %d aims %d are met, %d missed, and of %d the spread is too wide to conclude.</p>"
            "<div class='wide'><table>%s%s</table></div>" % (
                sum(counts.values()), counts["met"], counts["missed"], counts["unclear"], head, "".join(lines)))


def _table(figure):
    lines = [_row([escape(figure.axis)] + [escape(s) for s in figure.systems], "th")]
    for x in figure.xs:
        cells = [figure.summary(x, s) for s in figure.systems]
        lines.append(_row([escape(x)] + ["–" if c is None else with_spread(c) for c in cells]))
    return "<div class='wide'><table>%s</table></div>" % "".join(lines)


def _download(path):
    with open(path, "rb") as file:
        packed = base64.b64encode(gzip.compress(file.read(), mtime=0)).decode()
    return "<a download='%s.gz' href='data:application/gzip;base64,%s'>CSV of all runs</a>" % (os.path.basename(path), packed)


WIDE = 0.15


def _wide(figure):
    """Words about the runs that say too little."""
    cells = [(x, s, figure.summary(x, s)) for x in figure.xs for s in figure.systems]
    wide = ["%s at %s" % (s, x) if len(figure.xs) > 1 else s for x, s, c in cells if c and c.spread() > WIDE]
    if not wide:
        return ""
    return "<p class='wide-spread'>Spread too wide to conclude (above %.0f %%): %s.</p>" % (
        100 * WIDE, escape(", ".join(wide)) if len(wide) <= 12 else "%d of %d bars or points" % (
            len(wide), sum(c is not None for _, _, c in cells)))


def _section(figure):
    runs = max(len(r) for r in figure.runs.values())
    ratios = ""
    if figure.ratios:
        ratios = "<div class='wide'><table>%s%s</table></div>" % (
            _row([escape(figure.axis), "ratio", "measured", "aim", "", "published"], "th"), "".join(map(_ratio_row, figure.ratios)))
    return ("<section id='%s'><h2>%s</h2><p>%s; medians of %d runs, with their quartiles. %s</p>"
            "%s<figure class='wide'>%s</figure><details%s><summary>Table</summary>%s%s</details></section>" % (
                figure.name, _title(figure), escape(figure.unit), runs, _download(figure.path), _wide(figure), charts.draw(figure),
                " open" if len(figure.xs) <= 8 else "", _table(figure), ratios))


def _left_out(programs):
    """What was not measured, and why: whole programs, and the lines "(no SYSTEM: why)" of those that ran."""
    lines = []
    for name, program in programs.items():
        if program["outcome"] != "measured":
            lines.append("%s: %s" % (name, program["outcome"]))
        lines += ["%s: %s" % (name, found) for found in dict.fromkeys(
            re.findall(r"^\s*\((no .*)\)$", program.get("output", ""), re.M))]
    return "<ul>%s</ul>" % "".join("<li>%s</li>" % escape(line) for line in lines) if lines else "<p>Nothing.</p>"


def render(figures, machine, begun, ended, programs):
    """The page as text. programs: by name, outcome and output."""
    where = "".join(_row([what, escape(which)]) for what, which in [*machine, ("Begun", begun), ("Ended", ended)])
    said = "".join("<details><summary>%s</summary><pre>%s</pre></details>" % (escape(n), escape(p["output"]))
                   for n, p in programs.items() if p.get("output"))
    return ("<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
            "content='width=device-width,initial-scale=1'><title>Snapshot: the figures</title><style>%s%s</style></head><body>"
            "<h1>Snapshot beside other systems</h1><p>Every system ran in a process of its own; the runs of all were "
            "interleaved, and a ratio is the median of the rounds' own ratios. ± is half the interquartile range. An aim is called "
            "met or missed only where the whole interquartile range agrees. Published: for a system of this kind, on other hardware "
            "(Mahar, Shen, Kelly, Swanson, “Snapshot”, ICCD 2023).</p><table class='words'>%s</table>"
            "<h2>All aims</h2>%s%s<h2>What is missing</h2>%s<h2>What the programs printed</h2>%s</body></html>" % (
                STYLE, charts.STYLE, where, headline(figures), "".join(map(_section, figures)), _left_out(programs), said))
