"""verify, backup, restore, export, import events and prune as a user meets them.

Usage: store_commands.py BINARY [unittest arguments]
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import command_line
from command_line import PASSWORD, Server, Store

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "corpus"


class Filled(Store):
    """A store with three runs."""

    def setUp(self):
        super().setUp()
        self.fill()
        for day in ("2017-03-10", "2017-03-13", "2017-03-14"):
            self.local("run", "--as-of", day)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def verified(self, data=None, *arguments):
        report = self.call("--data", data or self.data, "--json", "verify", *arguments)
        return json.loads(report.stdout)


class Verify(Filled):
    def test_a_whole_store_passes(self):
        quick, deep = self.verified(), self.verified(None, "--deep")
        self.assertEqual(quick["head_hash"], deep["head_hash"])
        self.assertEqual(quick["events"], quick["last_seq"])
        self.assertEqual(quick["seals"], 2)  # The third closes with the next event.
        self.assertGreater(deep["results"], 20)
        self.assertIn("head ", self.local("verify").stdout)

    def test_the_head_of_yesterday_proves_that_nothing_was_cut_off(self):
        head = self.verified()["head_hash"]
        copy = self.path("copy")
        shutil.copytree(self.data, copy)
        self.local("run", "--as-of", "2017-03-09")
        self.verified(None, "--head", head)
        newer = self.verified()["head_hash"]
        self.assertIn("cut off", self.call("--data", copy, "verify", "--head", newer, code=3).stderr)
        self.call("--data", copy, "verify", "--head", "abc", code=2)

    def test_a_changed_byte_of_a_file_exits_with_3(self):
        files = sorted(pathlib.Path(self.data).glob("*.blob"))
        bytes_of_file = bytearray(files[-1].read_bytes())
        bytes_of_file[len(bytes_of_file) // 2] ^= 1
        files[-1].write_bytes(bytes_of_file)
        self.local("verify", "--deep", code=3)

    def test_a_byte_that_the_storage_library_asserts_on_exits_with_3_too(self):
        # Debian's RocksDB looks at a block of properties before it looks at the checksum.
        copy = self.path("copy")
        shutil.copytree(CORPUS / "v2" / "store", copy)
        table = pathlib.Path(copy) / "000057.sst"
        bytes_of_file = bytearray(table.read_bytes())
        bytes_of_file[1062] ^= 0x80
        table.write_bytes(bytes_of_file)
        for command in (["verify"], ["history"], ["serve", "--listen", "127.0.0.1:0"]):
            told = self.call("--data", copy, *command, code=3).stderr
            self.assertIn("the storage library stopped", told)
            self.assertIn("restore", told)

    def test_a_server_cannot_be_verified_from_outside(self):
        self.call("--server", "http://127.0.0.1:9", "verify", code=2)


class Backups(Filled):
    def test_a_backup_is_restored_whole(self):
        made = json.loads(self.local("--json", "backup", "--to", self.path("b")).stdout)
        self.local("run", "--as-of", "2017-03-09")
        self.local("backup", "--to", self.path("b"))
        listed = json.loads(self.local("--json", "backup", "--to", self.path("b"), "--list").stdout)
        self.assertEqual([backup["backup"] for backup in listed], [1, 2])
        self.call("--data", self.path("r"), "restore", "--from", self.path("b"), "--backup", "1")
        report = self.verified(self.path("r"), "--deep")
        self.assertEqual(report["head_hash"], made["head_hash"])
        self.call("--data", self.path("r"), "run", "--as-of", "2017-03-09")

    def test_old_backups_are_dropped(self):
        for _ in range(3):
            self.local("backup", "--to", self.path("b"), "--keep", "2")
        listed = json.loads(self.local("--json", "backup", "--to", self.path("b"), "--list").stdout)
        self.assertEqual([backup["backup"] for backup in listed], [2, 3])

    def test_nothing_is_overwritten(self):
        self.local("backup", "--to", self.path("b"))
        self.local("restore", "--from", self.path("b"), code=2)
        self.local("backup", "--to", self.data, code=2)
        self.local("backup", code=2)
        self.call("--data", self.path("r"), "restore", "--from", self.path("nowhere"), code=4)

    def test_a_server_makes_one_while_it_runs(self):
        self.local("user", "add", "ops@example.com", "--role", "admin", "--password-stdin",
                   stdin=PASSWORD + "\n")
        user = {"RUNLEDGER_EMAIL": "ops@example.com", "RUNLEDGER_PASSWORD": PASSWORD}
        server = Server(self, "--backup-dir", self.path("b"))
        self.call("--server", server.url, "run", "--as-of", "2017-03-09", extra=user)
        made = json.loads(
            self.call("--server", server.url, "--json", "backup", extra=user).stdout)
        self.assertGreater(made["committed"], 0)
        self.call("--server", server.url, "backup", "--to", "x", code=2, extra=user)
        server.stop()
        self.call("--data", self.path("r"), "restore", "--from", self.path("b"))
        self.verified(self.path("r"), "--deep", "--head", made["head_hash"])
        plain = Server(self)
        told = self.call("--server", plain.url, "backup", code=2, extra=user)
        self.assertIn("--backup-dir", told.stderr)
        plain.stop()


class Exports(Filled):
    def test_both_forms_come_back_byte_for_byte(self):
        self.local("export", self.path("a.rlb"))
        self.local("export", self.path("a.jsonl"))
        for name in ("a.rlb", "a.jsonl"):
            copy = self.path("from-" + name)
            self.call("--data", copy, "import", "events", self.path(name))
            self.verified(copy, "--deep")
            for again in ("again.rlb", "again.jsonl"):
                self.call("--data", copy, "export", self.path(again))
                original = pathlib.Path(self.path("a" + again[5:])).read_bytes()
                self.assertEqual(pathlib.Path(self.path(again)).read_bytes(), original, again)
                os.remove(self.path(again))
        self.assertEqual(self.verified(None, "--archive", self.path("a.rlb"))["root"],
                         self.verified(None, "--archive", self.path("a.jsonl"))["root"])

    def test_lines_are_json_with_readable_events(self):
        lines = [json.loads(line) for line in self.local("export", "-").stdout.splitlines()]
        self.assertEqual(lines[0]["type"], "bundle")
        self.assertEqual(lines[-1]["type"], "end")
        events = [line["event"] for line in lines if line["type"] == "event"]
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))

    def test_damage_is_named_and_nothing_is_left(self):
        self.local("export", self.path("a.jsonl"))
        lines = pathlib.Path(self.path("a.jsonl")).read_text().splitlines(True)
        cases = {"cut": lines[:-1], "gap": lines[:40] + lines[41:], "text": lines[:3] + ["x\n"] + lines[3:]}
        for name, left in cases.items():
            damaged = self.write(name + ".jsonl", "".join(left))
            code = 2 if name == "text" else 3
            told = self.call("--data", self.path("new"), "import", "events", damaged, code=code).stderr
            self.assertIn(damaged, told)
            self.assertFalse(os.path.exists(self.path("new")))
        self.local("import", "events", self.path("a.jsonl"), code=2)
        self.local("export", self.path("a.jsonl"), code=4)


class Pruning(Filled):
    def test_what_goes_is_archived_and_the_rest_stays_verifiable(self):
        would = json.loads(self.local("--json", "prune", "--keep-runs", "1", "--dry-run").stdout)
        self.assertFalse(would["pruned"])
        done = json.loads(self.local("--json", "prune", "--keep-runs", "1").stdout)
        self.assertEqual((done["pruned"], done["runs"]), (True, 2))
        report = self.verified(None, "--deep")
        self.assertEqual(report["pruned_through"], done["through_seq"])
        self.assertEqual(report["first_seq"], done["through_seq"] + 1)
        archive = os.path.join(self.directory.name, done["archive"])
        self.assertEqual(self.verified(None, "--archive", archive)["events"], done["through_seq"])
        runs = json.loads(self.local("--json", "history").stdout)["runs"]
        self.assertEqual(len(runs), 1)
        self.local("run", "--as-of", "2017-03-09")
        self.verified(None, "--deep")
        self.assertIn("nothing to prune", self.local("prune", "--keep-days", "400").stdout)
        self.local("prune", code=2)

    def test_it_is_whole_or_not_begun_wherever_it_is_killed(self):
        pristine = self.path("pristine")
        shutil.copytree(self.data, pristine)
        points = ["prune.archived", "prune.recorded"]
        points += [f"appender.{site}:{n}" for site in ("before_write", "before_publish") for n in (1, 2, 3)]
        killed = 0
        for point in points:
            with self.subTest(point):
                shutil.rmtree(self.data)
                shutil.copytree(pristine, self.data)
                done = subprocess.run([command_line.BINARY, "--data", self.data, "prune", "--keep-runs", "1"],
                                      capture_output=True, timeout=120, cwd=self.directory.name,
                                      env=self.environment({"RUNLEDGER_FAILPOINT": point}))
                self.assertIn(done.returncode, (0, -signal.SIGKILL))
                killed += done.returncode != 0
                self.verified(None, "--deep")
                self.local("prune", "--keep-runs", "1")
                self.assertGreater(self.verified(None, "--deep")["pruned_through"], 0)
                self.local("run", "--as-of", "2017-03-09")
        self.assertGreater(killed, 5)

    def test_a_pruned_store_is_exported_whole(self):
        self.local("prune", "--keep-runs", "2")
        self.local("export", self.path("a.jsonl"))
        self.call("--data", self.path("copy"), "import", "events", self.path("a.jsonl"))
        self.assertEqual(self.verified(self.path("copy"), "--deep")["head_hash"],
                         self.verified()["head_hash"])
        self.call("--data", self.path("copy"), "run", "--as-of", "2017-03-09")


def tells(new, old):
    """Whether `new` says all that `old` says; a later version may say more."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(name in new and tells(new[name], value)
                                             for name, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(tells, new, old))
    return new == old


class Corpus(Store):
    """A store of every version that was released opens, is upgraded and tells the same story."""

    def test_every_released_version(self):
        versions = sorted(CORPUS.iterdir())
        self.assertTrue(versions)
        for version in versions:
            with self.subTest(version.name):
                self.check(version)

    def check(self, version):
        data = os.path.join(self.directory.name, version.name)
        shutil.copytree(version / "store", data)
        expected = (version / "expected" / "events.jsonl").read_text()
        expected = [json.loads(line) for line in expected.splitlines()]
        self.call("--data", data, "verify", "--deep")
        self.call("--data", data, "watch")  # Opens it for writing; the run goes on by itself.
        log = self.call("--data", data, "--json", "replay", "log", "--limit",
                        str(len(expected))).stdout
        for line, old in zip(log.splitlines(), expected, strict=True):
            self.assertTrue(tells(json.loads(line), old), f"{line}, not {old}")
        history = json.loads(
            self.call("--data", data, "--json", "history", "--days", "36500").stdout)["runs"]
        found = {run["id"]: run for run in history}
        for run in json.loads((version / "expected" / "history.json").read_text())["runs"]:
            if run["status"] != "running":
                self.assertTrue(tells(found[run["id"]], run), f"{found[run['id']]}, not {run}")
        self.assertTrue(all(run["status"].startswith("completed") for run in history), history)
        self.call("--data", data, "verify", "--deep")


if __name__ == "__main__":
    command_line.BINARY = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
