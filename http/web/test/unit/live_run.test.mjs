// What a page knows of the live feed and of a run: node --test test/unit/live_run.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../module.mjs";

const live = await load("src/app/lib/live_protocol.ts");
const { RunGrid, CODES, ...run } = await load("src/app/lib/run_grid.ts");
const { RunTimeline, durationsByType } = await load("src/app/lib/run_timeline.ts");
const { QUIET_MS, stalledSince } = await load("src/app/lib/stall.ts");
const format = await load("src/app/lib/format.ts");

const event = (seq, type = "JobAttempted", more = {}) => ({ seq, type, time: "2026-01-05T10:00:01.000Z", run_id: "R", ...more });

test("a reconnect asks for what comes after the newest seen, and nothing comes twice", () => {
  const cursor = new live.Cursor();
  assert.equal(JSON.parse(cursor.subscribe("t")).after_seq, null);
  cursor.accept({ type: "snapshot", as_of_seq: 10, store_id: "S", run: null });
  assert.equal(cursor.accept({ type: "event", event: event(11) }).kind, "event");
  cursor.accept({ type: "position", seq: 20 });
  assert.deepEqual(JSON.parse(cursor.subscribe("t")), { type: "subscribe", after_seq: 20, token: "t" });
  assert.equal(cursor.accept({ type: "event", event: event(20) }).kind, "nothing");
  assert.equal(cursor.accept({ type: "event", event: event(21) }).kind, "event");
  cursor.accept({ type: "bye", resume_after: 25 });
  assert.equal(cursor.seq, 25);
});

test("another store, a pruned log and a jump are resets", () => {
  const cursor = new live.Cursor();
  cursor.accept({ type: "snapshot", as_of_seq: 10, store_id: "S", run: null });
  assert.equal(cursor.accept({ type: "gap", requested: 10, committed: 3 }).why, "another_store");
  assert.equal(cursor.accept({ type: "snapshot", as_of_seq: 3, store_id: "T", run: null }).why, "another_store");
  assert.equal(cursor.accept({ type: "gap", requested: 3, committed: 90, kept_from: 50 }).why, "pruned");
  assert.equal(cursor.accept({ type: "event", event: event(50) }).kind, "event");
  assert.equal(cursor.accept({ type: "snapshot", as_of_seq: 99, store_id: "T", run: null }).why, "missed");
});

test("the wait before a reconnect doubles up to ten seconds and is spread", () => {
  assert.deepEqual([0, 1, 2].map((n) => live.backoff(n, 0)), [125, 250, 500]);
  assert.equal(live.backoff(50, 0.999999), 10_000);
  assert.equal(live.backoff(50, 0), 5000);
});

test("a state and the events around it are joined without a gap or a repeat", () => {
  for (let at = 0; at <= 10; at += 1) {
    for (let cut = 0; cut <= at; cut += 1) {
      const got = [];
      const joiner = new live.Joiner((events) => got.push(...events.map((one) => one.seq)));
      joiner.offer(Array.from({ length: cut }, (_, i) => event(i + 1)));
      joiner.settle(at);
      joiner.offer(Array.from({ length: 10 - cut }, (_, i) => event(cut + i + 1)));
      assert.deepEqual(got, Array.from({ length: 10 - at }, (_, i) => at + i + 1), `state ${at}, ${cut} before it`);
    }
  }
});

const grid = (more = {}) => new RunGrid({
  run_id: "R", status: "running", first_seq: 1, last_seq: 5, at_seq: 5, at_time: null, triggered_by: "a", requested_at: "2026-01-05T10:00:00Z",
  started_at: null, finished_at: null, counts: {}, progress_percent: 0, portfolios: [{ id: "A", name: "Alpha" }, { id: "B", name: "Beta" }],
  dates: ["2026-01-02", "2026-01-05"], job_types: ["market_data_update", "greeks_calculation"],
  jobs: { portfolio: [-1, 0, 1, -1, 0, 1], date: [0, 0, 0, 1, 1, 1], type: [0, 1, 1, 0, 1, 1], status: "s.....", attempts: "100000" }, ...more,
});
const job = (seq, type, portfolio, date, more = {}) => event(seq, type, {
  portfolio_id: portfolio, job_type: portfolio ? "greeks_calculation" : "market_data_update", as_of: date, ...more,
});

test("the grid has the market first, a column for each date and type, and follows events", () => {
  const one = grid();
  assert.deepEqual([one.rows, one.columns], [3, 4]);
  assert.deepEqual([0, 1, 2].map((row) => one.rowName(row)), ["Market", "Alpha", "Beta"]);
  assert.deepEqual([0, 1, 2, 3].map((column) => `${one.columnDateName(column)} ${one.columnTypeName(column)}`),
    ["2026-01-02 market_data_update", "2026-01-02 greeks_calculation", "2026-01-05 market_data_update", "2026-01-05 greeks_calculation"]);
  assert.equal(one.codeAt(0, 1), -1, "the market has no Greeks");
  const changed = one.fold(job(6, "JobAttempted", "B", "2026-01-05", { attempt: 1 }));
  assert.deepEqual([changed, one.placeOf(changed), one.codes[changed]], [5, { row: 2, column: 3 }, run.RUNNING]);
  assert.equal(one.fold(job(6, "JobFailed", "B", "2026-01-05")), -1, "an event twice");
  one.fold(job(7, "JobRetryScheduled", "B", "2026-01-05"));
  one.fold(job(8, "JobAttempted", "B", "2026-01-05", { attempt: 2 }));
  assert.equal(one.attempts[5], 2);
  one.fold(job(9, "JobSucceeded", "B", "2026-01-05", { warnings: [], data_quality: { quality_flag: "limited" } }));
  assert.equal(CODES[one.codes[5]], "w", "limited quality is a warning");
  assert.equal(one.fold({ ...job(10, "JobFailed", "A", "2026-01-05"), run_id: "other" }), -1);
  assert.deepEqual([...one.counts], [4, 0, 0, 1, 1, 0, 0, 0]);
  assert.equal(one.percent, 33.3);
});

test("progress is 100 % only when the run has ended", () => {
  const one = grid({ jobs: { portfolio: [0], date: [0], type: [1], status: "f", attempts: "1" } });
  assert.equal(one.percent, 99.9);
  one.fold(event(6, "RunFinished", { status: "failed" }));
  assert.deepEqual([one.percent, one.status], [100, "failed"]);
});

test("attempts of the timeline share no slot at one time, and what waits has none", () => {
  const one = grid();
  const line = new RunTimeline({
    run_id: "R", at_seq: 5, slots: 1, retries: [],
    attempts: { job: [0, 1], attempt: [1, 1], slot: [0, -1], start_ms: [0, 5], duration_ms: [10, null], outcome: "sr" },
  }, "2026-01-05T10:00:00Z");
  const at = (ms) => new Date(Date.parse("2026-01-05T10:00:00Z") + ms).toISOString();
  const fold = (name, seq, ms, portfolio, date, more = {}) => {
    const what = { ...job(seq, name, portfolio, date, more), time: at(ms) };
    line.fold(what, one.fold(what));
  };
  const done = (seconds) => ({ warnings: [], data_quality: { quality_flag: "full" }, duration_seconds: seconds });
  fold("JobAttempted", 6, 6, "B", "2026-01-02", { attempt: 1 });
  fold("JobAttempted", 7, 7, "B", "2026-01-05", { attempt: 1 });
  line.arrange();
  assert.deepEqual([...line.slot.slice(0, 4)], [0, 0, -1, -1]);
  assert.equal(line.start[1], 10, "it computes since the one before has ended");
  fold("JobSucceeded", 8, 40, "A", "2026-01-02", done(0.03));
  fold("JobSucceeded", 9, 50, "B", "2026-01-02", done(0.03));
  assert.deepEqual([line.start[1], line.end[1], line.slot[1]], [10, 40, 0]);
  assert.deepEqual([line.start[2], line.end[2], line.slot[2], line.slots], [6, 36, 1, 2], "it overlapped: a slot of its own");
  fold("JobRetryScheduled", 10, 60, "B", "2026-01-05", { attempt: 1, due: at(90), category: "transient", error: "e" });
  assert.equal(line.retries.get(5).error, "e");
  assert.deepEqual([line.start[3], line.end[3], line.slot[3], line.slots], [40, 60, 0, 2], "its length is not known: since its slot was free");
  fold("JobAttempted", 11, 95, "B", "2026-01-05", { attempt: 2 });
  assert.equal(line.retries.size, 0);
  const greeks = durationsByType(line, one).find((type) => type.type === "greeks_calculation");
  assert.deepEqual([greeks.attempts, greeks.failed], [3, 1]);
});

test("a run stands still when nothing happens for longer than its jobs take", () => {
  const begin = Date.parse("2026-01-05T10:00:00Z");
  const at = (ms) => new Date(begin + ms).toISOString();
  const one = grid();
  const line = (attempts) => new RunTimeline({ run_id: "R", at_seq: 5, slots: 1, retries: [], attempts }, "2026-01-05T10:00:00Z");
  const shape = (timeline, moved) => ({ grid: one, timeline, moved: begin + moved });
  const short = line({ job: [1, 4], attempt: [1, 1], slot: [0, 0], start_ms: [0, 10], duration_ms: [10, null], outcome: "sr" });
  assert.equal(stalledSince(shape(short, 10), begin + 10 + QUIET_MS), null);
  assert.equal(stalledSince(shape(short, 10), begin + 11 + QUIET_MS), begin + 10, "the moment of the last event");
  assert.equal(stalledSince(shape(short, 5000), begin + 11 + QUIET_MS), null, "progress counts");
  const long = line({ job: [1, 4], attempt: [1, 1], slot: [0, 0], start_ms: [0, 40_000], duration_ms: [40_000, null], outcome: "sr" });
  assert.equal(stalledSince(shape(long, 40_000), begin + 79_000), null, "one of its type took 40 s");
  assert.equal(stalledSince(shape(long, 40_000), begin + 80_001), begin + 40_000);
  const waiting = line({ job: [4], attempt: [1], slot: [0], start_ms: [0], duration_ms: [10], outcome: "y" });
  waiting.retries.set(4, { job: 4, attempt: 1, due: at(60_000), category: "transient", error: "e" });
  assert.equal(stalledSince(shape(waiting, 10), begin + 60_000 + QUIET_MS), null, "it waits on purpose");
  assert.equal(stalledSince(shape(waiting, 10), begin + 60_001 + QUIET_MS), begin + 10, "a retry that does not begin");
});

test("durations and estimates read as people say them", () => {
  const plain = (text) => text.replaceAll("\u202f", " ");
  assert.deepEqual([0, 0.0123, 3.42, 125, 3720].map((s) => plain(format.duration(s))), ["0 s", "12.3 ms", "3.4 s", "2 m 05 s", "1 h 02 m"]);
  assert.equal(format.duration(null), "\u2014");
  assert.equal(plain(format.etaWords(130, 110, 160)), "about 2 m 10 s (1 m 50 s to 2 m 40 s)");
  assert.equal(format.etaWords(null, null, null), "not known yet");
  assert.equal(format.money(-1234.5), "\u22121,234.50");
});
