"""A client of the live feed that drops its connection and outlives its server must have every
sequence exactly once.

Usage: live_client.py BINARY
"""

import asyncio
import json
import os
import sys
import unittest
import urllib.request

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import command_line  # noqa: E402
from command_line import PASSWORD, Server, Store  # noqa: E402


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
            await socket.send(json.dumps({"type": "subscribe", "after_seq": after}))
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

    def start_run(self, feed, server):
        query = "?start_date=2017-03-08&end_date=2017-03-14"
        return post(server.url + "/api/v1/admin/batch/run" + query, feed.token)["batch_run_id"]

    async def scenario(self, hard):
        loop = asyncio.get_running_loop()
        feed = Feed(drop_after=13)
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
        self.check(asyncio.run(self.scenario(hard=False)))

    def test_every_event_comes_once_across_a_crash(self):
        self.check(asyncio.run(self.scenario(hard=True)))


if __name__ == "__main__":
    command_line.BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
