"""A client of the live feed that drops its connection and outlives its server must have every
sequence exactly once.

Usage: live_client.py BINARY [NODE NODE_MODULES]
The clients are Python's websockets and, if Node is given, its ws and Server-Sent Events.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import unittest
import urllib.request

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import command_line  # noqa: E402
from command_line import PASSWORD, Server, Store  # noqa: E402


NODE = ""
NODE_MODULES = ""


class Feed:
    """Collects events; connects again with the last sequence seen, wherever the server is."""

    def __init__(self, drop_after):
        self.url = None
        self.token = None
        self.sequences = []
        self.run_ends = 0
        self.connections = 0
        self.byes = 0
        self.drop_after = drop_after

    async def follow(self, until):
        while not until():
            try:
                await self.connect(until)
            except (OSError, websockets.ConnectionClosed, websockets.InvalidHandshake):
                await asyncio.sleep(0.05)

    async def connect(self, until):
        headers = {"Authorization": "Bearer " + self.token}
        # No bound on the queue and a short wait: a connection that was dropped is gone at once.
        async with websockets.connect(self.url, extra_headers=headers, max_size=None,
                                      max_queue=None, close_timeout=0.1) as socket:
            self.connections += 1
            after = self.sequences[-1] if self.sequences else 0
            await socket.send(json.dumps(
                {"type": "subscribe", "after_seq": after, "every_progress": True}))
            seen = 0
            while not until():
                frame = json.loads(await asyncio.wait_for(socket.recv(), 60))
                if frame["type"] == "event":
                    self.sequences.append(frame["event"]["seq"])
                    self.run_ends += frame["event"]["type"] == "RunFinished"
                    seen += 1
                    if seen == self.drop_after:
                        # Without a closing handshake, in the middle of whatever is under way.
                        socket.transport.abort()
                        return
                elif frame["type"] == "bye":
                    self.byes += 1
                    assert frame["resume_after"] == (self.sequences[-1] if self.sequences else 0)


class NodeFeed:
    """The same by live_client.mjs, which is told of each server and says what it got."""

    def __init__(self, kind, drop_after):
        self.sequences = []
        self.run_ends = 0
        self.connections = 0
        self.byes = 0
        self.url = None
        self.token = None
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "live_client.mjs")
        self.process = subprocess.Popen([NODE, script, kind, str(drop_after), NODE_MODULES],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("run-end"):
                self.run_ends += 1
            elif line.startswith("connected"):
                self.connections += 1
            elif line.startswith("bye"):
                self.byes += 1
            else:
                self.sequences.append(int(line))

    async def follow(self, until):
        told = None
        while not until():
            if self.process.poll() is not None:
                raise AssertionError("the client has ended")
            if told != (self.url, self.token) and self.token:
                told = (self.url, self.token)
                self.process.stdin.write("%s %s\n" % (self.http, self.token))
                self.process.stdin.flush()
            await asyncio.sleep(0.02)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.thread.join()
        self.process.stdout.close()


def post(url, token, body=b"", content_type="application/json"):
    request = urllib.request.Request(url, data=body, method="POST")
    request.add_header("Content-Type", content_type)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class Live(Store):
    def setUp(self):
        super().setUp()
        self.fill()
        self.local("user", "add", "ann@example.com", "--role", "admin", "--password-stdin",
                   stdin=PASSWORD + "\n")

    def connect_feed(self, feed, server):
        login = json.dumps({"email": "ann@example.com", "password": PASSWORD}).encode()
        feed.token = post(server.url + "/api/v1/auth/login", None, login)["access_token"]
        feed.url = server.url.replace("http", "ws") + "/api/v1/live"
        feed.http = server.url

    def start_run(self, feed, server):
        query = "?start_date=2017-03-08&end_date=2017-03-14"
        return post(server.url + "/api/v1/admin/batch/run" + query, feed.token)["batch_run_id"]

    async def scenario(self, hard, feed):
        loop = asyncio.get_running_loop()
        server = await loop.run_in_executor(None, Server, self)
        await loop.run_in_executor(None, self.connect_feed, feed, server)
        reader = asyncio.create_task(feed.follow(lambda: feed.run_ends >= 2))
        await loop.run_in_executor(None, self.start_run, feed, server)
        while not feed.sequences or feed.connections < 3:
            await asyncio.sleep(0.01)
        if hard:
            server.process.kill()
            await loop.run_in_executor(None, server.process.communicate)
        else:
            code, _ = await loop.run_in_executor(None, server.stop)
            self.assertEqual(code, 0)
        server = await loop.run_in_executor(None, Server, self)
        await loop.run_in_executor(None, self.connect_feed, feed, server)
        # The run of before goes on by itself; a second one follows.
        while feed.run_ends < 1:
            await asyncio.sleep(0.01)
        await loop.run_in_executor(None, self.start_run, feed, server)
        await asyncio.wait_for(reader, 120)
        server.stop()
        return feed

    def check(self, feed):
        self.assertEqual(feed.sequences, list(range(1, len(feed.sequences) + 1)))
        self.assertGreater(feed.connections, 3)
        self.assertGreater(len(feed.sequences), 200)
        stored = self.local("replay", "log", "--json").stdout.splitlines()
        self.assertGreaterEqual(len(stored), len(feed.sequences))

    def test_every_event_comes_once_across_a_restart(self):
        self.check(asyncio.run(self.scenario(False, Feed(drop_after=13))))

    def test_every_event_comes_once_across_a_crash(self):
        self.check(asyncio.run(self.scenario(True, Feed(drop_after=13))))

    def by_node(self, kind, hard):
        if not NODE:
            self.skipTest("no Node")
        feed = NodeFeed(kind, drop_after=13)
        try:
            asyncio.run(self.scenario(hard, feed))
        finally:
            feed.close()
        self.check(feed)

    def test_node_has_every_event_once_across_a_restart(self):
        self.by_node("websocket", hard=False)

    def test_node_has_every_event_once_across_a_crash(self):
        self.by_node("websocket", hard=True)

    def test_server_sent_events_come_once_across_a_restart(self):
        self.by_node("sse", hard=False)

    def test_server_sent_events_come_once_across_a_crash(self):
        self.by_node("sse", hard=True)


if __name__ == "__main__":
    command_line.BINARY = os.path.abspath(sys.argv.pop(1))
    if len(sys.argv) > 2:
        NODE = sys.argv.pop(1)
        NODE_MODULES = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
