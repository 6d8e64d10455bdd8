// What a file to import is, guessed from its header. Pure: a Node test imports it. The guess is only
// shown; the server reads the file (docs/import.md).

export const INPUT_KINDS = ["prices", "rates", "sectors", "quotes", "splits", "dividends", "flows", "parameters"] as const;
export type InputKind = typeof INPUT_KINDS[number];
export type ImportKind = InputKind | "positions";

export const IMPORT_KINDS: readonly ImportKind[] = ["positions", ...INPUT_KINDS];
export const POSITIONS_BYTES_MAX = 10 * 1024 * 1024;
export const INPUT_BYTES_MAX = 64 * 1024 * 1024;

const NEEDED: [ImportKind, string[][]][] = [
  ["positions", [["symbol"], ["quantity"], ["entry price per share", "entry price"], ["entry date"]]],
  ["parameters", [["parameter"], ["value"]]],
  ["flows", [["portfolio"], ["date"], ["amount"]]],
  ["splits", [["symbol", "ticker"], ["ex_date"], ["ratio"]]],
  ["dividends", [["symbol", "ticker"], ["ex_date"], ["amount"]]],
  ["quotes", [["date"], ["underlying"], ["expiration", "expiry"], ["strike"], ["right"]]],
  ["prices", [["symbol", "ticker"], ["date"], ["close"]]],
  ["sectors", [["symbol", "ticker"], ["sector"]]],
];

/** Lines of a text, whichever line ends it has. */
export function linesOf(text: string): string[] {
  return text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
}

/** The kind that a file with such a beginning is; null if no header is like any. */
export function guessKind(text: string): ImportKind | null {
  const header = linesOf(text).find((line) => line.trim() !== "" && !line.startsWith("#"));
  const names = new Set((header ?? "").split(",").map((name) => name.trim().replace(/^"|"$/g, "").toLowerCase()));
  for (const [kind, columns] of NEEDED) {
    if (columns.every((choices) => choices.some((name) => names.has(name)))) {
      return kind;
    }
  }
  const dated = names.has("date") || names.has("observation_date");
  return dated && [...names].some((name) => /^dgs\d+(mo)?$/.test(name)) ? "rates" : null;
}

/** A name for the portfolio in a file: "tech_growth.csv" is "Tech growth". */
export function guessName(fileName: string): string {
  const words = fileName.replace(/^.*[\\/]/, "").replace(/\.csv$/i, "").replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Issues as text with tabs, for a spreadsheet or a ticket. */
export function issuesText(file: string, issues: readonly { line: number | null; symbol: string; code: string; field: string; message: string }[]): string {
  const rows = issues.map((issue) => [issue.line ?? "", issue.code, issue.field, issue.symbol, issue.message].join("\t"));
  return [`${file}`, ["line", "code", "field", "symbol", "message"].join("\t"), ...rows].join("\n");
}
