// Numbers, times and words as people read them. Pure: a Node test imports it.

export const DASH = "\u2014";
const MINUS = "\u2212";
const THIN = "\u202f";

function signed(text: string, negative: boolean): string {
  return negative && /[1-9]/.test(text) ? MINUS + text : text;
}

/** 1234567 -> 1,234,567. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? DASH : signed(Math.abs(value).toLocaleString("en-US"), value < 0);
}

/** A number with `digits` decimals. */
export function number(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined
    ? DASH
    : signed(Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }), value < 0);
}

/** Money: whole units from 10,000 on, else cents. `brief`: 1.2 m. */
export function money(value: number | null | undefined, brief = false): string {
  if (value === null || value === undefined) {
    return DASH;
  }
  const size = Math.abs(value);
  if (brief) {
    const [scaled, unit] = size >= 1e9 ? [size / 1e9, "bn"] : size >= 1e6 ? [size / 1e6, "m"] : size >= 1e3 ? [size / 1e3, "k"] : [size, ""];
    return signed(scaled.toLocaleString("en-US", { maximumSignificantDigits: 3 }) + (unit && THIN + unit), value < 0);
  }
  const digits = size >= 10_000 ? 0 : 2;
  return number(value, digits);
}

/** 0.1234 -> 12.3 %. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? DASH : `${number(share * 100, digits)}${THIN}%`;
}

/** Bytes with a binary unit. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return DASH;
  }
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toLocaleString("en-US", { maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0 })}${THIN}${units[unit]}`;
}

/** Seconds as people say them: 0.5 ms, 12 ms, 3.4 s, 2 m 05 s, 1 h 02 m, 3 d 4 h. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return DASH;
  }
  const s = Math.max(0, seconds);
  if (s === 0) {
    return `0${THIN}s`;
  }
  if (s < 0.9995) {
    const ms = s * 1000;
    return `${ms.toLocaleString("en-US", { maximumSignificantDigits: ms < 10 ? 2 : 3 })}${THIN}ms`;
  }
  if (s < 59.95) {
    return `${s < 10 ? s.toFixed(1) : s.toFixed(s < 20 ? 1 : 0)}${THIN}s`;
  }
  const whole = Math.round(s);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)}${THIN}m ${String(whole % 60).padStart(2, "0")}${THIN}s`;
  }
  if (whole < 86_400) {
    return `${Math.floor(whole / 3600)}${THIN}h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")}${THIN}m`;
  }
  return `${Math.floor(whole / 86_400)}${THIN}d ${Math.floor((whole % 86_400) / 3600)}${THIN}h`;
}

/** A clock for what is going on: 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = `${String(Math.floor((whole % 3600) / 60)).padStart(whole >= 3600 ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Local wall clock of an instant: HH:MM:SS. */
export function timeOfDay(instant: string | number | null | undefined): string {
  if (instant === null || instant === undefined) {
    return DASH;
  }
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? DASH : `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Local date and time of an instant; without the date if it is today's. */
export function dateTime(instant: string | number | null | undefined, now: number = Date.now()): string {
  if (instant === null || instant === undefined) {
    return DASH;
  }
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) {
    return DASH;
  }
  const today = at.toDateString() === new Date(now).toDateString();
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return today ? timeOfDay(instant) : `${date} ${timeOfDay(instant)}`;
}

/** For a tooltip: the instant in UTC, as stored. */
export function utc(instant: string | number | null | undefined): string {
  if (instant === null || instant === undefined) {
    return "";
  }
  return typeof instant === "string" ? `${instant.replace("T", " ").replace("Z", "")} UTC` : new Date(instant).toISOString();
}

/** A date that was typed, year first, as YYYY-MM-DD; null if there is no such day. */
export function isoDate(text: string): string | null {
  const parts = /^(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})$/.exec(text.trim());
  if (parts === null || (parts[2] === "" && text.trim().length !== 8)) {
    return null;
  }
  const date = `${parts[1]}-${parts[3]?.padStart(2, "0")}-${parts[4]?.padStart(2, "0")}`;
  const at = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== date ? null : date;
}

/** The date some days after another. */
export function dateAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** 5 s ago, 3 m ago, 2 d ago. */
export function ago(instant: string | number | null | undefined, now: number = Date.now()): string {
  if (instant === null || instant === undefined) {
    return DASH;
  }
  const seconds = (now - new Date(instant).getTime()) / 1000;
  if (seconds < 5) {
    return "just now";
  }
  const [size, unit] = seconds < 60 ? [seconds, "s"] : seconds < 3600 ? [seconds / 60, "m"]
    : seconds < 86_400 ? [seconds / 3600, "h"] : [seconds / 86_400, "d"];
  return `${Math.floor(size)}${THIN}${unit} ago`;
}

/** The beginning of an id or a hash: enough to tell apart. Ids of one minute begin alike, so the end. */
export function shortId(id: string | null | undefined): string {
  return id ? id.slice(-8) : DASH;
}

export function shortHash(hash: string | null | undefined): string {
  return hash ? hash.slice(0, 10) : DASH;
}

/** position_values_update -> Position values update. */
export function words(code: string | null | undefined): string {
  if (!code) {
    return DASH;
  }
  const text = code.replace(/_/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SHORT_TYPES: Record<string, string> = {
  market_data_update: "Market data", position_values_update: "Position values", greeks_calculation: "Greeks",
  portfolio_aggregation: "Aggregation", factor_analysis: "Factors", market_risk_scenarios: "Market risk",
  volatility_analytics: "Volatility", sector_concentration: "Sectors", stress_testing: "Stress tests",
  portfolio_snapshot: "Snapshot", position_correlations: "Correlations",
};

/** A job type in one or two words. */
export function jobType(code: string | null | undefined): string {
  return code ? SHORT_TYPES[code] ?? words(code) : DASH;
}

/** 1 job, 2 jobs. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const REASONS: Record<string, string> = {
  no_price: "no price on or before the date", stale_price: "the newest price is too old",
  short_history: "too few days of history", no_rate: "no interest rate", no_volatility: "no volatility",
  no_equity: "the portfolio has no equity", no_positions: "no open positions", no_options: "no options held",
  not_applicable: "does not apply", not_scheduled: "not scheduled for this date", singular: "the regressors are collinear",
  constant_series: "the series does not vary", no_sector: "no sector known", no_benchmark: "no benchmark prices",
  expired: "the option has expired", dependency_failed: "a job it needs has failed", uncovered: "a position cannot be valued",
};

/** Why something is unknown or did not run, in words. */
export function reason(code: string | null | undefined): string {
  return code ? REASONS[code] ?? code.replace(/_/g, " ") : "";
}

const ERRORS: Record<string, string> = {
  interrupted_too_often: "the engine ended too often", deadline_exceeded: "it ran past its deadline",
  cancelled: "it was told to stop", out_of_memory: "memory ran out", exception: "the calculation broke off", invalid_result: "its result is not valid",
  failpoint: "made to fail by a failpoint",
  wrong_scope: "it is not a job of a portfolio", not_a_trading_day: "the date is not a trading day", unknown_portfolio: "there is no such portfolio",
};

/** The code of a failed attempt in words; what the log has behind it ("code: detail") follows if it says more. */
export function errorWords(text: string | null | undefined): string {
  if (!text) {
    return "";
  }
  const [, code, detail] = /^([a-z_]+): (.*)$/s.exec(text) ?? [null, text, ""];
  const said = ERRORS[code!] ?? code!.replace(/_/g, " ");
  return detail && detail !== said ? `${said}: ${detail}` : said;
}

/** A warning of a job, with the reasons that it names in words. */
export function warningWords(text: string): string {
  return text.replace(/[a-z]+(?:_[a-z]+)+/g, (code) => reason(code));
}

/** How long it may still take, honestly: "about 2 m 10 s (1 m 50 s to 2 m 40 s)". */
export function etaWords(eta: number | null, low?: number | null, high?: number | null): string {
  if (eta === null) {
    return "not known yet";
  }
  const middle = `about ${duration(Math.max(eta, 0.1))}`;
  if (low === null || low === undefined || high === null || high === undefined) {
    return middle;
  }
  const band = [duration(Math.max(low, 0.1)), duration(Math.max(high, 0.1))];
  return band[0] === band[1] ? middle : `${middle} (${band[0]} to ${band[1]})`;
}
