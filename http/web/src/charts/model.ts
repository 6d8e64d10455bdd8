// The report's model as far as pictures need it; docs/api.md describes all of it.

export type Unit =
  | "text" | "money" | "price" | "ratio" | "rate_change" | "number"
  | "count" | "days" | "date" | "money_squared" | "code";

export type Value = number | string | boolean | null;
export type Row = Record<string, Value>;

export interface Column { id: string; title: string; unit: Unit }
export interface Table { title: string; columns: Column[]; rows: Row[] }
export interface Chart {
  id: string;
  title: string;
  kind: "waterfall" | "bars" | "intervals" | "lines" | "heatmap";
  table: string;
  label: string;
  values: string[];
  low: string | null;
  high: string | null;
  sorted: boolean;
}
export interface Section { title: string; tables: Record<string, Table>; charts: Chart[] }
export interface Report { portfolio: string; as_of: string; sections: Record<string, Section> }

export function columnOf(table: Table, id: string): Column {
  return table.columns.find((column) => column.id === id) ?? { id, title: id, unit: "number" };
}

/** The number in a row, or null: what is not known is left out, never drawn as 0. */
export function numberOf(row: Row, id: string): number | null {
  const value = row[id];
  return typeof value === "number" ? value : null;
}
