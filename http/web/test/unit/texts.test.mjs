// What the pages read out of texts: node --test test/unit/texts.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../module.mjs";

const { guessKind, guessName, issuesText } = await load("src/app/lib/import_kind.ts");
const { operationsOf, parseMetrics, valueOf } = await load("src/app/lib/metrics.ts");
const { timePoints } = await load("src/charts/time_points.ts");
const { pointNames } = await load("src/charts/format.ts");
const { dateAfter, errorWords, isoDate, warningWords } = await load("src/app/lib/format.ts");
const { eventWords } = await load("src/app/lib/run_words.ts");

test("the kind of a file is guessed from its header, else it has to be chosen", () => {
  assert.equal(guessKind("# mine\n\nSymbol,Quantity,Entry Price Per Share,Entry Date\nSPY,1,1,2015-01-02"), "positions");
  assert.equal(guessKind("\ufeffTicker,Date,Close,Adj Close\r\nSPY,2015-01-02,1,1"), "prices");
  assert.equal(guessKind("observation_date,DGS1MO,DGS10\n2015-01-02,1,2"), "rates");
  assert.equal(guessKind("symbol,sector\nA,B"), "sectors");
  assert.equal(guessKind("date,underlying,expiry,strike,right,bid\n"), "quotes");
  assert.equal(guessKind("symbol,ex_date,ratio\n"), "splits");
  assert.equal(guessKind("symbol,ex_date,amount\n"), "dividends");
  assert.equal(guessKind("portfolio,date,amount\n"), "flows");
  assert.equal(guessKind('"parameter","value"\n'), "parameters");
  assert.equal(guessKind("a,b\n1,2"), null);
  assert.equal(guessKind(""), null);
});

test("a portfolio is named after its file", () => {
  assert.equal(guessName("C:\\data\\tech_growth.CSV"), "Tech growth");
});

test("errors are copied with their line, code, field, symbol and message", () => {
  const text = issuesText("p.csv", [{ line: 3, symbol: "GME", code: "ERR_POS_006", field: "Quantity", message: "The quantity is zero." }]);
  assert.equal(text, "p.csv\nline\tcode\tfield\tsymbol\tmessage\n3\tERR_POS_006\tQuantity\tGME\tThe quantity is zero.");
});

test("metrics give requests, refusals and times of each operation that was called", () => {
  const samples = parseMetrics([
    "# HELP x y", "runledger_events_committed_total 7052",
    'runledger_http_requests_total{operation="logIn",code="2xx"} 18', 'runledger_http_requests_total{operation="logIn",code="4xx"} 2',
    'runledger_http_request_duration_seconds_bucket{operation="logIn",le="0.5"} 10',
    'runledger_http_request_duration_seconds_bucket{operation="logIn",le="2.5"} 19',
    'runledger_http_request_duration_seconds_bucket{operation="logIn",le="+Inf"} 20',
    'runledger_http_request_duration_seconds_sum{operation="logIn"} 10', 'runledger_http_request_duration_seconds_count{operation="logIn"} 20',
    'runledger_http_request_duration_seconds_count{operation="showMe"} 0',
  ].join("\n"));
  assert.equal(valueOf(samples, "runledger_events_committed_total"), 7052);
  assert.equal(valueOf(samples, "nothing"), null);
  assert.deepEqual(operationsOf(samples), [{ operation: "logIn", requests: 20, refused: 2, failed: 0, mean: 0.5, slow95: 2.5 }]);
});

test("a failed attempt says why in words, also where nobody has written any", () => {
  assert.equal(errorWords("interrupted_too_often"), "the engine ended too often");
  assert.equal(errorWords("disk_full"), "disk full");
  assert.equal(errorWords(null), "");
  assert.equal(errorWords("exception: vector too long"), "the calculation broke off: vector too long");
  assert.equal(errorWords("failpoint: made to fail by a failpoint"), "made to fail by a failpoint");
  assert.equal(errorWords("disk_full: 3 bytes\nleft"), "disk full: 3 bytes\nleft");
  assert.equal(warningWords("SNAP: short_history, 177 of 252 returns"), "SNAP: too few days of history, 177 of 252 returns");
  const failed = { seq: 1, time: "2026-01-05T10:00:01.000Z", type: "JobFailed", category: "internal", error: "out_of_memory" };
  assert.equal(eventWords(failed), "Internal error: memory ran out");
});

test("positions are named by their symbol, with their number where that is not enough", () => {
  const rows = [["6", "AAPL"], ["10", "PG"], ["11", "AAPL"]].map(([position, symbol]) => ({ position, name: `${position} ${symbol}` }));
  assert.deepEqual(pointNames(rows, "name", "text"), ["AAPL (no. 6)", "PG", "AAPL (no. 11)"]);
  assert.deepEqual(pointNames([{ name: "35 days" }, { name: "Market" }], "name", "text"), ["35 days", "Market"]);
});

test("a date is read year first, and only if there is such a day", () => {
  for (const text of ["2017-11-10", " 2017/11/10", "20171110", "2017.11.10"]) {
    assert.equal(isoDate(text), "2017-11-10", text);
  }
  assert.equal(isoDate("2017-1-5"), "2017-01-05");
  assert.equal(isoDate("2016-02-29"), "2016-02-29");
  for (const text of ["", "2017-02-29", "2017-13-01", "11/10/2017", "10.11.2017", "2017-11/10", "2017-11", "2017111", "201711101"]) {
    assert.equal(isoDate(text), null, text);
  }
  assert.equal(dateAfter("2016-02-28", 1), "2016-02-29");
  assert.equal(dateAfter("2017-01-01", -1), "2016-12-31");
});

test("a line is broken where days are missing, and not where only some of them were asked for", () => {
  assert.deepEqual(timePoints([], []), []);
  assert.deepEqual(timePoints(["2017-09-28", "2017-09-29", "2017-11-06"], [1, null, 3]),
    [["2017-09-28", 1], ["2017-09-29", null], ["2017-09-30", null], ["2017-11-06", 3]]);
  // The exchange was closed for six days; a weekend is no gap.
  assert.equal(timePoints(["2001-09-10", "2001-09-17", "2001-09-18"], [1, 2, 3]).length, 3);
  const monthly = ["2017-01-31", "2017-02-28", "2017-03-31", "2017-04-28", "2017-12-29"];
  assert.deepEqual(timePoints(monthly, [1, 2, 3, 4, 5]).map(([date]) => date), [...monthly.slice(0, 4), "2017-04-29", "2017-12-29"]);
});
