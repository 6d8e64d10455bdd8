#!/usr/bin/env python3
"""The real server under signals and limits of the operating system: it drains, it stops, it stands
still, its disk fills or turns read-only, files and memory run out. Whatever happens, what clients were
told is there afterwards, and the run ends by itself with the results of an undisturbed one.

Mounts need root: without it those tests are skipped and say so.

Usage: signals.py BINARY REPOSITORY [--long] [unittest arguments]
"""

import atexit
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import history  # noqa: E402
from support.server import Client, Gone, Server, command, end_on_signals, prepare_store  # noqa: E402
from support.websocket import Closed, WebSocket  # noqa: E402
from support.witness import Poller, Record, Subscriber  # noqa: E402

BINARY = REPOSITORY = TEMPLATE = TOKEN = ""
EXPECTED = {}
LONG = False
SCOPE = "start_date=2017-02-01&end_date=2017-11-10"
STOP_LIMIT = 15  # Seconds that a stop may take while attempts end by themselves.


def set_up_module():
    """The store that every test copies, and the results of an undisturbed run on it."""
    global TEMPLATE, TOKEN, EXPECTED
    directory = tempfile.TemporaryDirectory(prefix="signals.")
    unittest.addModuleCleanup(directory.cleanup)
    TEMPLATE = os.path.join(directory.name, "template")
    prepare_store(BINARY, REPOSITORY, TEMPLATE, "2017-01-03")
    server = Server(BINARY, TEMPLATE)
    client = Client(server.start())
    TOKEN = client.login()
    client.close()
    server.stop()
    calm = os.path.join(directory.name, "calm")
    shutil.copytree(TEMPLATE, calm)
    server = Server(BINARY, calm)
    client = Client(server.start(), TOKEN)
    run = client.call("/admin/batch/run?" + SCOPE, "POST")["batch_run_id"]
    wait_until(lambda: client.call("/admin/batch/run/current")["status"] == "idle")
    EXPECTED = history.runs_of(client.events())[run].ends
    client.close()
    server.stop()


setUpModule = set_up_module


def wait_until(condition, patience=60):
    limit = time.monotonic() + patience
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError("it did not come true in time")
        time.sleep(0.01)


class Stage(unittest.TestCase):
    """A server on a copy of the store, with witnesses and a run going."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="signals.")
        self.addCleanup(place.cleanup)
        self.directory = place.name
        self.prepare(os.path.join(self.directory, "data"))

    def prepare(self, data):
        shutil.copytree(TEMPLATE, data)
        self.server = Server(BINARY, data, log=os.path.join(self.directory, "server.log"))
        self.addCleanup(lambda: self.server.alive() and self.server.kill())
        self.record = Record()
        self.subscriber = Subscriber(self.record, TOKEN)
        self.witnesses = [self.subscriber, Poller(self.record, TOKEN)]
        self.client = None
        for witness in self.witnesses:
            witness.start()
            self.addCleanup(witness.finish)

    def start(self, **options):
        address = self.server.start(**options)
        self.client = Client(address, TOKEN)
        for witness in self.witnesses:
            witness.follow(address)

    def leave(self):
        """The witnesses do not look for the server any more."""
        for witness in self.witnesses:
            witness.follow(None)
        self.client.close()

    def start_run(self):
        """A run that is well under way when this returns."""
        self.run = self.client.call("/admin/batch/run?" + SCOPE, "POST")["batch_run_id"]
        self.record.runs["key"] = (self.run, SCOPE)
        wait_until(lambda: self.record.newest > 300)

    def said(self, text):
        return text in pathlib.Path(self.server.log).read_text()

    def finish(self):
        """The run ends by itself, and everything is as it must be."""
        wait_until(lambda: self.client.call("/admin/batch/run/current")["status"] == "idle", 120)
        events = self.client.events()
        wait_until(lambda: self.subscriber.last >= len(events) or self.record.broken)
        self.assertEqual(self.record.broken, [])
        runs = history.check_record(events, self.record, EXPECTED)
        self.assertTrue(runs[self.run].status.startswith("completed"), runs[self.run].status)
        self.leave()
        self.assertEqual(self.server.stop(), 0)
        return events, runs[self.run]


class Signals(Stage):
    def test_sigterm_says_bye_drains_and_the_run_goes_on_at_the_next_start(self):
        self.start()
        self.start_run()
        begin = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begin, STOP_LIMIT)
        wait_until(lambda: self.subscriber.byes == 1)
        self.leave()
        self.start()
        _, run = self.finish()
        self.assertEqual(run.resumed, 1)
        self.assertEqual(run.interrupted, 0, "a drain lets the attempts under way end")

    def test_a_second_sigterm_ends_at_once_and_loses_nothing(self):
        self.start(failpoint="attempt.before_run:500:hang")  # A drain that takes its time.
        self.start_run()
        # Attempts go on beside the one that hangs; then nothing is left to drain but that one.
        self.server.signal(signal.SIGTERM)
        wait_until(lambda: self.subscriber.byes == 1)
        self.assertTrue(self.server.alive())
        begin = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(10), 128 + signal.SIGTERM)
        self.assertLess(time.monotonic() - begin, 2)
        self.leave()
        self.start()
        self.finish()

    def test_an_attempt_that_never_ends_does_not_keep_a_stop_from_ending(self):
        if not LONG:
            self.skipTest("takes 40 s: with --long")
        self.start(failpoint="attempt.before_run:500:hang")
        self.start_run()
        self.assertEqual(self.server.stop(timeout=60), 0)
        self.leave()
        self.start()
        self.finish()

    def test_a_server_that_was_stopped_goes_on_where_it_was(self):
        self.start()
        self.start_run()
        for seconds in (90, 330) if LONG else (1.5, 0.2, 0.2):
            if self.record.broken:
                break
            self.server.signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.server.signal(signal.SIGCONT)
            time.sleep(0.05)
        # To the server this connection was idle for all that time, and it may have closed it.
        self.client.close()
        events, run = self.finish()
        self.assertEqual([e for e in events if e["type"] == "JobRetryScheduled"], [],
                         "the time of the pause is not the attempts'")
        self.assertEqual(run.resumed, 0)


def unmount(place):
    if os.path.ismount(place):
        subprocess.run(["umount", "--lazy", place], check=False)


class Mounted(Stage):
    """Tests on a file system of their own."""

    def mount(self, *arguments):
        self.place = os.path.join(self.directory, "mount")
        os.mkdir(self.place)
        done = subprocess.run(["mount", *arguments, self.place], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("mount is not permitted here: " + done.stderr.strip())
        self.addCleanup(unmount, self.place)
        atexit.register(unmount, self.place)  # A test that is interrupted has no cleanups.


class FullDisk(Mounted):
    def prepare(self, data):
        self.mount("-t", "tmpfs", "-o", "size=400m", "tmpfs")
        super().prepare(os.path.join(self.place, "data"))

    def fill_up(self, rest=0):
        """Takes all room but `rest` bytes."""
        free = os.statvfs(self.place)
        with open(self.ballast(), "ab") as file:
            size = free.f_bavail * free.f_bsize - rest
            os.posix_fallocate(file.fileno(), os.path.getsize(self.ballast()), max(1, size))

    def ballast(self):
        return os.path.join(self.place, "ballast")

    def fill_while_a_run_is_going(self):
        """The server waits for room when this returns."""
        self.start()
        self.start_run()
        self.server.kill()
        self.leave()
        # RocksDB reserves 70 MB for its log where they are free: that would be enough for the run.
        for log in pathlib.Path(self.server.data).glob("*.log"):
            os.truncate(log, log.stat().st_size)
        self.fill_up(6 << 20)
        self.start()
        wait_until(lambda: self.said("waiting for room"))
        self.assertTrue(self.server.alive())
        self.leave()

    def test_the_log_stops_waits_for_room_and_the_run_goes_on(self):
        self.fill_while_a_run_is_going()
        os.remove(self.ballast())
        self.assertTrue(self.server.wait_until_listening())
        self.client = Client(self.server.address, TOKEN)
        for witness in self.witnesses:
            witness.follow(self.server.address)
        _, run = self.finish()
        self.assertEqual(run.resumed, 2)

    def test_a_kill_while_it_waits_loses_nothing(self):
        self.fill_while_a_run_is_going()
        self.server.kill()
        os.remove(self.ballast())
        self.start()
        self.finish()

    def test_a_stop_while_it_waits_ends_it(self):
        self.fill_while_a_run_is_going()
        self.assertEqual(self.server.stop(STOP_LIMIT), 0)
        os.remove(self.ballast())
        self.start()
        self.finish()


class ReadOnlyDisk(Mounted):
    def prepare(self, data):
        self.image = os.path.join(self.directory, "image")
        with open(self.image, "wb") as file:
            file.truncate(600 << 20)
        try:
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", self.image], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no ext4 can be made here: {error}")
        self.mount("-o", "loop,errors=remount-ro", self.image)
        super().prepare(os.path.join(self.place, "data"))
        os.sync()  # The copy, which nobody else would sync.

    def turn_read_only(self):
        """As after an error of the disk: every write from now on is refused."""
        device = subprocess.run(["findmnt", "-no", "SOURCE", self.place], capture_output=True,
                                text=True, check=True).stdout.strip()
        trigger = pathlib.Path("/sys/fs/ext4") / os.path.basename(device) / "trigger_fs_error"
        try:
            trigger.write_text("a test")
        except OSError as error:
            self.skipTest(f"the file system cannot be made read-only: {error}")

    def forget_after(self, sequence):
        """A sync that is under way when ext4 gives up can say that all is well and lose its data all
        the same: Linux 6.18 does it to a bare write and fdatasync too (docs/reliability.md). What was
        acknowledged before must be there."""
        for later in [seq for seq in self.record.events if seq > sequence]:
            del self.record.events[later]
        self.record.newest = sequence
        for witness in self.witnesses:
            witness.last = min(witness.last, sequence)

    def test_the_server_says_so_and_ends_and_nothing_is_lost(self):
        self.start()
        self.start_run()
        known = self.record.newest
        self.turn_read_only()
        self.assertEqual(self.server.wait(60), 4, pathlib.Path(self.server.log).read_text()[-3000:])
        self.assertTrue(self.said("Read-only file system"), pathlib.Path(self.server.log).read_text())
        self.leave()
        self.forget_after(known)
        # As an operator would: check the file system, mount it again, start.
        subprocess.run(["umount", self.place], check=True)
        checked = subprocess.run(["e2fsck", "-fy", self.image], capture_output=True, text=True)
        self.assertLess(checked.returncode, 4, checked.stdout)
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True)
        self.start()
        self.finish()


class Limits(Stage):
    def test_too_few_files_are_said_at_the_start(self):
        self.server.spawn(prefix=["prlimit", "--nofile=100:100"])
        self.assertFalse(self.server.wait_until_listening())
        self.assertEqual(self.server.process.returncode, 4)
        self.assertTrue(self.said("needs at least"), pathlib.Path(self.server.log).read_text())

    def test_a_flood_of_subscribers_does_not_take_the_files_of_the_log(self):
        self.start(prefix=["prlimit", "--nofile=660:660"])
        self.start_run()
        flood, refused = [], 0
        for _ in range(300):
            try:
                socket = WebSocket(self.server.address, "/api/v1/live", TOKEN, timeout=10)
            except (Closed, TimeoutError):
                refused += 1
                continue
            if socket.status == 101:
                socket.subscribe(0)
            refused += socket.status != 101
            flood.append(socket)
        self.assertGreater(refused, 150)
        self.assertTrue(self.server.alive())
        for socket in flood:
            socket.close()
        # Its place may have been taken by the flood; now there is room.
        self.client.close()
        wait_until(self.answers)
        self.finish()
        self.assertFalse(self.said("the log has stopped"))

    def answers(self):
        try:
            return self.client.call("/admin/batch/run/current") is not None
        except Gone:
            return False

    def test_nothing_is_lost_when_memory_runs_out(self):
        for headroom in (0, 4 << 20, 32 << 20, 256 << 20):
            with self.subTest(headroom=headroom):
                self.setUp()
                self.run_short_of_memory(headroom)

    def run_short_of_memory(self, headroom):
        """A run on a server that may take no more than `headroom` bytes beyond what it has idle."""
        self.start()
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        limit = (int(status.split("VmSize:")[1].split()[0]) << 10) + headroom
        resource.prlimit(self.server.process.pid, resource.RLIMIT_AS, (limit, limit))
        try:
            self.request_run()
        except Gone:
            pass  # Not acknowledged: it is asked again below, with the same key.
        end = time.monotonic() + 2
        while self.server.alive() and time.monotonic() < end:
            time.sleep(0.01)
        alive = self.server.alive()
        code = self.server.kill()
        print(f"{headroom >> 20} MB left: {self.record.newest} events, "
              + ("alive after 2 s" if alive else f"ended with {code}"))
        self.leave()
        self.start()
        self.request_run()
        self.finish()

    def request_run(self):
        status, answer = self.client.send("/api/v1/admin/batch/run?" + SCOPE, "POST",
                                          headers={"Idempotency-Key": "the only run"})
        if status >= 500:
            raise Gone(str(answer))
        self.assertEqual(status, 200, answer)
        if "key" in self.record.runs:
            self.assertEqual(self.record.runs["key"][0], answer["batch_run_id"])
        self.run = answer["batch_run_id"]
        self.record.runs["key"] = (self.run, SCOPE)


if __name__ == "__main__":
    BINARY, REPOSITORY = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
    if "--long" in sys.argv:
        sys.argv.remove("--long")
        LONG = True
    end_on_signals()
    unittest.main(verbosity=2)
