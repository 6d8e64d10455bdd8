// All portfolios: which are fresh, and the portfolio x date grid of freshness and quality.
import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { call } from "../lib/api";
import { FRESHNESS, type FreshRow, type FreshnessDocument, usePortfolios } from "../lib/catalog";
import { DASH, count, money, percent, plural } from "../lib/format";
import { useQuery } from "../lib/location";
import type { Portfolio } from "../lib/model";
import { useChanges, useResource, useTitle, type Resource } from "../lib/resource";
import { isAdmin } from "../lib/session";
import { CanvasGrid } from "../parts/canvas_grid";
import { PageHead, Time } from "../parts/card";
import { DataTable, type Column } from "../parts/data_table";
import { Confirm } from "../parts/dialog";
import { Filters, type Field } from "../parts/filters";
import { ImportButton, ImportDialog } from "../parts/import_dialog";
import { FRESHNESS_CODES, freshnessPalette } from "../parts/palettes";
import { Empty, Loaded } from "../parts/states";
import { StatusMark } from "../parts/status_mark";
import { Tabs } from "../parts/tabs";
import { toast } from "../parts/toast";
import "./portfolios.css";

type Row = FreshRow & { index: number; portfolio: Portfolio | null };

const FRESH_WORDS: Record<string, string> = { fresh: "Fresh", stale: "1 trading day behind", critical: "2 or more days behind", never: "Never calculated" };
const CODE_OF = new Map([...FRESHNESS_CODES].map((character, code) => [character.charCodeAt(0), code]));
const FIELDS: Field[] = [
  { name: "q", title: "Name", kind: "text", placeholder: "part of a name" },
  { name: "fresh", title: "Freshness", kind: "choice", choices: FRESHNESS.map((value) => ({ value, text: FRESH_WORDS[value] ?? value })) },
  {
    name: "sort", title: "Order", kind: "choice", all: "By name",
    choices: [{ value: "behind", text: "Most behind first" }, { value: "newest", text: "Newest date first" }, { value: "coverage", text: "Least coverage first" }],
  },
  { name: "from", title: "From", kind: "date" },
  { name: "to", title: "To", kind: "date" },
];

function ordered(rows: Row[], by: string | null): Row[] {
  const keys: Record<string, (row: Row) => number> = {
    behind: (row) => -(row.trading_days_behind ?? Number.MAX_SAFE_INTEGER),
    newest: (row) => -Date.parse(row.newest_as_of ?? "1900-01-01"),
    coverage: (row) => row.coverage,
  };
  const key = by === null ? undefined : keys[by];
  return key ? [...rows].sort((a, b) => key(a) - key(b) || a.name.localeCompare(b.name)) : rows;
}

function FreshGrid({ document, rows }: { document: FreshnessDocument; rows: Row[] }): JSX.Element {
  const [, navigate] = useLocation();
  const { dates, cells } = document;
  if (rows.length === 0) {
    return <Empty title="No portfolio fits the filter" />;
  }
  if (dates.length === 0) {
    return <Empty title="No trading days in this range">Import prices, or choose other dates.</Empty>;
  }
  return (
    <div class="portfolio-grid">
      <CanvasGrid
        label="Portfolios by trading day" rows={rows.length} columns={dates.length} palette={freshnessPalette}
        rowLabel={(row) => rows[row]?.name ?? ""} columnLabel={(column) => (dates[column] ?? "").slice(5)}
        columnGroup={(column) => (dates[column] ?? "").slice(0, 7)} revision={rows}
        code={(row, column) => CODE_OF.get(cells[rows[row]!.index]?.charCodeAt(column) ?? 0) ?? -1}
        describe={(row, column) => {
          const code = CODE_OF.get(cells[rows[row]?.index ?? -1]?.charCodeAt(column) ?? 0);
          return `${rows[row]?.name ?? ""}, ${dates[column] ?? ""}: ${code === undefined ? "not known" : freshnessPalette[code]?.word ?? ""}`;
        }}
        onOpen={(row, column) => navigate(`/portfolios/${rows[row]?.id ?? ""}?as_of=${dates[column] ?? ""}`)}
      />
    </div>
  );
}

function Coverage({ share }: { share: number }): JSX.Element {
  return <span class="coverage"><meter min={0} max={1} value={share} aria-hidden="true" />{percent(share, 0)}</span>;
}

function List({ rows, remove }: { rows: Row[]; remove: (row: Row) => void }): JSX.Element {
  const columns: Column<Row>[] = [
    { id: "name", title: "Name", render: (row) => <Link href={`/portfolios/${row.id}`}>{row.name}</Link>, sort: (row) => row.name },
    { id: "fresh", title: "Freshness", render: (row) => <StatusMark status={row.fresh}>{FRESH_WORDS[row.fresh]}</StatusMark>, sort: (row) => FRESHNESS.indexOf(row.fresh) },
    { id: "newest", title: "Newest date", render: (row) => row.newest_as_of ?? DASH, sort: (row) => row.newest_as_of },
    { id: "behind", title: "Days behind", numeric: true, render: (row) => count(row.trading_days_behind), sort: (row) => row.trading_days_behind },
    { id: "coverage", title: "Complete days", numeric: true, render: (row) => <Coverage share={row.coverage} />, sort: (row) => row.coverage },
    { id: "positions", title: "Positions", numeric: true, wide: true, render: (row) => count(row.portfolio?.positions), sort: (row) => row.portfolio?.positions ?? null },
    { id: "equity", title: "Equity given", numeric: true, wide: true, render: (row) => money(row.portfolio?.equity), sort: (row) => row.portfolio?.equity ?? null },
    { id: "imported", title: "Imported", wide: true, render: (row) => <Time at={row.portfolio?.imported_at ?? null} />, sort: (row) => row.portfolio?.imported_at ?? null },
  ];
  if (isAdmin()) {
    columns.push({
      id: "act", title: "Actions", wide: true,
      render: (row) => <button type="button" class="button button-plain button-small row-action" aria-label={`Delete ${row.name}`} onClick={() => remove(row)}>Delete</button>,
    });
  }
  return (
    <div class="card">
      <DataTable caption="Portfolios" columns={columns} rows={rows} rowKey={(row) => row.id} href={(row) => `/portfolios/${row.id}`}
        empty={<Empty title="No portfolio fits the filter" />} />
    </div>
  );
}

/** Freshness comes from the log; the catalogue fills in what was imported. */
function rowsOf(document: FreshnessDocument, portfolios: Portfolio[]): Row[] {
  const byId = new Map(portfolios.map((portfolio) => [portfolio.id, portfolio]));
  return document.portfolios.map((row, index) => ({ ...row, index, portfolio: byId.get(row.id) ?? null }));
}

function Counts({ rows }: { rows: Row[] }): JSX.Element {
  return (
    <span class="fresh-counts">
      {FRESHNESS.map((fresh) => ({ fresh, n: rows.filter((row) => row.fresh === fresh).length })).filter(({ n }) => n > 0).map(({ fresh, n }) => (
        <StatusMark key={fresh} status={fresh}>{count(n)} {fresh}</StatusMark>
      ))}
    </span>
  );
}

function useRows(freshness: Resource<FreshnessDocument>, portfolios: Portfolio[]): { all: Row[]; shown: Row[] } {
  const query = useQuery();
  const [q, fresh, sort] = [query.get("q") ?? "", query.get("fresh"), query.get("sort")];
  const all = useMemo(() => (freshness.value ? rowsOf(freshness.value, portfolios) : []), [freshness.value, portfolios]);
  const shown = useMemo(() => ordered(
    all.filter((row) => row.name.toLowerCase().includes(q.toLowerCase()) && (fresh === null || row.fresh === fresh)), sort), [all, q, fresh, sort]);
  return { all, shown };
}

const NONE: Portfolio[] = [];

export function Portfolios(): JSX.Element {
  useTitle("Portfolios");
  const query = useQuery();
  const freshness = useResource<FreshnessDocument>("/api/v1/portfolios/freshness", { from: query.get("from"), to: query.get("to") });
  const catalogue = usePortfolios();
  const portfolios = catalogue.value?.portfolios ?? NONE;
  const { all, shown } = useRows(freshness, portfolios);
  const [files, setFiles] = useState<File[]>([]);
  const [removing, setRemoving] = useState<Row | null>(null);
  const onFiles = useCallback((chosen: File[]) => setFiles(chosen), []);
  const reload = (): void => {
    freshness.reload();
    catalogue.reload();
  };
  useChanges((event) => /^(Run|Portfolio)/.test(event.type) || event.job_type === "portfolio_snapshot", reload, 5000);
  // Without a portfolio there is no grid to speak of; the way to the first one is shown instead.
  const none = catalogue.value !== null && portfolios.length === 0;
  return (
    <>
      <PageHead title="Portfolios" actions={isAdmin() ? <ImportButton onFiles={onFiles} /> : null}>
        <span class="quiet">{catalogue.value ? plural(portfolios.length, "portfolio") : ""}</span><Counts rows={all} />
      </PageHead>
      {none
        ? <Empty title="No portfolios yet">{isAdmin() ? "Drop a CSV file of positions anywhere on this page, or choose one with Import." : "An administrator imports them."}</Empty>
        : (
          <>
            <Filters fields={FIELDS} />
            <Tabs label="Views" name="view" tabs={[
              { id: "grid", title: "Grid", content: () => <Loaded of={freshness} what="Loading the grid">{(document) => <FreshGrid document={document} rows={shown} />}</Loaded> },
              { id: "list", title: "List", content: () => <Loaded of={freshness} what="Loading the list">{() => <List rows={shown} remove={setRemoving} />}</Loaded> },
              { id: "inputs", title: "Imported files", content: () => <Inputs /> },
            ]} />
          </>
        )}
      {files.length > 0 ? <ImportDialog files={files} portfolios={portfolios} onClose={() => setFiles([])} imported={reload} /> : null}
      {removing ? <Remove row={removing} onClose={() => setRemoving(null)} removed={reload} /> : null}
    </>
  );
}

function Remove({ row, onClose, removed }: { row: Row; onClose: () => void; removed: () => void }): JSX.Element {
  return (
    <Confirm title={`Delete ${row.name}?`} verb="Delete" danger onClose={onClose} act={async () => {
      const answer = await call<null>("DELETE", `/api/v1/portfolios/${row.id}`);
      if (answer.ok) {
        toast(`${row.name} was deleted.`);
        removed();
      }
      return answer.ok ? null : answer.problem.detail;
    }}>
      <p>It takes part in no further run. Its results and its history stay in the log.</p>
    </Confirm>
  );
}

interface Input { seq: number; kind: string; file_name: string; rows: number; symbols: number; first_date: string | null; last_date: string | null; imported_at: string; content: string }

/** What has been imported besides portfolios, newest first. */
function Inputs(): JSX.Element {
  const inputs = useResource<{ inputs: Input[] }>("/api/v1/inputs");
  useChanges((event) => event.type.endsWith("Ingested") || event.type === "ParametersChanged", inputs.reload);
  const columns: Column<Input>[] = [
    { id: "kind", title: "Kind", render: (row) => row.kind, sort: (row) => row.kind },
    { id: "file", title: "File", grow: true, render: (row) => row.file_name, sort: (row) => row.file_name },
    { id: "rows", title: "Rows", numeric: true, render: (row) => count(row.rows), sort: (row) => row.rows },
    { id: "symbols", title: "Symbols", numeric: true, wide: true, render: (row) => (row.symbols > 0 ? count(row.symbols) : DASH), sort: (row) => row.symbols },
    { id: "from", title: "From", wide: true, render: (row) => row.first_date ?? DASH, sort: (row) => row.first_date },
    { id: "to", title: "To", wide: true, render: (row) => row.last_date ?? DASH, sort: (row) => row.last_date },
    { id: "at", title: "Imported", render: (row) => <Time at={row.imported_at} />, sort: (row) => row.imported_at },
    { id: "seq", title: "Event", numeric: true, wide: true, render: (row) => <Link href={`/events?at=${row.seq}`}>{count(row.seq)}</Link>, sort: (row) => row.seq },
  ];
  return (
    <div class="card">
      <Loaded of={inputs}>{(value) => (
        <DataTable caption="Imported files" columns={columns} rows={[...value.inputs].reverse()} rowKey={(row) => row.seq}
          empty={<Empty title="Nothing imported yet" />} />
      )}</Loaded>
    </div>
  );
}
