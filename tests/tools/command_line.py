"""The runledger command as a user meets it: arguments, output, exit codes, signals.

Usage: command_line.py BINARY [unittest arguments]
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

BINARY = ""
DAYS = ["2017-03-%02d" % day for day in (1, 2, 3, 6, 7, 8, 9, 10, 13, 14)]
SYMBOLS = ["SPY", "VTV", "VUG", "MTUM", "QUAL", "IWM", "USMV", "TLT", "AAPL", "MSFT"]
POSITIONS = (
    "Symbol,Quantity,Entry Price Per Share,Entry Date\n"
    "AAPL,100,90.50,2017-02-01\nMSFT,-50,110.25,2017-02-01\n"
)
PASSWORD = "correct horse"


def prices():
    lines = ["symbol,date,open,high,low,close,volume"]
    for number, day in enumerate(DAYS):
        for index, symbol in enumerate(SYMBOLS):
            close = 50 + 7 * index + 0.37 * ((number * (index + 3)) % 11)
            lines.append(f"{symbol},{day},{close:.2f},{close + 0.5:.2f},{close - 0.5:.2f},{close:.2f},1000")
    return "\n".join(lines) + "\n"


class Store(unittest.TestCase):
    """A data directory of its own, and how to call the command on it."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.data = os.path.join(self.directory.name, "data")
        self.prices = self.write("prices.csv", prices())
        self.positions = self.write("positions.csv", POSITIONS)

    def write(self, name, text):
        path = os.path.join(self.directory.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def environment(self, extra=None):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RUNLEDGER_")}
        kept.update(extra or {})
        return kept

    def call(self, *arguments, code=0, extra=None, stdin=""):
        done = subprocess.run(
            [BINARY, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.directory.name,
            env=self.environment(extra),
        )
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def local(self, *arguments, **options):
        return self.call("--data", self.data, *arguments, **options)

    def fill(self):
        self.local("import", "prices", self.prices)
        self.local("import", "portfolio", "--name", "Alpha", "--equity", "100000",
                   "--equity-date", "2017-03-01", self.positions)


class Arguments(Store):
    def test_wrong_usage_exits_with_2(self):
        self.call(code=2)
        self.call("fly", code=2)
        self.call("run", "--from", "2017-03-01", code=2)
        self.call("user", "add", "a@b.c", "--role", "king", code=2)
        self.call("serve", "--listen", "nowhere", code=2)
        self.call("serve", "--allow-origin", "desk.example", code=2)

    def test_help_and_version_exit_with_0(self):
        self.assertIn("serve", self.call("--help").stdout)
        self.assertIn("--as-of", self.call("run", "--help").stdout)
        self.assertTrue(self.call("--version").stdout.strip())

    def test_completions_are_a_script_for_bash(self):
        script = self.call("completions").stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        words = subprocess.run(
            ["bash", "-c", script + "\nCOMP_WORDS=(runledger import p); COMP_CWORD=2; _runledger; "
             "echo ${COMPREPLY[@]}"], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(sorted(words), ["parameters", "portfolio", "prices"])

    def test_what_cannot_be_opened_exits_with_4(self):
        self.call("--data", os.path.join(self.directory.name, "none"), "history", code=4)
        self.call("--server", "http://127.0.0.1:9", "history", code=4)
        self.local("import", "prices", "nowhere.csv", code=4)
        self.local("run", code=2)  # No prices: a wrong question, not a failed run.

    def test_flags_beat_environment_beats_file(self):
        self.fill()
        self.write("runledger.toml", 'data = "from-file"\n')
        self.call("history", code=4)
        self.call("history", extra={"RUNLEDGER_DATA": self.data})
        self.call("history", "--data", self.data, extra={"RUNLEDGER_DATA": "from-environment"})
        self.call("history", "--data", self.data, extra={"RUNLEDGER_SERVER": "http://127.0.0.1:9"})

    def test_a_file_that_is_wrong_is_named_with_its_line(self):
        for text, why in (("x = 1\n", ":1: unknown key 'x'"), ("\nthreads = 'two'\n", ":2: "),
                          ("data = \n", ":1: ")):
            path = self.write("wrong.toml", text)
            self.assertIn(path + why, self.call("history", "--config", path, code=2).stderr)
        self.call("--config", "nowhere.toml", "history", code=2)


class Local(Store):
    def test_a_run_from_import_to_results(self):
        self.fill()
        done = self.local("run", "--as-of", "2017-03-14", "--json")
        run = json.loads(done.stdout)
        self.assertTrue(run["status"].startswith("completed"))
        self.assertEqual(run["triggered_by"], "cli")
        results = json.loads(self.local("results", "--portfolio", "Alpha", "--json").stdout)
        self.assertEqual(results["portfolio"], "Alpha")
        self.assertEqual(results["as_of"], "2017-03-14")
        self.assertIn("market_value", results["results"]["position_values_update"])
        self.assertEqual(results["results"]["greeks_calculation"], {"skipped": "no_options"})
        one = json.loads(self.local("results", "--portfolio", "Alpha", "--job", "stress_testing",
                                    "--as-of", "2017-03-14", "--json").stdout)
        self.assertEqual(list(one["results"]), ["stress_testing"])
        history = json.loads(self.local("history", "--json").stdout)
        self.assertEqual([r["batch_run_id"] for r in history["runs"]], [run["batch_run_id"]])
        self.assertIn(run["batch_run_id"], self.local("history").stdout)
        self.assertIn("completed", self.local("show", run["batch_run_id"]).stdout)
        self.assertIn("run finished", self.local("show", "--logs").stdout)
        self.assertIn("stress_testing", self.local("jobs").stdout)
        self.assertIn("Alpha", self.local("portfolios").stdout)
        self.assertIn("position_values_update", self.local("results", "--portfolio", "Alpha").stdout)

    def test_the_same_file_is_imported_once(self):
        first = json.loads(self.local("import", "prices", self.prices, "--json").stdout)
        again = json.loads(self.local("import", "prices", self.prices, "--json").stdout)
        self.assertTrue(first["changed"])
        self.assertFalse(again["changed"])
        self.assertEqual(first["seq"], again["seq"])

    def test_every_error_of_a_file_is_shown_with_its_line(self):
        bad = self.write("bad.csv", POSITIONS + "IBM,x,1.00,2017-02-01\nIBM,1,-5,2017-02-01\n")
        done = self.local("import", "portfolio", "--name", "Bad", bad, code=1)
        self.assertRegex(done.stderr, r"4 +IBM +ERR_POS_005")
        self.assertRegex(done.stderr, r"5 +IBM +ERR_POS_010")

    def test_unknown_names_exit_with_2(self):
        self.fill()
        self.local("run", "--portfolio", "Nobody", code=2)
        self.local("run", "--as-of", "2017-03-04", code=2)
        self.local("results", "--portfolio", "Nobody", code=2)
        self.local("show", "17", code=2)
        self.local("cancel", code=2)

    def test_the_log_can_be_read_and_replayed(self):
        self.fill()
        run = json.loads(self.local("run", "--as-of", "2017-03-14", "--json").stdout)
        events = [json.loads(line) for line in self.local("replay", "log", "--json").stdout.splitlines()]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        own = [json.loads(line) for line in
               self.local("replay", "log", "--json", "--run", run["batch_run_id"]).stdout.splitlines()]
        self.assertEqual(own[0]["type"], "RunRequested")
        self.assertEqual(own[-1]["type"], "RunFinished")
        state = json.loads(self.local("replay", "state", "--run", run["batch_run_id"], "--at",
                                      str(own[3]["seq"]), "--json").stdout)
        self.assertEqual(state["status"], "running")
        part = self.local("replay", "log", "--after", "2", "--limit", "3").stdout.splitlines()
        self.assertEqual([int(line.split()[0]) for line in part], [3, 4, 5])

    def test_output_for_pipes_has_no_escape_sequences(self):
        self.fill()
        done = self.local("run", "--as-of", "2017-03-14")
        self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_a_second_process_is_told_who_holds_the_directory(self):
        self.fill()
        server = Server(self)
        done = self.local("run", code=4)
        self.assertIn("--server", done.stderr)
        self.local("history")  # Reading works beside it.
        server.stop()


class Users(Store):
    def test_users_are_added_listed_and_removed(self):
        self.local("user", "add", "ann@example.com", "--role", "admin", "--password-stdin",
                   stdin=PASSWORD + "\n")
        self.local("user", "add", "bob@example.com", extra={"RUNLEDGER_NEW_PASSWORD": PASSWORD})
        users = json.loads(self.local("user", "list", "--json").stdout)["users"]
        self.assertEqual([(u["email"], u["role"]) for u in users],
                         [("ann@example.com", "admin"), ("bob@example.com", "viewer")])
        self.local("user", "remove", "bob@example.com")
        self.assertNotIn("bob", self.local("user", "list").stdout)
        self.local("user", "remove", "bob@example.com", code=2)
        self.local("user", "add", "ann@example.com", "--password-stdin", stdin="short\n", code=2)
        self.local("user", "add", "not-an-address", "--password-stdin", stdin=PASSWORD, code=2)

    def test_passwords_are_nowhere_in_the_store_or_its_log(self):
        self.local("user", "add", "ann@example.com", "--password-stdin", stdin=PASSWORD + "\n")
        for folder, _, names in os.walk(self.data):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(PASSWORD.encode(), file.read())


class Server:
    """A server of a store, on any free port."""

    def __init__(self, store, *arguments, extra=None):
        self.process = subprocess.Popen(
            [BINARY, "--data", store.data, "serve", "--listen", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=store.directory.name,
            env=store.environment(extra))
        store.addCleanup(self.kill)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else ""
        found = re.search(r"http://[\d.]+:\d+", line)
        if not found:
            self.process.kill()
            raise AssertionError("the server did not start: " + self.process.communicate()[1])
        self.url = found.group()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, err

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Served(Store):
    def setUp(self):
        super().setUp()
        self.local("user", "add", "ann@example.com", "--role", "admin", "--password-stdin",
                   stdin=PASSWORD + "\n")
        self.local("user", "add", "bob@example.com", "--password-stdin", stdin=PASSWORD + "\n")

    def as_user(self, server, name):
        return {"RUNLEDGER_SERVER": server.url, "RUNLEDGER_EMAIL": name + "@example.com",
                "RUNLEDGER_PASSWORD": PASSWORD}

    def test_commands_work_on_a_server_as_on_a_directory(self):
        server = Server(self)
        ann = self.as_user(server, "ann")
        self.call("import", "prices", self.prices, extra=ann)
        self.call("import", "portfolio", "--name", "A & B/Ü", self.positions, extra=ann)
        run = json.loads(self.call("run", "--json", extra=ann).stdout)
        self.assertEqual(run["triggered_by"], "ann@example.com")
        results = json.loads(self.call("results", "--portfolio", "A & B/Ü", "--json", extra=ann).stdout)
        self.assertEqual(results["as_of"], "2017-03-14")
        self.call("watch", extra=ann)
        self.call("watch", run["batch_run_id"], extra=ann)
        self.assertEqual(server.stop()[0], 0)
        local = json.loads(self.local("results", "--portfolio", "A & B/Ü", "--json").stdout)
        self.assertEqual(local, results)

    def test_roles_and_tokens_decide(self):
        server = Server(self)
        bob = self.as_user(server, "bob")
        self.call("history", extra=bob)
        self.assertIn("admin", self.call("run", extra=bob, code=4).stderr)
        self.call("history", extra=dict(bob, RUNLEDGER_PASSWORD="wrong"), code=4)
        self.call("history", extra={"RUNLEDGER_SERVER": server.url}, code=4)
        self.call("history", extra={"RUNLEDGER_SERVER": server.url, "RUNLEDGER_TOKEN": "x.y.z"}, code=4)

    def test_log_lines_are_json_with_their_run(self):
        os.remove(os.path.join(self.data, "logs", "runledger.log"))
        server = Server(self, "--log-format", "json", "--log-level", "debug")
        ann = self.as_user(server, "ann")
        self.call("import", "prices", self.prices, extra=ann)
        self.call("import", "portfolio", "--name", 'Quote "this"', self.positions, extra=ann)
        run = json.loads(self.call("run", "--json", extra=ann).stdout)
        code, err = server.stop()
        self.assertEqual(code, 0)
        lines = [json.loads(line) for line in err.splitlines()]
        ends = [line for line in lines if line.get("job_type") == "stress_testing"
                and "succeeded" in line["message"]]
        self.assertEqual(len(ends), 1)
        self.assertEqual(ends[0]["run_id"], run["batch_run_id"])
        self.assertEqual(ends[0]["portfolio"], 'Quote "this"')
        self.assertEqual(ends[0]["attempt"], 1)
        self.assertGreater(ends[0]["seq"], 0)
        with open(os.path.join(self.data, "logs", "runledger.log"), encoding="utf-8") as file:
            self.assertTrue([json.loads(line) for line in file])

    def test_a_busy_port_exits_with_4(self):
        server = Server(self)
        with tempfile.TemporaryDirectory() as other:
            done = self.call("--data", other, "serve", "--listen", server.url[7:], code=4)
            self.assertIn("bind", done.stderr)

    def test_health_needs_no_token(self):
        server = Server(self)
        for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/"):
            with urllib.request.urlopen(server.url + path, timeout=10) as answer:
                self.assertEqual(answer.status, 200)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(server.url + "/api/v1/portfolios", timeout=10)
        self.assertEqual(caught.exception.code, 401)
        caught.exception.close()


class Interrupts(Store):
    def test_an_interrupt_cancels_a_local_run_and_waits_for_its_end(self):
        self.fill()
        # Long enough not to end by itself: two years of days, most of them without prices.
        process = subprocess.Popen(
            [BINARY, "--data", self.data, "run", "--from", "2015-03-02", "--to", DAYS[-1], "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment())
        self.addCleanup(process.kill)
        # The first line of progress says that the run is there.
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, err)
        self.assertEqual(json.loads(out)["status"], "cancelled")
        last = json.loads(self.local("show", "--json").stdout)
        self.assertEqual(last["status"], "cancelled")
        self.assertIsNotNone(last["completed_at"])


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
