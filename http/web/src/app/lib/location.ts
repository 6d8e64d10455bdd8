// The query of the address as state, so that every view is a link.
import { useCallback, useMemo } from "preact/hooks";
import { useLocation, useSearch } from "wouter-preact";

export interface QueryState {
  get: (name: string) => string | null;
  /** Sets values; null or "" takes a name out. Replaces the history entry unless `push`. */
  set: (changes: Record<string, string | null>, push?: boolean) => void;
  /** All as given. */
  all: URLSearchParams;
}

export function useQuery(): QueryState {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const all = useMemo(() => new URLSearchParams(search), [search]);
  const set = useCallback((changes: Record<string, string | null>, push = false) => {
    const next = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") {
        next.delete(name);
      } else {
        next.set(name, value);
      }
    }
    const text = next.toString();
    navigate(text === "" ? path : `${path}?${text}`, { replace: !push });
  }, [path, navigate]);
  return { get: (name) => all.get(name), set, all };
}
