// A table of rows: sticky head, sorting where it makes sense, keys, links, pages.
import type { ComponentChildren, JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { useLocation } from "wouter-preact";

export interface Column<Row> {
  id: string;
  title: string;
  render: (row: Row) => ComponentChildren;
  /** Makes the column sortable; null sorts last. */
  sort?: (row: Row) => number | string | null;
  numeric?: boolean;
  /** Hidden where the screen is narrow. */
  wide?: boolean;
  /** Takes what room is left, and breaks or cuts long text. */
  grow?: boolean;
}

export interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string | number;
  href?: (row: Row) => string;
  onRow?: (row: Row) => void;
  more?: (() => void) | null;
  loadingMore?: boolean;
  empty?: ComponentChildren;
  /** "id" or "-id" (descending). */
  sortedBy?: string;
}

function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? 1 : -1;
  }
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

export function DataTable<Row>(props: TableProps<Row>): JSX.Element {
  const { caption, columns, rows, rowKey, href, onRow, more, loadingMore, empty } = props;
  const [sorted, setSorted] = useState(props.sortedBy ?? "");
  const [, navigate] = useLocation();
  const body = useRef<HTMLTableSectionElement>(null);
  const ordered = useMemo(() => {
    const down = sorted.startsWith("-");
    const by = columns.find((column) => column.id === sorted.replace("-", ""))?.sort;
    return by === undefined ? rows : [...rows].sort((a, b) => {
      const x = by(a);
      const y = by(b);
      return x === null || y === null || !down ? compare(x, y) : -compare(x, y);
    });
  }, [rows, sorted, columns]);
  const active = href !== undefined || onRow !== undefined;
  const open = (row: Row): void => (onRow ? onRow(row) : href && navigate(href(row)));
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[tabindex]");
    const step = event.key === "ArrowDown" || event.key === "j" ? 1 : event.key === "ArrowUp" || event.key === "k" ? -1 : 0;
    if (row === null || event.target !== row) {
      return;
    }
    const index = [...(body.current?.rows ?? [])].indexOf(row as HTMLTableRowElement);
    if (step !== 0) {
      event.preventDefault();
      body.current?.rows[index + step]?.focus();
    } else if (event.key === "Enter") {
      const chosen = ordered[index];
      if (chosen !== undefined) {
        open(chosen);
      }
    }
  };
  const onClick = (event: MouseEvent, row: Row): void => {
    const target = event.target as HTMLElement;
    if (active && target.closest("a,button,input") === null && String(window.getSelection() ?? "") === "") {
      open(row);
    }
  };
  const heading = (column: Column<Row>): JSX.Element => {
    const state = sorted === column.id ? "ascending" : sorted === `-${column.id}` ? "descending" : undefined;
    return (
      <th key={column.id} scope="col" aria-sort={state} class={`${column.numeric ? "numeric" : ""} ${column.wide ? "wide" : ""} ${column.grow ? "grow" : ""}`}>
        {column.sort
          ? <button type="button" class="sort" onClick={() => setSorted(state === "descending" ? column.id : `-${column.id}`)}>
            {column.title}<span aria-hidden="true" class="sort-mark">{state === "ascending" ? "↑" : state === "descending" ? "↓" : ""}</span>
          </button>
          : column.title}
      </th>
    );
  };
  if (rows.length === 0 && empty !== undefined) {
    return <>{empty}</>;
  }
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class={active ? "table table-active" : "table"}>
        <caption class="unseen">{caption}</caption>
        <thead><tr>{columns.map(heading)}</tr></thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {ordered.map((row) => (
            <tr key={rowKey(row)} tabIndex={active ? 0 : undefined} onClick={(event) => onClick(event, row)}>
              {columns.map((column) => (
                <td key={column.id} class={`${column.numeric ? "numeric" : ""} ${column.wide ? "wide" : ""} ${column.grow ? "grow" : ""}`}>{column.render(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more ? <div class="more"><button type="button" class="button" disabled={loadingMore} onClick={more}>{loadingMore ? "Loading…" : "Load more"}</button></div> : null}
    </div>
  );
}
