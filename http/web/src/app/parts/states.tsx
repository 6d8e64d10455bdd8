// What is shown while there is nothing, not yet, or no more.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../lib/model";
import type { Resource } from "../lib/resource";

/** After a short while only, so that quick answers do not flicker. */
export function Loading({ what = "Loading" }: { what?: string }): JSX.Element {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), 200);
    return () => window.clearTimeout(timer);
  }, []);
  return <div class="state state-loading" role="status" aria-live="polite">{shown ? <><span class="pulse" aria-hidden="true" />{what}…</> : null}</div>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return <div class="state state-empty"><p class="state-title">{title}</p>{children ? <div class="state-text">{children}</div> : null}</div>;
}

export function Failure({ problem, retry }: { problem: Problem; retry?: () => void }): JSX.Element {
  return (
    <div class="state state-failure" role="alert">
      <p class="state-title">{problem.status === 0 ? "The server cannot be reached" : problem.title}</p>
      <p class="state-text">{problem.detail} <code>{problem.code}</code></p>
      {retry ? <button type="button" class="button" onClick={retry}>Try again</button> : null}
    </div>
  );
}

/** The three states of a resource; `children` when there is a value (with a note if it is old). */
export function Loaded<T>({ of, what, children }: { of: Resource<T>; what?: string; children: (value: T) => ComponentChildren }): JSX.Element {
  if (of.value !== null) {
    return (
      <>
        {of.problem && of.problem.code !== "aborted"
          ? <p class="note note-warning" role="status">What is shown may be old: {of.problem.detail} <button type="button" class="link" onClick={of.reload}>Try again</button></p>
          : null}
        {children(of.value)}
      </>
    );
  }
  return of.problem ? <Failure problem={of.problem} retry={of.reload} /> : <Loading {...(what ? { what } : {})} />;
}

/** An unknown value: a dash with its reason. */
export function Unknown({ reason }: { reason: string }): JSX.Element {
  return <span class="unknown" title={reason}><span aria-hidden="true">—</span><span class="unknown-reason">{reason}</span></span>;
}
