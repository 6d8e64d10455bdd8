import type { Unit, Value } from "./model";

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
