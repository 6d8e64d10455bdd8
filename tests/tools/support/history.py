"""What a whole log must look like, whatever happened to the processes that wrote it."""

import json

from support.server import Broken

ENDS = ("JobSucceeded", "JobFailed", "JobSkipped", "JobCancelled")


def check_contiguous(events):
    for number, event in enumerate(events, 1):
        if event["seq"] != number:
            raise Broken(f"event {number} is missing: {event['seq']} is in its place")


def check_kept(events, record):
    """Everything that a witness saw is there, unchanged."""
    with record.lock:
        seen = dict(record.events)
    if len(events) < record.newest:
        raise Broken(f"the log has {len(events)} events, a client has seen {record.newest}")
    for sequence, text in seen.items():
        kept = json.dumps(events[sequence - 1], sort_keys=True)
        if kept != text:
            raise Broken(f"event {sequence} changed: {text} became {kept}")


class Run:
    """The events of one run."""

    def __init__(self):
        self.planned = None
        self.ends = {}  # (portfolio, date, type) -> (event, result hash or reason)
        self.status = None
        self.cancel_requested = False
        self.attempts = 0
        self.interrupted = 0
        self.resumed = 0


def runs_of(events):
    """Run id -> Run; Broken if something ended twice, or went on after its end."""
    runs = {}
    for event in events:
        run_id, kind = event.get("run_id"), event["type"]
        if not run_id:
            continue
        if kind == "RunRequested":
            if run_id in runs:
                raise Broken(f"run {run_id} was requested twice")
            runs[run_id] = Run()
            continue
        run = runs[run_id]
        if run.status is not None:
            raise Broken(f"event {event['seq']}, {kind}, is of run {run_id}, which had ended")
        if kind == "RunFinished":
            run.status = event["status"]
        elif kind == "RunCancelRequested":
            run.cancel_requested = True
        elif kind == "RunResumed":
            run.resumed += 1
        elif kind == "JobAttempted":
            run.attempts += 1
        elif kind == "JobInterrupted":
            run.interrupted += 1
        elif kind in ENDS:
            key = (event.get("portfolio_id", ""), event["as_of"], event["job_type"])
            if key in run.ends:
                raise Broken(f"{key} of run {run_id} ended twice")
            run.ends[key] = (kind, event.get("result_hash", event.get("reason")))
    return runs


def check_results(run_id, run, expected):
    """A completed run has all results of the undisturbed one; any other has no different one."""
    complete = run.status.startswith("completed")
    if complete and run.ends.keys() != expected.keys():
        raise Broken(f"run {run_id} ended {len(run.ends)} jobs, the undisturbed one {len(expected)}")
    for key, (kind, value) in run.ends.items():
        if (complete or kind == "JobSucceeded") and expected.get(key) != (kind, value):
            raise Broken(f"{key} of run {run_id} gave {kind} {value}, undisturbed {expected.get(key)}")


def check_record(events, record, expected):
    """The log against all that was acknowledged. Gives the runs."""
    check_contiguous(events)
    check_kept(events, record)
    runs = runs_of(events)
    acknowledged = {run for run, _ in record.runs.values()}
    if acknowledged != runs.keys():
        raise Broken(f"acknowledged runs {sorted(acknowledged)}, runs in the log {sorted(runs)}")
    for run_id, run in runs.items():
        if run.status is None:
            raise Broken(f"run {run_id} has not ended")
        check_results(run_id, run, expected)
        if not run.status.startswith("completed") and not run.cancel_requested:
            raise Broken(f"run {run_id} is {run.status}, and nobody cancelled it")
    for run_id in record.cancels:
        if not runs[run_id].cancel_requested:
            raise Broken(f"the cancel of run {run_id} was acknowledged and is not in the log")
    names = [e["name"] for e in events if e["type"] == "PortfolioImported"]
    for name, sequence in record.imports.items():
        event = events[sequence - 1]
        if event["type"] != "PortfolioImported" or event["name"] != name or names.count(name) != 1:
            raise Broken(f"the import of {name} was acknowledged as event {sequence}: {event}")
    return runs
