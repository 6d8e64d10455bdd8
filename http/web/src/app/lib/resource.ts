// Data of the API as the state of a component.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, withQuery, type Query } from "./api";
import { listen } from "./live";
import type { LogEvent, Problem } from "./model";

export interface Resource<T> {
  /** The newest answer; stays while a newer one is fetched. */
  value: T | null;
  problem: Problem | null;
  loading: boolean;
  reload: () => void;
}

/** Fetches `path` (null: nothing) now, when it changes, and on reload. */
export function useResource<T>(path: string | null, query?: Query): Resource<T> {
  const url = path === null ? null : withQuery(path, query);
  const [state, setState] = useState<{ url: string | null; value: T | null; problem: Problem | null; loading: boolean }>({
    url: null, value: null, problem: null, loading: url !== null,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (url === null) {
      setState({ url: null, value: null, problem: null, loading: false });
      return undefined;
    }
    const abort = new AbortController();
    setState((old) => ({ ...old, loading: true }));
    void get<T>(url, undefined, abort.signal).then((answer) => {
      if (abort.signal.aborted) {
        return;
      }
      setState((old) => answer.ok
        ? { url, value: answer.value, problem: null, loading: false }
        : { url, value: old.url === url ? old.value : null, problem: answer.problem, loading: false });
    });
    return () => abort.abort();
  }, [url, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { value: state.value, problem: state.problem, loading: state.loading, reload };
}

export interface Pages<Row> extends Resource<Row[]> {
  /** The first page's document, for totals. */
  first: Record<string, unknown> | null;
  more: (() => void) | null;
  loadingMore: boolean;
}

/** A list that comes in pages by cursor; `pick` takes the rows out of a page. */
export function usePages<Row>(path: string | null, query: Query, pick: (page: Record<string, unknown>) => Row[]): Pages<Row> {
  const first = useResource<Record<string, unknown>>(path, query);
  const [rest, setRest] = useState<{ of: unknown; rows: Row[]; cursor: string | null; loading: boolean; problem: Problem | null }>({
    of: null, rows: [], cursor: null, loading: false, problem: null,
  });
  const current = rest.of === first.value ? rest : null;
  const cursor = current === null ? (first.value?.["next_cursor"] as string | null | undefined) ?? null : current.cursor;
  const more = (): void => {
    const of = first.value;
    if (path === null || cursor === null || current?.loading === true) {
      return;
    }
    const rows = current?.rows ?? [];
    setRest({ of, rows, cursor, loading: true, problem: null });
    void get<Record<string, unknown>>(path, { ...query, cursor }).then((answer) => {
      setRest((old) => old.of !== of ? old : answer.ok
        ? { of, rows: [...rows, ...pick(answer.value)], cursor: (answer.value["next_cursor"] as string | null) ?? null, loading: false, problem: null }
        : { of, rows, cursor, loading: false, problem: answer.problem });
    });
  };
  return {
    value: first.value === null ? null : [...pick(first.value), ...(current?.rows ?? [])],
    problem: current?.problem ?? first.problem, loading: first.loading, reload: first.reload,
    first: first.value, more: cursor === null ? null : more, loadingMore: current?.loading ?? false,
  };
}

/**
 * Calls `changed` soon after events that `concerns` says yes to, at most once in `everyMs`, and after a
 * lost connection has come back: for lists that are simply loaded anew.
 */
export function useChanges(concerns: (event: LogEvent) => boolean, changed: () => void, everyMs = 1000): void {
  const latest = useRef({ concerns, changed });
  latest.current = { concerns, changed };
  useEffect(() => {
    let timer = 0;
    let last = 0;
    const soon = (): void => {
      if (timer === 0) {
        timer = window.setTimeout(() => {
          timer = 0;
          last = Date.now();
          latest.current.changed();
        }, Math.max(0, last + everyMs - Date.now()));
      }
    };
    const stop = listen({
      events: (events) => events.some((event) => latest.current.concerns(event)) && soon(),
      reset: soon,
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [everyMs]);
}

/** The present time, anew every `everyMs`; 0 stops the clock. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (everyMs === 0) {
      return undefined;
    }
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** The title of the window while a page is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} \u00b7 runledger`;
  }, [title]);
}
