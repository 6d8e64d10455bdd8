#!/usr/bin/env python3
"""kill -9 at random moments of a run, over and over: the run must end as if nothing had happened.

Runs a range of dates once undisturbed and once with kills on a copy of the same store. After each kill
the server is started again and must take the run up by itself. In the end: the run is completed, every
event that was ever seen is still there, every job succeeded exactly once, and every result has the
bytes of the undisturbed run.

Usage: kill_and_resume.py BINARY REPOSITORY [--kills N] [--seed N]
"""

import argparse
import atexit
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

EMAIL = "ops@example.com"
PASSWORD = "a long enough password"
FIRST, LAST = "2017-03-01", "2017-11-10"


class Server:
    """runledger serve on a data directory, and calls to it."""

    def __init__(self, binary, data):
        self.binary, self.data, self.token = binary, data, None
        self.start()
        atexit.register(self.process_ends)

    def process_ends(self):
        if self.process.poll() is None:
            self.process.kill()

    def start(self):
        self.process = subprocess.Popen(
            [self.binary, "--log-level", "warning", "--data", self.data, "serve", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if "http://" in line:
                self.url = "http://" + line.split("http://")[1].split()[0].rstrip("/,.")
                break
        else:
            raise AssertionError("the server did not say where it listens")
        # Its output goes nowhere from here on, but must not fill the pipe.
        self.sink = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        code = self.process.wait()
        self.sink.wait()
        return code

    def call(self, path, method="GET", body=None, headers=None):
        request = urllib.request.Request(self.url + "/api/v1" + path, method=method, data=body,
                                         headers=dict(headers or {}))
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def login(self):
        self.token = self.call("/auth/login", "POST",
                               json.dumps({"email": EMAIL, "password": PASSWORD}).encode(),
                               {"Content-Type": "application/json"})["access_token"]

    def events(self, after=0):
        found = []
        while True:
            page = self.call(f"/events?after={after}&limit=1000")
            if not page["events"]:
                return found
            found += page["events"]
            after = page["next_after"]


def prepare(binary, repository, data):
    def call(*arguments, stdin=None):
        subprocess.run([binary, "--log-level", "warning", "--data", data, *arguments], check=True,
                       stdout=subprocess.DEVNULL, input=stdin, text=True)

    shipped = pathlib.Path(repository) / "data"
    call("import", "prices", str(shipped / "prices.csv"))
    call("import", "rates", str(shipped / "rates.csv"))
    call("import", "sectors", str(shipped / "sectors.csv"))
    for line in (shipped / "portfolios.csv").read_text().splitlines()[1:]:
        name, file, equity, date = line.split(",")
        call("import", "portfolio", "--name", name, "--equity", equity, "--equity-date", date,
             str(shipped / file))
    call("import", "flows", str(shipped / "flows.csv"))
    call("user", "add", EMAIL, "--role", "admin", "--password-stdin", stdin=PASSWORD + "\n")


def start_run(server):
    return server.call(f"/admin/batch/run?start_date={FIRST}&end_date={LAST}", "POST")["batch_run_id"]


def wait_for_end(server, run):
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        current = server.call("/admin/batch/run/current")
        if current["status"] == "idle":
            return server.call(f"/admin/batch/run/{run}")
        assert current["batch_run_id"] == run, current
        time.sleep(0.05)
    raise AssertionError("the run is stuck: " + json.dumps(current))


def outcomes(events, run):
    """(portfolio, date, type) -> what ended the job; fails if anything ended twice."""
    ended, attempts = {}, 0
    for number, event in enumerate(events, 1):
        assert event["seq"] == number, f"event {number} is missing"
        if event.get("run_id") != run or "job_type" not in event:
            continue
        if event["type"] == "JobAttempted":
            attempts += 1
        elif event["type"] in ("JobSucceeded", "JobFailed", "JobSkipped", "JobCancelled"):
            key = (event.get("portfolio_id", ""), event["as_of"], event["job_type"])
            assert key not in ended, f"{key} ended twice"
            ended[key] = (event["type"], event.get("result_hash", event.get("reason")))
    return ended, attempts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("repository")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    arguments = parser.parse_args()
    print("seed", arguments.seed)
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as directory:
        template = os.path.join(directory, "template")
        prepare(arguments.binary, arguments.repository, template)
        shutil.copytree(template, os.path.join(directory, "calm"))
        shutil.copytree(template, os.path.join(directory, "killed"))

        server = Server(arguments.binary, os.path.join(directory, "calm"))
        server.login()
        begin = time.monotonic()
        run = start_run(server)
        row = wait_for_end(server, run)
        undisturbed = time.monotonic() - begin
        assert row["status"].startswith("completed"), row
        expected, _ = outcomes(server.events(), run)
        assert server.kill(signal.SIGTERM) == 0
        print(f"undisturbed: {len(expected)} jobs in {undisturbed:.2f} s, {row['status']}")

        server = Server(arguments.binary, os.path.join(directory, "killed"))
        server.login()
        run = start_run(server)  # Acknowledged: from here on it must end, whatever happens.
        seen, kills = [], 0
        while kills < arguments.kills:
            time.sleep(chance.uniform(0, undisturbed / arguments.kills))
            seen = server.events() if chance.random() < 0.5 else seen
            server.kill()
            kills += 1
            server.start()
            kept = server.events()
            assert kept[:len(seen)] == seen, "an event that a client saw is gone or changed"
        row = wait_for_end(server, run)
        events = server.events()
        assert row["status"].startswith("completed"), row
        found, attempts = outcomes(events, run)
        runs = {event["run_id"] for event in events if event["type"] == "RunRequested"}
        assert runs == {run}, runs
        resumed = sum(event["type"] == "RunResumed" for event in events)
        interrupted = sum(event["type"] == "JobInterrupted" for event in events)
        assert found.keys() == expected.keys(), (len(found), len(expected), row)
        different = [key for key in expected if found[key] != expected[key]]
        assert not different, f"{len(different)} results differ, the first is {different[0]}"
        assert server.kill(signal.SIGTERM) == 0
        print(f"{kills} kills, {resumed} resumptions: {attempts} attempts, {interrupted} interrupted; "
              f"{len(found)} jobs ended once each, all results equal; {row['status']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
