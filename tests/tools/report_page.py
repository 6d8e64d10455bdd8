"""The report as a reader meets it: the command, and the page in a browser without a network.

Usage: report_page.py BINARY NODE CHROMIUM [unittest arguments]
"""

import csv
import hashlib
import html
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = NODE = CHROMIUM = ""
AS_OF = "2017-11-10"
ODD = '<b>&"x'
ODD_POSITIONS = (
    "Symbol,Quantity,Entry Price Per Share,Entry Date\n"
    "ZZZZ,100,90.50,2017-02-01\nAAPL,100,120.0,2017-02-01\nMSFT,-200,60.0,2017-02-01\n"
)
KINDS = {"waterfall", "bars", "intervals", "lines", "heatmap"}


class Reports(unittest.TestCase):
    """One store for all: a week of two portfolios, one with options, one with bad data."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.data = os.path.join(cls.directory.name, "data")
        odd = os.path.join(cls.directory.name, "odd.csv")
        pathlib.Path(odd).write_text(ODD_POSITIONS, encoding="utf-8")
        for kind in ("prices", "rates", "sectors"):
            cls.call("import", kind, str(ROOT / "data" / (kind + ".csv")))
        cls.call("import", "portfolio", "--name", "Apple Options", "--equity", "820000", "--equity-date",
                 "2017-10-02", str(ROOT / "data/portfolios/apple_options.csv"))
        cls.call("import", "portfolio", "--name", ODD, odd)
        cls.call("run", "--from", "2017-11-06", "--to", AS_OF, "--with-correlations")

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    @classmethod
    def call(cls, *arguments, code=0):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RUNLEDGER_")}
        done = subprocess.run([BINARY, "--log-level", "warning", "--data", cls.data, *arguments],
                              capture_output=True, text=True, timeout=120, env=kept)
        if done.returncode != code:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def page(self, portfolio):
        path = os.path.join(self.directory.name, hashlib.sha256(portfolio.encode()).hexdigest()[:8] + ".html")
        self.call("report", "--portfolio", portfolio, "--output", path)
        return path

    def look(self, path):
        done = subprocess.run([NODE, str(ROOT / "http/web/test/look.mjs"), path, CHROMIUM],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def shapes_least(self, portfolio):
        """Shapes and texts that the figures of each picture need, by "section/chart"."""
        model = json.loads(self.call("report", "--portfolio", portfolio, "--format", "json").stdout)
        needed = {}
        for name, section in model["sections"].items():
            for chart in section["charts"]:
                rows = section["tables"][chart["table"]]["rows"]
                known = sum(row[value] is not None for row in rows for value in chart["values"])
                bars = sum(bool(row[value]) for row in rows for value in chart["values"])
                # Axes and legends are shapes as well: the texts beside the values show what is drawn.
                needed[f"{name}/{chart['id']}"] = {
                    "heatmap": (len(rows) ** 2, len(rows) ** 2 + 2 * len(rows) + 2),  # and the ends of the scale
                    "lines": (len(chart["values"]) + known, 4),
                    "waterfall": (bars, 2 * bars),
                    "intervals": (4 * known, 2 * known),
                    "bars": (min(known, 30), min(known, 30) + min(len(rows), 30) // 2)}[chart["kind"]]
        return needed

    def check_page(self, portfolio, charts_least):
        path = self.page(portfolio)
        seen = self.look(path)
        text = pathlib.Path(path).read_text(encoding="utf-8")
        needed = self.shapes_least(portfolio)
        wanted = len(re.findall(r'<figure class="chart ', text))
        self.assertEqual(seen["requests"], [])
        self.assertEqual({(look["name"], look["width"]) for look in seen["looks"]},
                         {("wide", 1920), ("desk", 1280), ("dark", 1280), ("phone", 390)})
        for look in seen["looks"]:
            with self.subTest(portfolio=portfolio, look=look["name"]):
                self.assertEqual(look["faults"], [])
                self.assertEqual(look["refused"], [])
                self.assertLessEqual(look["page_width"], look["width"])
                self.assertEqual(len(look["charts"]), wanted)
                self.assertGreaterEqual(wanted, charts_least)
                for chart in look["charts"]:
                    shapes, texts = needed[chart["id"]]
                    self.assertGreaterEqual(chart["shapes"], shapes, chart)
                    self.assertGreaterEqual(chart["texts"], texts, chart)
                    self.assertGreater(chart["width"], 250, chart)
                    self.assertTrue(chart["label"], chart)
        self.assertGreaterEqual(seen["pdf"]["pages"], 4)
        self.assertLessEqual(seen["print_width"], 695)
        by_name = {look["name"]: look for look in seen["looks"]}
        self.assertNotEqual(by_name["desk"]["background"], by_name["dark"]["background"])
        return text, seen

    def test_a_portfolio_with_options_in_a_browser(self):
        text, seen = self.check_page("Apple Options", 18)
        kinds = set(re.findall(r'<figure class="chart (\w+)"', text))
        self.assertEqual(kinds, KINDS)
        # The figures are there without the script.
        bare = " ".join(seen["without_script"].split())
        model = json.loads(self.call("report", "--portfolio", "Apple Options", "--format", "json").stdout)
        for position in model["sections"]["valuation"]["tables"]["positions"]["rows"]:
            value = f"{position['market_value']:,.2f}".replace("-", "\u2212")
            self.assertIn(value, bare)
        for row in model["sections"]["sources"]["tables"]["results"]["rows"]:
            self.assertIn(row["result_hash"], bare.replace(" ", ""))

    def test_a_portfolio_with_bad_data_in_a_browser(self):
        text, seen = self.check_page(ODD, 10)
        self.assertIn("<h1>" + html.escape(ODD) + "</h1>", text)
        self.assertIn(ODD, seen["without_script"])
        self.assertIn("(no equity)", seen["without_script"])
        self.assertIn("There is no close on the date", seen["without_script"])

    def test_the_command_writes_every_format(self):
        path = os.path.join(self.directory.name, "report.csv")
        for _ in range(2):  # A report that is made again replaces the last.
            self.call("report", "--portfolio", ODD, "--format", "csv", "--output", path)
        rows = list(csv.reader(io.StringIO(pathlib.Path(path).read_text(encoding="utf-8"))))
        self.assertEqual(rows[0], ["section", "name", "item", "value", "unit", "reason"])
        self.assertTrue(all(len(row) == 6 for row in rows))
        self.assertIn(["summary", "equity", "", "", "money", "no_equity"], rows)
        self.assertEqual([n for n in os.listdir(self.directory.name) if n.endswith(".part")], [])
        printed = self.call("report", "--portfolio", ODD, "--format", "csv").stdout
        self.assertEqual(list(csv.reader(io.StringIO(printed))), rows)
        self.assertTrue(self.call("report", "--portfolio", ODD, "--format", "md").stdout.startswith("# "))

    def test_wrong_questions_exit_with_2(self):
        self.assertIn("Nobody", self.call("report", "--portfolio", "Nobody", code=2).stderr)
        self.assertIn("2016-01-05", self.call("report", "--portfolio", ODD, "--as-of", "2016-01-05", code=2).stderr)
        self.call("report", "--portfolio", ODD, "--format", "pdf", code=2)
        self.call("report", "--portfolio", ODD, "--output", "/nowhere/report.html", code=4)


if __name__ == "__main__":
    BINARY, NODE, CHROMIUM = (os.path.abspath(argument) for argument in sys.argv[1:4])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
