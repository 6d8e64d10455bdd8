// Starting, cancelling and retrying runs, with a question first and a refusal in words.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { post, type Query } from "../lib/api";
import type { Portfolio, Problem, Started } from "../lib/model";
import { useResource } from "../lib/resource";
import { isAdmin } from "../lib/session";
import { DateField } from "./date_field";
import { Confirm, Dialog } from "./dialog";
import { toast } from "./toast";

/** The same request sent twice (a lost answer) must not start two runs. */
function newKey(): string {
  return typeof crypto.randomUUID === "function" ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;
}

function Portfolios({ chosen, choose }: { chosen: ReadonlySet<string>; choose: (next: Set<string>) => void }): JSX.Element {
  const all = useResource<{ portfolios: Portfolio[] }>("/api/v1/portfolios");
  const [search, setSearch] = useState("");
  const found = useMemo(() => (all.value?.portfolios ?? []).filter((one) => one.name.toLowerCase().includes(search.toLowerCase())), [all.value, search]);
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) {
      next.add(id);
    }
    choose(next);
  };
  const shown = found.slice(0, 200);
  return (
    <fieldset class="fields">
      <legend class="legend-line"><b>Portfolios</b><span class="quiet">{chosen.size === 0 ? "all" : `${chosen.size} chosen`}
        {chosen.size > 0 ? <> <button type="button" class="link" onClick={() => choose(new Set())}>choose all</button></> : null}</span></legend>
      {(all.value?.portfolios.length ?? 0) > 8
        ? <input type="search" aria-label="Search portfolios" placeholder="Search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} /> : null}
      <div class="choices" tabIndex={0} role="group" aria-label="Portfolios">
        {shown.map((one) => <label class="check" key={one.id}><input type="checkbox" checked={chosen.has(one.id)} onChange={() => toggle(one.id)} /><span>{one.name}</span></label>)}
        {found.length > shown.length ? <p class="quiet">{found.length - shown.length} more: search to see them</p> : null}
        {all.value !== null && all.value.portfolios.length === 0 ? <p class="quiet">No portfolio has been imported.</p> : null}
      </div>
    </fieldset>
  );
}

const OPTIONS: [string, string, string][] = [
  ["correlations", "Correlations on every date", "They run on their weekday otherwise."],
  ["recalculate", "Recalculate everything", "Also what an earlier run computed from the same inputs."],
  ["force", "Cancel a run that is going on", "Its end is awaited, then this one starts."],
];

export function StartDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [when, setWhen] = useState<"last" | "day" | "range">("last");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [key] = useState(newKey);
  const [, navigate] = useLocation();
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string | null => (form.get(name) as string | null) || null;
    const query: Query = {
      portfolio_id: [...chosen], as_of: when === "day" ? text("as_of") : null,
      start_date: when === "range" ? text("start_date") : null, end_date: when === "range" ? text("end_date") : null,
      correlations: form.has("correlations"), recalculate: form.has("recalculate"), force: form.has("force"),
    };
    setBusy(true);
    const answer = await post<Started>("/api/v1/admin/batch/run", query, { headers: { "Idempotency-Key": key } });
    setBusy(false);
    if (answer.ok) {
      toast(answer.value.duplicate ? "This run had been started already." : "The run has started.");
      onClose();
      navigate("/");
    } else {
      setProblem(answer.problem);
    }
  };
  return (
    <Dialog title="Start a run" onClose={onClose}>
      <form class="fields" onSubmit={(event) => void submit(event)}>
        <fieldset class="fields">
          <legend><b>Dates</b></legend>
          <div class="segments" role="radiogroup" aria-label="Dates">
            {([["last", "Last day with prices"], ["day", "One day"], ["range", "Range"]] as const).map(([value, title]) => (
              <label key={value}><input type="radio" name="when" value={value} checked={when === value} onChange={() => setWhen(value)} /><span>{title}</span></label>
            ))}
          </div>
          {when === "day" ? <label class="entry"><span>As of</span><DateField label="As of" name="as_of" required /></label> : null}
          {when === "range" ? (
            <div class="fields fields-two">
              <label class="entry"><span>First day</span><DateField label="First day" name="start_date" required /></label>
              <label class="entry"><span>Last day</span><DateField label="Last day" name="end_date" required /></label>
            </div>
          ) : null}
        </fieldset>
        <Portfolios chosen={chosen} choose={setChosen} />
        <fieldset class="fields fields-close">
          <legend class="unseen">Options</legend>
          {OPTIONS.map(([name, title, help]) => (
            <label class="check" key={name}><input type="checkbox" name={name} /><span>{title}<br /><span class="entry-help">{help}</span></span></label>
          ))}
        </fieldset>
        {problem ? (
          <p class="note note-error" role="alert">
            {problem.code === "batch_already_running"
              ? <>A run is going on{problem.batch_run_id ? <>: <Link href={`/runs/${problem.batch_run_id}`}>see it</Link></> : null}. Wait for its end, or let this one cancel it.</>
              : problem.detail}
          </p>
        ) : null}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>Close</button>
          <button type="submit" class="button button-primary" disabled={busy}>{busy ? "Starting…" : "Start"}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** A refusal in words; null if there was none. */
async function asked(path: string, done: (started: Started) => void): Promise<string | null> {
  const answer = await post<Started>(path);
  if (answer.ok) {
    done(answer.value);
    return null;
  }
  const { code, detail } = answer.problem;
  return code === "batch_already_running" ? "Another run is going on. Wait for its end, or cancel it first."
    : code === "no_active_run" ? "It has ended by itself." : detail;
}

/** The buttons that fit: start when idle, cancel while running, retry after failures. */
export function RunActions({ running, cancelling, failed, runId, start = true }: {
  running: boolean; cancelling: boolean; failed: number; runId: string | null; start?: boolean;
}): JSX.Element | null {
  const [open, setOpen] = useState<"start" | "cancel" | "retry" | null>(null);
  const [, navigate] = useLocation();
  if (!isAdmin()) {
    return <span class="quiet">You may look, not change: the role is viewer.</span>;
  }
  const close = (): void => setOpen(null);
  return (
    <>
      {!running && failed > 0 && runId ? <button type="button" class="button" onClick={() => setOpen("retry")}>Retry failed</button> : null}
      {running ? <button type="button" class="button button-danger" disabled={cancelling} onClick={() => setOpen("cancel")}>{cancelling ? "Cancelling…" : "Cancel run"}</button> : null}
      {start ? <button type="button" class={running ? "button" : "button button-primary"} onClick={() => setOpen("start")}>{running ? "Start another" : "Start a run"}</button> : null}
      {open === "start" ? <StartDialog onClose={close} /> : null}
      {open === "cancel" ? (
        <Confirm title="Cancel this run?" verb="Cancel the run" danger onClose={close}
          act={() => asked("/api/v1/admin/batch/run/current/cancel", () => toast("The run is being cancelled."))}>
          <p>Jobs that have ended keep their results. Those that run are stopped, the others do not start.</p>
        </Confirm>
      ) : null}
      {open === "retry" && runId ? (
        <Confirm title="Retry what failed?" verb="Retry" onClose={close}
          act={() => asked(`/api/v1/admin/batch/run/${runId}/retry`, () => { toast("The retry has started."); navigate("/"); })}>
          <p>A new run starts for the portfolios that had failed jobs. Results whose inputs have not changed are taken over.</p>
        </Confirm>
      ) : null}
    </>
  );
}
