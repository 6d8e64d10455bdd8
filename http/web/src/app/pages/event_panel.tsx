// One event as the log has it, with ways to what it is about and to the events beside it.
import type { JSX } from "preact";
import { Link } from "wouter-preact";
import { count, jobType, shortId } from "../lib/format";
import type { EventPage, LogEvent } from "../lib/model";
import { useResource } from "../lib/resource";
import { Facts, Time } from "../parts/card";
import { Dialog } from "../parts/dialog";
import { Failure, Loading } from "../parts/states";
import { toast } from "../parts/toast";

function Links({ event, names }: { event: LogEvent; names: ReadonlyMap<string, string> }): JSX.Element {
  const cause = event["causation_seq"];
  return (
    <Facts items={[
      ["Time", <Time key="t" at={event.time} />],
      event.run_id ? ["Run", <Link key="r" href={`/runs/${event.run_id}?at=${event.seq}`} class="mono">{event.run_id}</Link>] : null,
      event.portfolio_id ? ["Portfolio", <Link key="p" href={`/portfolios/${event.portfolio_id}${event.as_of ? `?as_of=${event.as_of}` : ""}`}>{names.get(event.portfolio_id) ?? shortId(event.portfolio_id)}</Link>] : null,
      event.job_type ? ["Job", `${jobType(event.job_type)}${event.as_of ? `, ${event.as_of}` : ""}`] : null,
      typeof cause === "number" ? ["Caused by", <Link key="c" href={`/events?at=${cause}&event=${cause}`}>event {count(cause)}</Link>] : null,
    ]} />
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    toast("The browser does not allow copying.", "error");
  }
}

export function EventPanel({ seq, rows, names, go }: {
  seq: number; rows: readonly LogEvent[]; names: ReadonlyMap<string, string>; go: (seq: number | null) => void;
}): JSX.Element {
  const at = rows.findIndex((row) => row.seq === seq);
  const held = rows[at];
  const fetched = useResource<EventPage>(held ? null : "/api/v1/events", { after: seq - 1, limit: 1 });
  const found = fetched.value?.events[0];
  const event = held ?? (found?.seq === seq ? found : undefined);
  const json = event ? JSON.stringify(event, null, 2) : "";
  const beside = (step: number, title: string): JSX.Element => {
    const other = at < 0 ? undefined : rows[at + step];
    return <button type="button" class="button" disabled={!other} onClick={() => other && go(other.seq)}>{title}</button>;
  };
  return (
    <Dialog side title={event ? `${count(event.seq)} ${event.type}` : `Event ${count(seq)}`} onClose={() => go(null)}>
      {event ? (
        <>
          <Links event={event} names={names} />
          <pre class="detail event-json" tabIndex={0} aria-label="The event as JSON">{json}</pre>
          <div class="dialog-actions">{beside(-1, "Before")}{beside(1, "Next")}<button type="button" class="button" onClick={() => void copy(json)}>Copy JSON</button></div>
        </>
      ) : fetched.problem ? <Failure problem={fetched.problem} retry={fetched.reload} />
        : fetched.loading ? <Loading /> : <p class="note">There is no such event: it has been pruned, or is not yet written.</p>}
    </Dialog>
  );
}
