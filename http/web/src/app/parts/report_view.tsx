// A section of a report: what is missing and why, figures, pictures, tables. The pictures are those of
// the printed report.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Chart, Column as ModelColumn, Row, Table, Unit, Value } from "../../charts/model";
import { drawingOf } from "../../charts/drawing";
import { formatLabel, formatNumber } from "../../charts/format";
import { init, type Option } from "../lib/echarts";
import { DASH, jobType, reason as reasonWords } from "../lib/format";
import type { Figure, FullSection } from "../lib/report_model";
import { palette } from "../lib/theme";
import { DataTable, type Column } from "./data_table";
import { StatusMark } from "./status_mark";

const ROWS_AT_FIRST = 15;

/** A value of the model as text; an unknown one as its reason. */
function Cell({ value, unit, why }: { value: Value | undefined; unit: Unit; why: Value | undefined }): JSX.Element {
  if (value === null || value === undefined) {
    const words = typeof why === "string" && why !== "" ? reasonWords(why) : "not known";
    return <span class="unknown" title={words}>{DASH} <span class="unknown-reason">{words}</span></span>;
  }
  if (typeof value === "number") {
    return <>{formatNumber(value, unit)}</>;
  }
  return <>{unit === "code" ? <span class="mono">{String(value)}</span> : String(value)}</>;
}

function FigureList({ figures }: { figures: Record<string, Figure> }): JSX.Element {
  return (
    <dl class="report-figures">
      {Object.entries(figures).map(([id, figure]) => (
        <div key={id}><dt>{figure.title}</dt><dd><Cell value={figure.value} unit={figure.unit} why={figure.value_reason} /></dd></div>
      ))}
    </dl>
  );
}

const NUMERIC: ReadonlySet<Unit> = new Set(["money", "price", "ratio", "rate_change", "number", "count", "days", "money_squared"]);

function columnFor(column: ModelColumn): Column<Row> {
  return {
    id: column.id, title: column.title, numeric: NUMERIC.has(column.unit),
    render: (row) => column.unit === "rate_change" && typeof row[column.id] === "number"
      ? <>{formatLabel(row[column.id], column.unit)}</>
      : <Cell value={row[column.id]} unit={column.unit} why={row[`${column.id}_reason`]} />,
    sort: (row) => {
      const value = row[column.id];
      return typeof value === "number" || typeof value === "string" ? value : null;
    },
  };
}

function TableView({ table }: { table: Table }): JSX.Element {
  const [all, setAll] = useState(false);
  const columns = useMemo(() => table.columns.map(columnFor), [table]);
  const keyed = useMemo(() => new Map(table.rows.map((row, index) => [row, index])), [table]);
  // Sorting goes over all rows, so all are given once one wants to see more.
  const rows = all ? table.rows : table.rows.slice(0, ROWS_AT_FIRST);
  return (
    <div class="report-table">
      <h3>{table.title}</h3>
      <DataTable caption={table.title} columns={columns} rows={rows} rowKey={(row) => keyed.get(row) ?? 0} empty={<p class="quiet">None.</p>} />
      {table.rows.length > rows.length ? <button type="button" class="link" onClick={() => setAll(true)}>Show all {table.rows.length} rows</button> : null}
    </div>
  );
}

/** A picture of the report, on canvas, drawn when it comes near the window. */
export function ReportChart({ chart, table }: { chart: Chart; table: Table }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const theme = palette.value;
  const description = `${chart.title}. The figures are in the table below.`;
  useEffect(() => {
    const element = place.current;
    if (!element || near) {
      return undefined;
    }
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setNear(true), { rootMargin: "400px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [near]);
  useEffect(() => {
    const element = place.current;
    if (!element || !near) {
      return undefined;
    }
    let width = element.clientWidth;
    const make = (): { option: Option; height: number } => drawingOf({ chart, table, theme, width, description });
    const first = make();
    element.style.height = `${Math.round(first.height)}px`;
    const drawn = init(element, null, { renderer: "canvas" });
    drawn.setOption(first.option);
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== width) {
        width = element.clientWidth;
        const next = make();
        element.style.height = `${Math.round(next.height)}px`;
        drawn.resize();
        drawn.setOption(next.option, true);
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.dispose();
    };
  }, [near, chart, table, theme]);
  return (
    <figure class={`report-chart report-${chart.kind}`}>
      <figcaption>{chart.title}</figcaption>
      <div ref={place} class="chart-place report-place" role="img" aria-label={description} />
    </figure>
  );
}

/** Jobs without a usable result, with the reason. */
export function Gaps({ section }: { section: FullSection }): JSX.Element {
  return (
    <>
      {section.gaps.map((gap) => (
        <p class={`note ${gap.status === "failed" ? "note-error" : ""}`} key={gap.job_type}>
          <StatusMark status={gap.status === "not_run" ? "pending" : gap.status}>{jobType(gap.job_type)}: {gap.status.replace(/_/g, " ")}.</StatusMark>{" "}
          {gap.text}{gap.figures_shown ? " The figures below are those of an earlier run." : ""}
        </p>
      ))}
    </>
  );
}

export function ReportSection({ id, section, without = [] }: { id: string; section: FullSection; without?: string[] }): JSX.Element {
  return (
    <section class="report-section" id={`section-${id}`} aria-labelledby={`title-${id}`}>
      <h2 id={`title-${id}`}>{section.title}</h2>
      <p class="report-about">{section.about}</p>
      <Gaps section={section} />
      {Object.keys(section.figures).length > 0 ? <FigureList figures={section.figures} /> : null}
      <div class="report-charts">
        {section.charts.map((chart) => {
          const table = section.tables[chart.table];
          return table && table.rows.length > 0 ? <ReportChart key={chart.id} chart={chart} table={table} /> : null;
        })}
      </div>
      {Object.entries(section.tables).filter(([name]) => !without.includes(name)).map(([name, table]) => <TableView key={name} table={table} />)}
      {section.notes.map((note) => <p class="quiet" key={note}>{note}</p>)}
    </section>
  );
}
