// The log: filtered, paged both ways by sequence, and followed live. Only the rows in view are in the
// page, however many have been shown.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { usePortfolios } from "../lib/catalog";
import { LogReader, type Change } from "../lib/event_source";
import { EVENT_TYPES, eventLine, rowsInView, toneOfEvent, type EventFilter } from "../lib/event_window";
import { DASH, count, jobType, plural, timeOfDay, utc } from "../lib/format";
import { useQuery } from "../lib/location";
import { JOB_TYPES, type LogEvent } from "../lib/model";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";
import { Filters, type Field } from "../parts/filters";
import { Empty, Failure, Loading } from "../parts/states";
import { StatusSymbol, toneOf } from "../parts/status_mark";
import { EventPanel } from "./event_panel";
import "./events.css";

const ROW = 28;
/** A thousand events a second are redrawn ten times. */
const REDRAW_MS = 100;

interface State { rows: readonly LogEvent[]; version: number }

/** A reader of the log for a filter and a place in it. */
function useReader(filter: EventFilter, at: number | null, onChange: (change: Change) => void): { reader: LogReader | null; state: State } {
  const [reader, setReader] = useState<LogReader | null>(null);
  const [state, setState] = useState<State>({ rows: [], version: 0 });
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    let timer = 0;
    let last = 0;
    const draw = (): void => {
      timer = 0;
      last = performance.now();
      setState((old) => ({ rows: made.window.rows, version: old.version + 1 }));
    };
    const made: LogReader = new LogReader(filter, (change) => {
      latest.current(change);
      if (timer === 0) {
        timer = window.setTimeout(draw, Math.max(0, last + REDRAW_MS - performance.now()));
      }
    });
    setReader(made);
    setState({ rows: [], version: 0 });
    void (at === null ? made.toEnd() : made.toSequence(at));
    return () => {
      made.close();
      window.clearTimeout(timer);
    };
  }, [filter, at]);
  return { reader, state };
}

function Row({ event, names, index, chosen, marked, choose }: {
  event: LogEvent; names: ReadonlyMap<string, string>; index: number; chosen: boolean; marked: boolean; choose: (index: number, open: boolean) => void;
}): JSX.Element {
  return (
    <div role="option" id={`event-${event.seq}`} aria-selected={chosen} class={`event-row ${chosen ? "event-chosen" : ""} ${marked ? "event-marked" : ""}`}
      style={{ top: `${index * ROW}px` }} onClick={() => choose(index, true)}>
      <span class="event-seq">{count(event.seq)}</span>
      <time dateTime={event.time} title={utc(event.time)}>{timeOfDay(event.time)}</time>
      <span class="event-type"><StatusSymbol tone={toneOf(toneOfEvent(event))} />{event.type}</span>
      <span class="event-job">{event.job_type ? jobType(event.job_type) : ""}</span>
      <span class="event-portfolio">{event.portfolio_id ? names.get(event.portfolio_id) ?? String(event["name"] ?? DASH) : ""}</span>
      <span class="event-date">{event.as_of ?? ""}</span>
      <span class="event-line">{eventLine(event)}</span>
    </div>
  );
}

interface ListProps {
  reader: LogReader; state: State; names: ReadonlyMap<string, string>; follow: boolean; setFollow: (on: boolean) => void;
  marked: number | null; open: (event: LogEvent) => void; shift: { current: number };
}

/** The rows in view, in a box as high as all of them. */
function EventList({ reader, state, names, follow, setFollow, marked, open, shift }: ListProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [chosen, setChosen] = useState<number | null>(null);
  const placed = useRef(false);
  const { rows } = state;
  const total = rows.length;
  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => setView((old) => ({ ...old, height: element.clientHeight })));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = box.current!;
    if (follow) {
      element.scrollTop = element.scrollHeight;
    } else if (!placed.current && marked !== null && total > 0 && !reader.busy) {
      element.scrollTop = Math.max(0, reader.window.indexOf(marked) * ROW - element.clientHeight / 3);
      placed.current = true;
    } else if (shift.current !== 0) {
      element.scrollTop += shift.current * ROW;
    }
    shift.current = 0;
    setView({ top: element.scrollTop, height: element.clientHeight });
  }, [state.version, follow]);
  const scrolled = (): void => {
    const element = box.current!;
    setView({ top: element.scrollTop, height: element.clientHeight });
    const fromEnd = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (follow && fromEnd > ROW * 2) {
      setFollow(false);
    }
    if (element.scrollTop < ROW * 20 && reader.hasOlder) {
      void reader.back();
    } else if (fromEnd < ROW * 20 && !reader.atEnd) {
      void reader.forward();
    }
  };
  const choose = (index: number, show: boolean): void => {
    const element = box.current!;
    const to = Math.max(0, Math.min(total - 1, index));
    const event = rows[to];
    if (!event) {
      return;
    }
    setFollow(false);
    setChosen(event.seq);
    if (to * ROW < element.scrollTop) {
      element.scrollTop = to * ROW;
    } else if ((to + 1) * ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = (to + 1) * ROW - element.clientHeight;
    }
    if (show) {
      open(event);
    }
  };
  const pressed = (event: KeyboardEvent): void => {
    const at = chosen === null ? null : reader.window.indexOf(chosen);
    const page = Math.max(1, Math.floor(view.height / ROW) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined) {
      choose(at === null ? (step > 0 ? Math.ceil(view.top / ROW) : total - 1) : at + step, false);
    } else if (event.key === "Home") {
      choose(0, false);
    } else if (event.key === "End") {
      setFollow(true);
    } else if (event.key === "Enter" && at !== null) {
      choose(at, true);
    } else {
      return;
    }
    event.preventDefault();
  };
  const { first, end } = rowsInView(view.top, view.height, ROW, total);
  return (
    <div class="event-box" ref={box} tabIndex={0} role="listbox" aria-label="Events, oldest first" onScroll={scrolled} onKeyDown={pressed}
      aria-activedescendant={chosen === null ? undefined : `event-${chosen}`}>
      <div class="event-rows" role="presentation" style={{ height: `${total * ROW}px` }}>
        {rows.slice(first, end).map((event, at) => (
          // Rows that leave at one edge come in at the other: their elements are used again.
          <Row key={(first + at) % (end - first)} event={event} names={names} index={first + at} chosen={event.seq === chosen} marked={event.seq === marked} choose={choose} />
        ))}
      </div>
    </div>
  );
}

const FIELDS: Field[] = [
  { name: "job_type", title: "Job type", kind: "choice", choices: JOB_TYPES.map((value) => ({ value, text: jobType(value) })) },
  { name: "type", title: "Event", kind: "choice", choices: EVENT_TYPES.map((value) => ({ value, text: value })) },
  { name: "run_id", title: "Run", kind: "text", placeholder: "id of a run" },
];

/** The number in a parameter of the address, or null. */
function sequenceOf(text: string | null): number | null {
  const value = Number((text ?? "").replace(/[,\s]/g, ""));
  return text && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function Jump({ at, go }: { at: number | null; go: (seq: number | null) => void }): JSX.Element {
  const [text, setText] = useState(at === null ? "" : String(at));
  useEffect(() => setText(at === null ? "" : String(at)), [at]);
  return (
    <label class="filter filter-number"><span>To sequence</span>
      <input inputMode="numeric" value={text} placeholder="number" onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            go(sequenceOf(text));
          }
        }} onBlur={() => sequenceOf(text) !== at && go(sequenceOf(text))} />
    </label>
  );
}

function Bar({ reader, state, follow, setFollow, unseen }: {
  reader: LogReader; state: State; follow: boolean; setFollow: (on: boolean) => void; unseen: number;
}): JSX.Element {
  const { rows } = state;
  const range = rows.length > 0 ? `${plural(rows.length, "event")} from ${count(rows[0]!.seq)} to ${count(rows[rows.length - 1]!.seq)}` : "no events";
  return (
    <div class="event-bar">
      <span class="quiet">{range} of {count(reader.committed)}{reader.busy ? ", reading…" : ""}</span>
      <span class="event-bar-end">
        {reader.hasOlder ? <button type="button" class="button button-small" disabled={reader.busy} onClick={() => void reader.back()}>Older</button> : null}
        {!follow && unseen > 0 ? <span class="quiet" role="status">{count(unseen)} new</span> : null}
        <button type="button" class={follow ? "button button-small button-chosen" : "button button-small"} aria-pressed={follow} onClick={() => setFollow(!follow)}>
          {follow ? "Following: pause" : "Follow the end"}
        </button>
      </span>
    </div>
  );
}

export function Events(): JSX.Element {
  useTitle("Events");
  const query = useQuery();
  const portfolios = usePortfolios();
  const names = useMemo(() => new Map((portfolios.value?.portfolios ?? []).map((one) => [one.id, one.name])), [portfolios.value]);
  const wanted = query.get("portfolio_id");
  const portfolio = wanted === null ? null : [...names].find(([, name]) => name === wanted)?.[0] ?? wanted;
  const [run, type, job] = [query.get("run_id"), query.get("type"), query.get("job_type")];
  const filter = useMemo<EventFilter>(() => ({ run, portfolio, jobType: job, type }), [run, portfolio, job, type]);
  const at = sequenceOf(query.get("at"));
  const [follow, setFollowing] = useState(at === null);
  const [unseen, setUnseen] = useState(0);
  const shift = useRef(0);
  const following = useRef(follow);
  following.current = follow;
  const { reader, state } = useReader(filter, at, (change) => {
    shift.current += change.shifted;
    if (!following.current) {
      setUnseen((old) => old + change.added);
    }
  });
  const setFollow = (on: boolean): void => {
    setFollowing(on);
    setUnseen(0);
    if (on && at !== null) {
      query.set({ at: null });
    } else if (on && reader && !reader.atEnd) {
      void reader.toEnd();
    }
  };
  useEffect(() => setFollowing(at === null), [at, filter]);
  const fields: Field[] = [{ name: "portfolio_id", title: "Portfolio", kind: "text", placeholder: "name or id", suggestions: [...names.values()] }, ...FIELDS];
  const shown = sequenceOf(query.get("event"));
  const nothing = reader !== null && state.rows.length === 0 && !reader.busy && reader.problem === null && state.version > 0;
  return (
    <>
      <PageHead title="Events"><span class="quiet">the log, oldest first</span></PageHead>
      <Filters fields={fields}><Jump at={at} go={(seq) => query.set({ at: seq === null ? null : String(seq) })} /></Filters>
      {reader?.problem ? <Failure problem={reader.problem} retry={() => void (at === null ? reader.toEnd() : reader.toSequence(at))} /> : null}
      {nothing && reader ? (
        <Empty title="No event fits the filter">
          {reader.hasOlder
            ? <>Looked at all events after {count(reader.window.after)}. <button type="button" class="link" onClick={() => void reader.back()}>Look further back</button></>
            : "New ones appear here as they happen."}
        </Empty>
      ) : null}
      {reader && state.version === 0 && !reader.problem ? <Loading what="Reading the log" /> : null}
      {reader && state.rows.length > 0 ? (
        <div class="card event-card">
          <Bar reader={reader} state={state} follow={follow} setFollow={setFollow} unseen={unseen} />
          <EventList key={`${run} ${portfolio} ${job} ${type} ${at}`} reader={reader} state={state} names={names} follow={follow} setFollow={setFollow} marked={at}
            shift={shift} open={(event) => query.set({ event: String(event.seq) })} />
        </div>
      ) : null}
      {shown !== null ? <EventPanel seq={shown} rows={state.rows} names={names} go={(seq) => query.set({ event: seq === null ? null : String(seq) })} /> : null}
    </>
  );
}
