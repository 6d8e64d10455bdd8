// A run's state in a component.
import { useEffect, useRef, useState } from "preact/hooks";
import { fetchShape, RunFollower, type RunShape } from "../lib/run_follower";
import type { Problem } from "../lib/model";
import { CellSink } from "./run_grid_view";

export interface Followed { shape: RunShape | null; problem: Problem | null; version: number; sink: CellSink; reload: () => void }

/** Follows a run live; null: none. */
export function useFollowed(runId: string | null): Followed {
  const sink = useRef<CellSink>(new CellSink()).current;
  const [follower, setFollower] = useState<RunFollower | null>(null);
  useEffect(() => {
    if (runId === null) {
      setFollower(null);
      return undefined;
    }
    const next = new RunFollower(runId);
    next.onCell = (job) => next.shape.value && sink.changed(next.shape.value.grid, job);
    setFollower(next);
    return () => next.stop();
  }, [runId]);
  const current = follower?.runId === runId ? follower : null;
  return {
    shape: current?.shape.value ?? null, problem: current?.problem.value ?? null, version: current?.version.value ?? 0, sink,
    reload: () => void current?.load(),
  };
}

export interface Past { shape: RunShape | null; problem: Problem | null; loading: boolean }

/** A run as it was after event `at`; null: nothing is fetched. One fetch at a time, the newest wish wins. */
export function usePast(runId: string, at: number | null): Past {
  const [past, setPast] = useState<Past & { at: number | null }>({ shape: null, problem: null, loading: false, at: null });
  const wish = useRef(at);
  const busy = useRef<AbortController | null>(null);
  wish.current = at;
  const run = async (): Promise<void> => {
    while (wish.current !== null) {
      const wanted = wish.current;
      const abort = new AbortController();
      busy.current = abort;
      setPast((old) => ({ ...old, loading: true }));
      const answer = await fetchShape(runId, wanted, abort.signal);
      if (abort.signal.aborted) {
        return;
      }
      setPast((old) => ("problem" in answer ? { ...old, problem: answer.problem, loading: false } : { shape: answer, problem: null, loading: false, at: wanted }));
      if (wish.current === wanted) {
        break;
      }
    }
    busy.current = null;
  };
  useEffect(() => {
    if (at !== null && busy.current === null) {
      void run();
    }
  }, [at]);
  useEffect(() => () => {
    wish.current = null;
    busy.current?.abort();
    busy.current = null;
  }, [runId]);
  return at === null ? { shape: null, problem: null, loading: false } : past;
}
