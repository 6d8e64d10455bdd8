#!/usr/bin/env python3
"""kill -9 at random moments of one long run: it must end as if nothing had happened.

Runs a range of dates once undisturbed and once with kills on a copy of the same store. After each kill
the server is started again and must take the run up by itself. In the end: the run is completed, every
event that was ever seen is still there, every job ended exactly once, and every result has the bytes of
the undisturbed run. Many short runs, with clients attached and failpoints: torture_kill.py.

Usage: kill_and_resume.py BINARY REPOSITORY [--kills N] [--seed N]
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import history  # noqa: E402
from support.server import Client, Server, end_on_signals, prepare_store  # noqa: E402

SCOPE = "start_date=2017-03-01&end_date=2017-11-10"


def connect(server, token=None):
    client = Client(server.start(), token, timeout=60)
    if not token:
        client.login()
    return client


def wait_for_end(client, run):
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        current = client.call("/admin/batch/run/current")
        if current["status"] == "idle":
            return client.call(f"/admin/batch/run/{run}")
        assert current["batch_run_id"] == run, current
        time.sleep(0.05)
    raise AssertionError(f"the run is stuck: {current}")


def undisturbed(binary, data):
    server = Server(binary, data)
    client = connect(server)
    begin = time.monotonic()
    run_id = client.call("/admin/batch/run?" + SCOPE, "POST")["batch_run_id"]
    row = wait_for_end(client, run_id)
    seconds = time.monotonic() - begin
    assert row["status"].startswith("completed"), row
    expected = history.runs_of(client.events())[run_id].ends
    client.close()
    assert server.stop() == 0
    print(f"undisturbed: {len(expected)} jobs in {seconds:.2f} s, {row['status']}")
    return expected, seconds


def killed(binary, data, kills, seconds, chance):
    """(events, id of the run) of a run that was killed over and over."""
    server = Server(binary, data)
    client = connect(server)
    token = client.token
    run_id = client.call("/admin/batch/run?" + SCOPE, "POST")["batch_run_id"]
    # Acknowledged: from here on it must end, whatever happens.
    seen = []
    for _ in range(kills):
        time.sleep(chance.uniform(0, seconds / kills))
        seen = client.events() if chance.random() < 0.5 else seen
        client.close()
        server.kill()
        client = connect(server, token)
        kept = client.events()
        assert kept[:len(seen)] == seen, "an event that a client saw is gone or changed"
    row = wait_for_end(client, run_id)
    assert row["status"].startswith("completed"), row
    events = client.events()
    client.close()
    assert server.stop() == 0
    return events, run_id


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("repository")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    arguments = parser.parse_args()
    end_on_signals()
    print("seed", arguments.seed)
    with tempfile.TemporaryDirectory() as directory:
        template, calm, disturbed = (os.path.join(directory, name) for name in "tcd")
        prepare_store(arguments.binary, arguments.repository, template)
        shutil.copytree(template, calm)
        shutil.copytree(template, disturbed)
        expected, seconds = undisturbed(arguments.binary, calm)
        events, run_id = killed(arguments.binary, disturbed, arguments.kills, seconds,
                                random.Random(arguments.seed))
        history.check_contiguous(events)
        runs = history.runs_of(events)
        assert list(runs) == [run_id], runs.keys()
        run = runs[run_id]
        history.check_results(run_id, run, expected)
        print(f"{arguments.kills} kills, {run.resumed} resumptions: {run.attempts} attempts, "
              f"{run.interrupted} interrupted; {len(run.ends)} jobs ended once each, all results equal; "
              f"{run.status}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
