#!/usr/bin/env python3
"""kill -9 of the real server over and over, at random moments and at every failpoint, while clients
keep their own record of what they were told.

An episode is a copy of one store, several deaths of its server, and a last life in which every run must
end by itself. After each death the newest part of the log is compared with what the clients saw; at
the end of an episode all of it: every event that anybody saw is there unchanged, sequences have no gap,
what was acknowledged (runs, cancels, imports) is there once, every run ended, every job of it once, and
the results have the hashes of an undisturbed run.

Usage: torture_kill.py BINARY REPOSITORY [--count N] [--seed N] [--minutes M]
"""

import argparse
import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import history  # noqa: E402
from support.server import Broken, Client, Gone, Server, command, end_on_signals, environment, prepare_store  # noqa: E402
from support.witness import RUN_PORTFOLIOS, Operator, Poller, Record, Subscriber  # noqa: E402

FIRST_PRICES = "2017-01-03"
SCOPE = RUN_PORTFOLIOS + "&start_date=2017-08-01&end_date=2017-09-15"
KILLS_IN_EPISODE = 12
# Reached at the end of a life that is asked to end, not in the middle of work.
AT_THE_END = ("checkpoint.", "drain.")


class Template:
    """A filled store to copy, the token that works on every copy, and the undisturbed results."""

    def __init__(self, binary, repository, directory):
        self.binary = binary
        self.path = os.path.join(directory, "template")
        prepare_store(binary, repository, self.path, FIRST_PRICES)
        calm = os.path.join(directory, "calm")
        server = Server(binary, self.path)
        client = Client(server.start())
        self.token = client.login()  # Makes the signing key, which every copy then has.
        client.close()
        server.stop()
        shutil.copytree(self.path, calm)
        server = Server(binary, calm)
        begin = time.monotonic()
        client = Client(server.start(), self.token)
        self.startup = time.monotonic() - begin
        begin = time.monotonic()
        run_id = client.call("/admin/batch/run?" + SCOPE, "POST")["batch_run_id"]
        wait_until_idle(client, server)
        self.undisturbed = time.monotonic() - begin
        events = client.events()
        client.close()
        server.stop()
        run = history.runs_of(events)[run_id]
        if not run.status.startswith("completed"):
            raise Broken(f"the undisturbed run is {run.status}")
        self.expected = run.ends
        shutil.rmtree(calm)


def wait_until_idle(client, server, patience=60):
    limit = time.monotonic() + patience
    while client.call("/admin/batch/run/current")["status"] != "idle":
        if time.monotonic() > limit:
            raise Broken(f"a run is stuck: {client.call('/admin/batch/run/current')}; see {server.log}")
        time.sleep(0.01)


def failpoints(binary):
    """The names that the program knows; it lists them when it is given a wrong one."""
    done = subprocess.run([binary, "--version"], env=environment({"RUNLEDGER_FAILPOINT": "?"}),
                          capture_output=True, text=True)
    names = re.findall(r"[a-z]+\.[a-z_]+", done.stderr.split("there are:")[-1])
    if done.returncode != 2 or not names:
        print("this program was built without failpoints: kills come at random moments only")
        return []
    # A server without a retention policy prunes nothing; store_commands.py kills there.
    return [name for name in names if not name.startswith("prune.")]


class Episode:
    """One store from its copy to the last check."""

    def __init__(self, template, directory, seed, count, plan, tally):
        self.template, self.count, self.plan, self.tally = template, count, plan, tally
        self.chance = random.Random(seed)
        self.data = os.path.join(directory, "data")
        shutil.copytree(template.path, self.data)
        self.server = Server(template.binary, self.data)
        self.record = Record()
        self.checked = 0  # Sequence up to which a restart has been compared.
        self.operator = Operator(self.record, template.token, seed + 1, SCOPE)
        self.witnesses = [Subscriber(self.record, template.token), Poller(self.record, template.token),
                          self.operator]

    def run(self):
        for witness in self.witnesses:
            witness.start()
        try:
            for _ in range(self.count):
                self.life(next(self.plan))
                if self.record.broken:
                    raise Broken("; ".join(self.record.broken))
            return self.last_life()
        finally:
            if self.server.alive():
                self.server.kill()
            self.follow(None)
            for witness in self.witnesses:
                witness.finish()

    def follow(self, address):
        for witness in self.witnesses:
            witness.follow(address)

    def life(self, how):
        """The server from a start to its death in the way of `how`."""
        kind, _, name = how.partition(" ")
        moment = self.chance.uniform(0, self.template.undisturbed)
        if kind == "startup":
            self.server.spawn()
            time.sleep(self.chance.uniform(0, self.template.startup))
        elif kind == "failpoint":
            self.fail_at(name, moment)
        else:
            self.server.start()
            self.check_tail()
            self.follow(self.server.address)
            time.sleep(moment)
        reached = kind != "failpoint" or not self.server.alive()
        code = self.server.kill()
        if code != -signal.SIGKILL:
            raise Broken(f"the server ended with {code}; see {self.server.log}")
        self.follow(None)
        self.tally[how, reached] += 1

    def fail_at(self, name, moment):
        hits = 1 if name.startswith(("recovery.", "import.", *AT_THE_END)) else \
            self.chance.choice((1, 1, 2, 3, 5, 8, 20, 50))
        hangs = self.chance.random() < 0.1
        self.server.spawn(failpoint=f"{name}:{hits}" + (":hang" if hangs else ""))
        # A thread that stands still while the server starts lets it never listen.
        patience = 2 * self.template.startup if hangs else 60
        if not self.server.wait_until_listening(patience, may_hang=hangs):
            return
        if not hangs:
            try:
                self.check_tail()
            except Gone:
                pass  # It died while it was asked.
        self.operator.eager_to_import = name.startswith("import.")
        self.follow(self.server.address)
        if name.startswith(AT_THE_END):
            time.sleep(moment)
            self.server.signal(signal.SIGTERM)
        limit = time.monotonic() + (0.3 if hangs else max(1, 3 * self.template.undisturbed))
        while self.server.alive() and time.monotonic() < limit:
            time.sleep(0.005)
        self.operator.eager_to_import = False

    def check_tail(self):
        """What clients saw since the last restart is there."""
        client = Client(self.server.address, self.template.token)
        try:
            with self.record.lock:
                seen, newest = dict(self.record.events), self.record.newest
            events = client.events(self.checked)
            if self.checked + len(events) < newest:
                raise Broken(f"the log ends at {self.checked + len(events)}, a client has seen {newest}")
            for event in events:
                self.record.saw(event)
            for sequence in range(self.checked + 1, newest + 1):
                if sequence not in seen and sequence not in self.record.events:
                    raise Broken(f"event {sequence} is missing")
            self.checked += len(events)
        finally:
            client.close()

    def last_life(self):
        """Everything must come to its end now. Gives the runs of the log."""
        address = self.server.start()
        self.check_tail()
        operator, client = self.operator, Client(address, self.template.token)
        operator.finish()
        operator.settle(client)
        wait_until_idle(client, self.server)
        events = client.events()
        self.follow(address)
        self.wait_for_subscriber(len(events))
        runs = history.check_record(events, self.record, self.template.expected)
        client.close()
        if self.server.stop() != 0:
            raise Broken(f"the last stop failed; see {self.server.log}")
        listed = command(self.template.binary, self.data, "replay", "log", "--json").splitlines()
        if len(listed) < len(events):
            raise Broken(f"after the last stop the log has {len(listed)} events, not {len(events)}")
        return runs

    def wait_for_subscriber(self, sequence):
        limit = time.monotonic() + 30
        while self.witnesses[0].last < sequence:
            if time.monotonic() > limit or self.record.broken:
                raise Broken(f"the subscriber stands at {self.witnesses[0].last} of {sequence}; "
                             + "; ".join(self.record.broken))
            time.sleep(0.01)


def ways_to_die(names, chance):
    """Every failpoint in turn, between random moments and deaths during recovery."""
    turn = 0
    while True:
        draw = chance.random()
        if names and draw < 0.5:
            yield "failpoint " + names[turn % len(names)]
            turn += 1
        elif draw < 0.6:
            yield "startup"
        else:
            yield "random"


def print_table(tally, totals, begin):
    rows = collections.defaultdict(lambda: [0, 0])
    for (how, reached), count in tally.items():
        rows[how][0 if reached else 1] += count
    print(f"{'killed':34} {'there':>6} {'elsewhere':>9}")
    for how in sorted(rows):
        print(f"{how:34} {rows[how][0]:6} {rows[how][1]:9}")
    kills = sum(tally.values())
    print(f"{kills} kills in {totals['episodes']} episodes, {time.monotonic() - begin:.0f} s: "
          f"{totals['runs']} runs, {totals['resumed']} resumptions, {totals['jobs']} jobs ended once "
          f"each, {totals['interrupted']} attempts interrupted, {totals['seen']} events seen by clients, "
          f"{totals['repeats']} repeated requests with the same answer, {totals['completed']} completed "
          "runs equal to the undisturbed one")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("repository")
    parser.add_argument("--count", type=int, default=30, help="kills")
    parser.add_argument("--minutes", type=float, help="stop after this time")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    arguments = parser.parse_args()
    end_on_signals()
    again = (f"{sys.argv[0]} {arguments.binary} {arguments.repository} --count {arguments.count} "
             f"--seed {arguments.seed}")
    print("seed", arguments.seed, flush=True)
    chance = random.Random(arguments.seed)
    names = failpoints(arguments.binary)
    tally, totals, begin = collections.Counter(), collections.Counter(), time.monotonic()
    directory = tempfile.mkdtemp(prefix="torture_kill.")
    try:
        template = Template(arguments.binary, arguments.repository, directory)
        print(f"undisturbed: {len(template.expected)} jobs in {template.undisturbed:.2f} s, "
              f"a start takes {template.startup:.2f} s", flush=True)
        plan = ways_to_die(names, chance)
        told = time.monotonic()
        while sum(tally.values()) < arguments.count:
            if arguments.minutes and time.monotonic() - begin > 60 * arguments.minutes:
                break
            place = os.path.join(directory, "episode")
            os.mkdir(place)
            kills = min(KILLS_IN_EPISODE, arguments.count - sum(tally.values()))
            episode = Episode(template, place, chance.getrandbits(32), kills, plan, tally)
            runs = episode.run()
            totals.update(episodes=1, runs=len(runs), seen=len(episode.record.events),
                          repeats=episode.record.repeats,
                          resumed=sum(run.resumed for run in runs.values()),
                          jobs=sum(len(run.ends) for run in runs.values()),
                          interrupted=sum(run.interrupted for run in runs.values()),
                          completed=sum(run.status.startswith("completed") for run in runs.values()))
            shutil.rmtree(place)
            if time.monotonic() - told > 15:
                told = time.monotonic()
                print(f"{sum(tally.values())} kills, {told - begin:.0f} s", flush=True)
    except Exception as error:  # pylint: disable=broad-except: whatever it is, it is a failure
        print_table(tally, totals, begin)
        print(f"BROKEN: {error!r}\nthe data is kept in {directory}\nrepeat: {again}", flush=True)
        if not isinstance(error, Broken):
            raise
        return 1
    except BaseException:
        print("stopped before the end")
        print_table(tally, totals, begin)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    print_table(tally, totals, begin)
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
