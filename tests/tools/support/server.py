"""The real program as a process: its store, its server, and calls to it."""

import atexit
import http.client
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

EMAIL = "ops@example.com"
PASSWORD = "a long enough password"


class Broken(AssertionError):
    """A promise was not kept."""


class Gone(Exception):
    """The server did not answer: it is dead, or dying."""


def environment(extra=None):
    """The environment without settings of the program, which would change what is tested."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RUNLEDGER_")}
    kept.update(extra or {})
    return kept


def command(binary, data, *arguments, stdin=None, code=0, timeout=120):
    """Runs a command on a data directory; gives its standard output."""
    done = subprocess.run([binary, "--log-level", "warning", "--data", data, *arguments], input=stdin,
                          capture_output=True, text=True, timeout=timeout, env=environment())
    if done.returncode != code:
        raise Broken(f"{arguments} ended with {done.returncode}, not {code}: {done.stdout}{done.stderr}")
    return done.stdout


def prepare_store(binary, repository, data, first_date=None):
    """A store with the shipped inputs and one admin; prices from `first_date` on."""
    shipped = pathlib.Path(repository) / "data"
    prices = shipped / "prices.csv"
    if first_date:
        lines = prices.read_text().splitlines()
        prices = pathlib.Path(data + ".prices.csv")
        kept = [line for line in lines[1:] if line.split(",")[1] >= first_date]
        prices.write_text("\n".join([lines[0]] + kept) + "\n")
    command(binary, data, "import", "prices", str(prices))
    command(binary, data, "import", "rates", str(shipped / "rates.csv"))
    command(binary, data, "import", "sectors", str(shipped / "sectors.csv"))
    for line in (shipped / "portfolios.csv").read_text().splitlines()[1:]:
        name, file, equity, date = line.split(",")
        command(binary, data, "import", "portfolio", "--name", name, "--equity", equity,
                "--equity-date", date, str(shipped / file))
    command(binary, data, "import", "flows", str(shipped / "flows.csv"))
    command(binary, data, "user", "add", EMAIL, "--role", "admin", "--password-stdin",
            stdin=PASSWORD + "\n")


class Client:
    """One connection that is kept open, for one thread."""

    def __init__(self, address, token=None, timeout=30):
        self.token = token
        self.connection = http.client.HTTPConnection(*address, timeout=timeout)

    def close(self):
        self.connection.close()

    def send(self, path, method="GET", body=None, headers=None):
        """(status, JSON) of any answer. Gone if there is none."""
        every = dict(headers or {})
        if self.token:
            every["Authorization"] = "Bearer " + self.token
        try:
            self.connection.request(method, path, body=body, headers=every)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection.close()
            raise Gone(str(error)) from error

    def call(self, path, method="GET", body=None, headers=None):
        """The JSON of a good answer; Gone if the server cannot do it now."""
        status, answer = self.send("/api/v1" + path, method, body, headers)
        if status == 503:
            raise Gone(str(answer))
        if status >= 400:
            raise Broken(f"{method} {path} answered {status}: {answer}")
        return answer

    def login(self):
        body = json.dumps({"email": EMAIL, "password": PASSWORD})
        self.token = self.call("/auth/login", "POST", body,
                               {"Content-Type": "application/json"})["access_token"]
        return self.token

    def events(self, after=0):
        found = []
        while True:
            page = self.call(f"/events?after={after}&limit=1000")
            if not page["events"]:
                return found
            found += page["events"]
            after = page["next_after"]


class Server:
    """`runledger serve` on a data directory, on any free port. Its log is beside the directory."""

    living = set()

    def __init__(self, binary, data, log=None, arguments=()):
        self.binary, self.data = binary, data
        self.log = log or data + ".server.log"
        self.arguments = list(arguments)
        self.process = None
        self.address = None

    def spawn(self, failpoint=None, prefix=()):
        """Begins a process; it does not listen yet."""
        extra = {"RUNLEDGER_FAILPOINT": failpoint} if failpoint else {}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, self.binary, "--log-level", "warning", "--data", self.data, "serve",
                 "--listen", "127.0.0.1:0", *self.arguments],
                stdout=subprocess.PIPE, stderr=log, env=environment(extra))
        Server.living.add(self.process)
        self.address = None

    def wait_until_listening(self, timeout=60, may_hang=False):
        """True once it listens; False if it ended before that, or, where it may hang, is silent."""
        text, limit = b"", time.monotonic() + timeout
        while b"\n" not in text:
            if not select.select([self.process.stdout], [], [], max(0, limit - time.monotonic()))[0]:
                if may_hang:
                    return False
                raise Broken("the server does not come up; see " + self.log)
            some = os.read(self.process.stdout.fileno(), 4096)
            if not some:
                self.wait(10)
                return False
            text += some
        host, port = re.search(rb"http://([\d.]+):(\d+)", text).groups()
        self.address = (host.decode(), int(port))
        return True

    def start(self, **options):
        self.spawn(**options)
        if not self.wait_until_listening():
            raise Broken(f"the server ended with {self.process.returncode} at its start; see {self.log}")
        return self.address

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.alive():
            self.process.send_signal(number)

    def wait(self, timeout):
        """The exit code; Broken if it does not end in time."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Broken(f"the process does not end within {timeout} s; see {self.log}") from None
        self.process.stdout.close()
        Server.living.discard(self.process)
        return code

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait(30)

    def stop(self, timeout=60):
        self.signal(signal.SIGTERM)
        return self.wait(timeout)


@atexit.register
def end_all():
    for process in list(Server.living):
        if process.poll() is None:
            process.kill()
            process.wait()


def end_on_signals():
    """SIGTERM and SIGHUP end the script as Ctrl-C does, so that no server outlives it."""
    def stop(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
