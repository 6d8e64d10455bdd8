import type { Row, Unit, Value } from "./model";

const MINUS = "\u2212";

function grouped(size: number, digits: number): string {
  return size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function short(size: number): string {
  const steps: [number, string][] = [[1e9, " bn"], [1e6, " m"], [1e3, " k"]];
  for (const [step, name] of steps) {
    if (size >= step) {
      return (size / step).toLocaleString("en-US", { maximumSignificantDigits: 3 }) + name;
    }
  }
  return size.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

function digits(size: number, unit: Unit, brief: boolean): string {
  switch (unit) {
    case "ratio":
      return (brief ? (size * 100).toLocaleString("en-US", { maximumFractionDigits: 1 }) : grouped(size * 100, 2)) + " %";
    case "rate_change":
      return grouped(size * 10000, 0) + " bp";
    case "count":
    case "days":
      return grouped(size, 0);
    case "money":
    case "money_squared":
      return brief ? short(size) : grouped(size, 2);
    default:
      return brief ? size.toLocaleString("en-US", { maximumFractionDigits: 3 }) : grouped(size, 4);
  }
}

/** A number as the tables show it; `brief` for axes and labels. */
export function formatNumber(value: number, unit: Unit, brief = false): string {
  const text = digits(Math.abs(value), unit, brief);
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** The name of a point. */
export function formatLabel(value: Value | undefined, unit: Unit): string {
  if (typeof value === "number") {
    return (value > 0 && unit !== "number" ? "+" : "") + formatNumber(value, unit, true);
  }
  return value === null || value === undefined ? "?" : String(value);
}

/**
 * The names of the points of rows. A position is called "10 PG" so that its name is its own; on an axis
 * its number stands behind, and only where several are of the same symbol.
 */
export function pointNames(rows: Row[], label: string, unit: Unit): string[] {
  const names = rows.map((row) => formatLabel(row[label], unit));
  const plain = names.map((name, at) => {
    const number = rows[at]?.["position"];
    return typeof number === "string" && name.startsWith(`${number} `) ? name.slice(number.length + 1) : name;
  });
  const times = new Map<string, number>();
  plain.forEach((name) => times.set(name, (times.get(name) ?? 0) + 1));
  return plain.map((name, at) => (name === names[at] || times.get(name) === 1 ? name : `${name} (no. ${String(rows[at]?.["position"])})`));
}
