#!/usr/bin/env python3
"""Claim: the report says what the runs say: medians, quartiles, ratios of pairs and verdicts as bench/harness/stats.cc has
them; it refuses what it cannot read in one line; it finishes a run that was ended. usage: report_test.py SOURCE-ROOT"""
import argparse
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

sys.dont_write_bytecode = True
ROOT = sys.argv.pop(1)
sys.path.insert(0, os.path.join(ROOT, "bench", "report"))

import charts  # noqa: E402
import figures  # noqa: E402
import page  # noqa: E402

HEAD = "figure,title,axis,unit,x,system,round,value\n"
RATIOS = "figure,x,over,under,relation,aim,published\n"


def written(directory, name, runs, ratios="", axis="per commit"):
    """runs: {(x, system): values}."""
    path = os.path.join(directory, name + ".csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for (x, system), values in runs.items():
            for i, value in enumerate(values):
                file.write('%s,"a, title",%s,ns,%s,%s,%d,%s\n' % (name, axis, x, system, i, value))
    with open(path.replace(".csv", ".ratios.csv"), "w", encoding="utf-8") as file:
        file.write(RATIOS + ratios)
    return path


class Report(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def bench(self, *options):
        return subprocess.run([os.path.join(ROOT, "scripts", "bench"), "--output", self.directory, *options],
                              capture_output=True, text=True, check=False)

    def test_quartiles(self):
        summary = figures.Summary([5, 1, 4, 2])
        self.assertEqual((summary.low, summary.median, summary.high), (1.75, 3, 4.25))
        self.assertAlmostEqual(summary.spread(), 2.5 / 2 / 3)

    def test_ratios_are_of_pairs(self):
        # The medians' own ratio would be 2.
        path = written(self.directory, "f", {("1", "a"): [10, 20, 90], ("1", "b"): [1, 10, 30]}, "f,1,a,b,at least,3,\n")
        ratio = figures.read_figure(path).ratios[0]
        self.assertEqual((ratio.summary.low, ratio.summary.median, ratio.summary.high), (2.5, 3, 6.5))
        self.assertEqual(ratio.words(), "spread too wide to conclude")

    def test_an_aim_without_a_second_system_is_in_the_unit_of_the_figure(self):
        path = written(self.directory, "f", {("1", "a"): [900, 1200, 1300]}, "f,1,a,,at most,1000,\n")
        ratio = figures.read_figure(path).ratios[0]
        self.assertEqual((ratio.what(), ratio.summary.median, ratio.words()), ("a, ns", 1200, "missed by 20 %"))
        self.assertIn("<td>at most 1000</td>", page.headline([figures.read_figure(path)]))

    def test_verdicts(self):
        for relation, aim, words in (("at least", 2, "met"), ("at least", 4, "missed by 50 %"), ("at most", 2, "met"),
                                     ("at most", 1, "missed by 100 %")):
            ratio = figures.Ratio("1", "a", "b", relation, aim, [2, 2, 2])
            self.assertEqual(ratio.words(), words, relation)

    def test_page(self):
        written(self.directory, "f", {("1", "a"): [10], ("1", "b"): [5]}, "f,1,a,b,at least,2,1.24\nf,1,a,b,,,\n")
        text = page.render(figures.read_figures(self.directory), [("CPU", "a <fast> one")], "then", "now",
                           {"p": {"outcome": "measured", "output": "  (no lmdb: it was not built)\n"},
                            "q": {"outcome": "skipped: no network"}})
        for words in ("a &lt;fast&gt; one", "class='met'>met</td><td>1.24<", "2.00 ±0 %", "p: no lmdb: it was not built",
                      "q: skipped: no network"):
            self.assertIn(words, text)
        self.assertNotIn("http:", text.replace("http://www.w3.org/2000/svg", ""))

    def test_every_kind_of_figure_is_drawn(self):
        numbers = {(str(2**i), s): [2**i * k, 2**i * k + 1] for i in range(6) for k, s in ((1, "a"), (3, "b"))}
        cells = {("%d × %d" % (i, k), s): [v] for i in (8, 64) for k in (1, 4) for s, v in (("nt", 1), ("wb", 3))}
        for name, runs, axis, kind in (("f", numbers, "x", "lines"), ("g", cells, "bytes × writes", "heat"),
                                       ("h_breakdown", numbers, "x", "stacked"),
                                       ("i", {("A", "none"): [1], ("A", "snapshot"): [40]}, "x", "bars")):
            figure = figures.read_figure(written(self.directory, name, runs, axis=axis))
            self.assertEqual(figure.kind(), kind)
            xml.etree.ElementTree.fromstring(charts.draw_alone(figure))

    def test_bars_have_the_height_of_their_medians(self):
        figure = figures.read_figure(written(self.directory, "f", {("A", "none"): [10], ("A", "snapshot"): [5, 4, 6]}))
        svg = xml.etree.ElementTree.fromstring(charts.draw(figure))
        bars = [e for e in svg.iter("{http://www.w3.org/2000/svg}rect") if len(e)]
        none, snapshot = (float(bar.get("height")) for bar in bars)
        self.assertAlmostEqual(none / snapshot, 2, places=1)

    def test_numbers(self):
        for text, value in (("64", 64), ("4 KiB", 4096), ("100k", 1e5), ("1 GiB", 2**30), ("A", None), ("8 × 1", None)):
            self.assertEqual(figures.number(text), value, text)

    def test_what_is_broken_is_refused_in_one_line(self):
        for content, words in ((HEAD + "f,t,a,u,1,s,0\n", "line 2: 7 fields instead of 8"),
                               (HEAD + "f,t,a,u,1,s,0,fast\n", "line 2: 'fast' is no number"), ("a,b\n", "its first line")):
            with open(os.path.join(self.directory, "f.csv"), "w", encoding="utf-8") as file:
                file.write(content)
            said = self.bench("--report")
            self.assertEqual(said.returncode, 1)
            self.assertIn(words, said.stderr)
            self.assertEqual(said.stderr.count("\n"), 1)
            self.assertFalse(os.path.exists(os.path.join(self.directory, "report.html")))

    def run_of(self, files):
        """The Run of scripts/bench, in a build that has these files with these contents."""
        for name, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(self.directory, name)), exist_ok=True)
            with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
                file.write(content)
            os.chmod(file.name, 0o600 if name == "bench/notes" else 0o700)
        self.enterContext(unittest.mock.patch.dict(os.environ, {"SNAPSHOT_BUILD_DIR": self.directory}))
        loader = importlib.machinery.SourceFileLoader("scripts_bench", os.path.join(ROOT, "scripts", "bench"))
        bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("scripts_bench", loader))
        loader.exec_module(bench)
        return bench.Run(argparse.Namespace(output=os.path.join(self.directory, "out"), quick=False, full=False, rounds=None,
                                            again=False))

    def test_a_program_that_exits_with_77_was_skipped(self):
        run = self.run_of({"libsnapshot/libsnapshot.so": "", "bench/cxl_ssd": "#!/bin/sh\necho cxl_ssd: skipped: no root; exit 77\n",
                           "bench/sweeps": "#!/bin/sh\necho sweeps: error: no room; exit 1\n"})
        self.assertEqual(run.measure("cxl_ssd"), "skipped: no root")
        self.assertEqual(run.measure("sweeps"), "failed: sweeps: error: no room")

    def test_a_program_is_measured_again_when_what_it_may_run_has_changed(self):
        files = dict.fromkeys(["libsnapshot/libsnapshot.so", "bench/random_swaps", "bench/sweeps-snapshot",
                               "bench/store_log.d/libsnapshot.so", "bench/kyotocabinet_updates-plain", "bench/notes"], "1")
        run, keys = self.run_of(files), []
        key = lambda: keys.append(run.key("random_swaps")) or keys[-1]  # noqa: E731
        key()
        for name in files:
            with open(os.path.join(self.directory, name), "a", encoding="utf-8") as file:
                file.write("2")
            other = name in ("bench/kyotocabinet_updates-plain", "bench/notes")
            self.assertEqual(key() == keys[-2], other, name)
        os.environ["BENCH_DISK"] = "/elsewhere"
        self.assertNotEqual(key(), keys[-2])

    def test_programs(self):
        listed = self.bench("--list").stdout.split()
        self.assertIn("random_swaps", listed)
        with open(os.path.join(ROOT, "bench", "README.md"), encoding="utf-8") as file:
            told = file.read()
        for name in listed:
            self.assertTrue(name in told, "bench/README.md does not explain " + name)
        self.assertEqual(self.bench("no_such_program").returncode, 2)


if __name__ == "__main__":
    unittest.main()
