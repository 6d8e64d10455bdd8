// Values by date as points of a line that is broken where days are missing.

/** No closure of the exchange is as long. */
const BREAK_DAYS = 8;
/** A line over some of the days only is broken where so many of its usual steps are missing. */
const BREAK_STEPS = 3;
const DAY_MS = 86_400_000;

/** Of the texts of an axis of time. */
export const DATE_FORMAT = "{yyyy}-{MM}-{dd}";

/** A date of an axis of time, of which the library makes midnight here; "sv" writes one as yyyy-mm-dd. */
export function dateOfTime(time: number): string {
  return new Date(time).toLocaleDateString("sv");
}

export type TimePoint = [date: string, value: number | null];

/** `dates` ascending. A break is an empty point on the day after the last before it. */
export function timePoints(dates: readonly string[], values: readonly (number | null)[]): TimePoint[] {
  const at = dates.map((date) => Date.parse(date));
  const steps = at.slice(1).map((time, i) => time - at[i]!).sort((a, b) => a - b);
  const longest = Math.max(BREAK_DAYS * DAY_MS, BREAK_STEPS * (steps[(steps.length - 1) >> 1] ?? 0));
  const points: TimePoint[] = [];
  dates.forEach((date, i) => {
    if (i > 0 && at[i]! - at[i - 1]! > longest) {
      points.push([new Date(at[i - 1]! + DAY_MS).toISOString().slice(0, 10), null]);
    }
    points.push([date, values[i] ?? null]);
  });
  return points;
}

/** Those points for a line: of symbols it bears all, or only that of a point that no line leads to. */
export function linePoints(
  dates: readonly string[], values: readonly (number | null)[], symbol: string, all: boolean,
): { value: TimePoint; symbol: string }[] {
  const points = timePoints(dates, values);
  const empty = (at: number): boolean => (points[at]?.[1] ?? null) === null;
  return points.map((value, at) => ({ value, symbol: all || (empty(at - 1) && empty(at + 1)) ? symbol : "none" }));
}
