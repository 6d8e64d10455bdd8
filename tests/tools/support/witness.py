"""Clients that remember what they were told, whatever becomes of the server.

A witness lives through all restarts of one store. What one of them has seen or got an answer for must
be there for ever: `Record` holds it, and complains at once when two accounts differ.
"""

import json
import random
import threading
import time
import uuid

from support.server import Broken, Client, Gone
from support.websocket import Closed, WebSocket

RUN_PORTFOLIOS = "portfolio_id=Balanced&portfolio_id=Tech%20Growth"


class Record:
    """What all witnesses of a store know. Thread-safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = {}   # Sequence -> event as JSON text.
        self.newest = 0
        self.runs = {}     # Idempotency key -> id of the run, as acknowledged.
        self.cancels = []  # Ids of runs whose cancel was acknowledged.
        self.imports = {}  # Name of the portfolio -> sequence of its import, as acknowledged.
        self.repeats = 0   # Requests that were sent again and gave the same answer.
        self.broken = []

    def saw(self, event):
        text = json.dumps(event, sort_keys=True)
        with self.lock:
            known = self.events.setdefault(event["seq"], text)
            self.newest = max(self.newest, event["seq"])
        if known != text:
            raise Broken(f"event {event['seq']} changed: {known} became {text}")


class Witness(threading.Thread):
    """A thread that follows the server to every new address until it is told to stop."""

    def __init__(self, record, token):
        super().__init__(daemon=True)
        self.record, self.token = record, token
        self.changed = threading.Condition()
        self.address = None
        self.over = False

    def follow(self, address):
        """The server is at `address` now; None: nowhere."""
        with self.changed:
            self.address = address
            self.changed.notify_all()

    def finish(self):
        with self.changed:
            self.over = True
            self.changed.notify_all()
        self.join(60)
        if self.is_alive():
            raise Broken(f"{type(self).__name__} is stuck")

    def run(self):
        try:
            while True:
                with self.changed:
                    self.changed.wait_for(lambda: self.over or self.address)
                    if self.over:
                        return
                    address = self.address
                try:
                    self.visit(address)
                except (Gone, Closed, OSError):
                    with self.changed:
                        self.changed.wait_for(lambda: self.over or self.address != address, 0.02)
        except Exception as error:  # pylint: disable=broad-except: reported by the main thread
            self.record.broken.append(f"{type(self).__name__}: {error!r}")

    def present(self, address):
        return not self.over and self.address == address

    def visit(self, address):
        raise NotImplementedError


class Subscriber(Witness):
    """A subscriber of the live feed: every sequence once, in order, over all restarts."""

    last = 0
    byes = 0

    def visit(self, address):
        feed = WebSocket(address, "/api/v1/live", self.token, timeout=1)
        try:
            if feed.status != 101:
                raise Gone(str(feed.status))
            feed.subscribe(self.last)
            while self.present(address):
                try:
                    frame = feed.receive()
                except TimeoutError:
                    continue
                if frame["type"] == "event":
                    if frame["event"]["seq"] != self.last + 1:
                        raise Broken(f"after event {self.last} came {frame['event']['seq']}")
                    self.record.saw(frame["event"])
                    self.last += 1
                elif frame["type"] == "bye":
                    self.byes += 1
                    if frame["resume_after"] != self.last:
                        raise Broken(f"bye says {frame['resume_after']} after event {self.last}")
                elif frame["type"] not in ("caught_up", "position"):
                    raise Broken(f"after event {self.last}: {frame}")
        finally:
            feed.close()


class Poller(Witness):
    """Reads /events page by page."""

    last = 0

    def visit(self, address):
        client = Client(address, self.token)
        try:
            while self.present(address):
                page = client.call(f"/events?after={self.last}&limit=500")
                if page["committed"] < self.last:
                    raise Broken(f"the log ends at {page['committed']}, before event {self.last}")
                for event in page["events"]:
                    if event["seq"] != self.last + 1:
                        raise Broken(f"after event {self.last} came {event['seq']}")
                    self.record.saw(event)
                    self.last += 1
                if not page["events"]:
                    time.sleep(0.01)
        finally:
            client.close()


class Operator(Witness):
    """Starts, cancels and imports; sends what got no answer again, with the same key."""

    def __init__(self, record, token, seed, scope):
        super().__init__(record, token)
        self.chance = random.Random(seed)
        self.scope = scope          # Query of a run.
        self.pending_run = None     # (key, query) without an answer.
        self.pending_import = None  # (name, bytes) without an answer.
        self.imports_made = 0
        self.eager_to_import = False

    def visit(self, address):
        client = Client(address, self.token)
        try:
            while self.present(address):
                self.act(client)
                time.sleep(0.002)
        finally:
            client.close()

    def act(self, client):
        if self.pending_run:
            self.send_run(client)
        elif self.pending_import:
            self.send_import(client)
        elif self.eager_to_import or self.chance.random() < 0.02:
            self.imports_made += 1
            quantity = self.imports_made
            self.pending_import = (
                f"Extra {quantity}",
                f"Symbol,Quantity,Entry Price Per Share,Entry Date\nAAPL,{quantity},90.50,2017-02-01\n")
        elif self.chance.random() < 0.002:
            self.cancel(client)
        elif self.chance.random() < 0.1 and self.record.runs:
            self.repeat(client)
        else:
            idle = client.call("/admin/batch/run/current")["status"] == "idle"
            if idle or self.chance.random() < 0.001:
                self.pending_run = (str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
                                    self.scope + ("" if idle else "&force=true"))

    def post_run(self, client, key, query):
        return client.send("/api/v1/admin/batch/run?" + query, "POST", headers={"Idempotency-Key": key})

    def send_run(self, client):
        key, query = self.pending_run
        status, answer = self.post_run(client, key, query)
        if status == 200:
            self.record.runs[key] = (answer["batch_run_id"], query)
            self.pending_run = None
        elif status == 409:
            self.pending_run = None  # Refused: another one runs. The key was not used.
        elif status == 503:
            raise Gone(str(answer))
        else:
            raise Broken(f"a start was answered with {status}: {answer}")

    def repeat(self, client):
        """A key that was answered gives the same run for ever."""
        key, (run, query) = self.chance.choice(sorted(self.record.runs.items()))
        status, answer = self.post_run(client, key, query)
        if status == 503:
            raise Gone(str(answer))
        if status != 200 or answer["batch_run_id"] != run or not answer["duplicate"]:
            raise Broken(f"key {key} gave run {run}, and when repeated {status}: {answer}")
        self.record.repeats += 1

    def cancel(self, client):
        status, answer = client.send("/api/v1/admin/batch/run/current/cancel", "POST")
        if status == 200:
            self.record.cancels.append(answer["batch_run_id"])
        elif status == 503:
            raise Gone(str(answer))
        elif status != 404:
            raise Broken(f"a cancel was answered with {status}: {answer}")

    def send_import(self, client):
        name, body = self.pending_import
        path = "/portfolios?name=" + name.replace(" ", "%20")
        answer = client.call(path, "POST", body, {"Content-Type": "text/csv"})
        self.record.imports[name] = answer["seq"]
        self.pending_import = None
        again = client.call(path, "POST", body, {"Content-Type": "text/csv"})
        if again["changed"] or again["seq"] != answer["seq"]:
            raise Broken(f"{name} was imported as {answer}, and when repeated {again}")
        self.record.repeats += 1

    def settle(self, client):
        """Gets an answer for what is pending."""
        while self.pending_run:
            self.send_run(client)
        if self.pending_import:
            self.send_import(client)
