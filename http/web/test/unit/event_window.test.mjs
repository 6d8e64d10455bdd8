// The part of the log that the page of events holds: node --test test/unit/event_window.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "../module.mjs";

const { EVENT_TYPES, EventWindow, eventLine, fits, rowsInView, toneOfEvent } = await load("src/app/lib/event_window.ts");
const ALL_TYPES = readFileSync(new URL("../../../../schema/events.h", import.meta.url), "utf8").match(/kEventTypes = \{([^}]*)\}/)[1].match(/\w+/g);

test("every type that the server knows can be chosen", () => {
  assert.deepEqual([...EVENT_TYPES].sort(), ALL_TYPES.sort());
});

const open = { run: null, portfolio: null, jobType: null, type: null };
const events = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => ({ seq: from + at, time: "", type: (from + at) % 3 === 0 ? "JobFailed" : "JobSucceeded" }));
const seqs = (window) => window.rows.map((row) => row.seq);

test("it grows at both ends without a gap and without a repeat", () => {
  const window = new EventWindow(open, 100);
  assert.equal(window.append(events(101, 110), 110), 0);
  window.append(events(108, 115), 115);  // An overlap, as after a reconnect.
  assert.equal(window.prepend(events(91, 105), 90), 10);
  assert.deepEqual(seqs(window), events(91, 115).map((event) => event.seq));
  assert.deepEqual([window.after, window.through], [90, 115]);
});

test("events that the filter hides count as looked at", () => {
  const window = new EventWindow({ ...open, type: "JobFailed" }, 0);
  window.append(events(1, 8), 8);
  assert.deepEqual(seqs(window), [3, 6]);
  window.append([], 50);
  assert.equal(window.through, 50);
  window.append(events(40, 52), 52);
  assert.deepEqual(seqs(window), [3, 6, 51]);
});

test("it is bounded: what leaves at one end can be read again there", () => {
  const window = new EventWindow(open, 0, 10);
  assert.equal(window.append(events(1, 25), 25), 15);
  assert.deepEqual(seqs(window), events(16, 25).map((event) => event.seq));
  assert.equal(window.after, 15);
  assert.equal(window.prepend(events(12, 15), 11), 4);
  assert.deepEqual(seqs(window), events(12, 21).map((event) => event.seq));
  assert.equal(window.through, 21);
  window.append(events(22, 23), 23);
  assert.deepEqual(seqs(window), events(14, 23).map((event) => event.seq));
});

test("a sequence is found, or the next one", () => {
  const window = new EventWindow({ ...open, type: "JobFailed" }, 0);
  window.append(events(1, 30), 30);
  assert.equal(window.rows[window.indexOf(9)].seq, 9);
  assert.equal(window.rows[window.indexOf(10)].seq, 12);
  assert.equal(window.indexOf(1000), window.rows.length);
});

test("a hundred thousand rows are a hundred in the page", () => {
  const { first, end } = rowsInView(1_400_000, 600, 28, 100_000);
  assert.ok(first <= 50_000 && end >= 50_022 && end - first < 60);
  assert.deepEqual(rowsInView(0, 600, 28, 3), { first: 0, end: 3 });
  const past = rowsInView(99_999, 600, 28, 3);
  assert.ok(past.first >= 0 && past.end === 3);
});

test("an event passes if it has every member of the filter", () => {
  const event = { seq: 1, time: "", type: "JobFailed", run_id: "r", portfolio_id: "p", job_type: "greeks_calculation" };
  assert.ok(fits(open, event));
  assert.ok(fits({ run: "r", portfolio: "p", jobType: "greeks_calculation", type: "JobFailed" }, event));
  for (const wrong of [{ run: "x" }, { portfolio: "x" }, { jobType: "x" }, { type: "x" }]) {
    assert.ok(!fits({ ...open, ...wrong }, event));
  }
});

test("the line of an event begins with what matters", () => {
  assert.match(eventLine({ seq: 1, time: "", type: "JobFailed", attempt: 2, error: "no close of XOM", epoch: 3, input_hash: "ab" }), /^error no close of XOM · attempt 2$/);
  assert.match(eventLine({ seq: 1, time: "", type: "JobSucceeded", attempt: 1, records_processed: 16, unit: "scenarios", duration_seconds: 0.0123 }), /^16 scenarios · took 12.3.ms · attempt 1$/);
  assert.equal(eventLine({ seq: 1, time: "", type: "X", portfolios: [{}, {}], force: false }), "2 portfolios");
  assert.equal(eventLine({ seq: 1, time: "", type: "RunFinished", status: "partial", summary: { jobs: { total: 12, completed: 9, failed: 3 } } }), "status partial · 9 of 12 jobs succeeded, 3 failed");
  assert.equal(toneOfEvent({ seq: 1, time: "", type: "JobSucceeded", warnings: ["x"] }), "succeeded_with_warnings");
  assert.equal(toneOfEvent({ seq: 1, time: "", type: "RunFinished", status: "partial" }), "partial");
});
