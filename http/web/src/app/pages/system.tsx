// The server itself: disk, log, projections, who listens, what it is built of, what it has served.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { post } from "../lib/api";
import { DASH, bytes, count, duration, plural } from "../lib/format";
import { liveSeq } from "../lib/live";
import { operationsOf, parseMetrics, valueOf, type Operation, type Sample } from "../lib/metrics";
import { useNow, useResource, useTitle } from "../lib/resource";
import { isAdmin } from "../lib/session";
import { Card, Facts, Figures, PageHead, Time } from "../parts/card";
import { DataTable, type Column } from "../parts/data_table";
import { Confirm } from "../parts/dialog";
import { Empty, Loaded } from "../parts/states";
import { StatusMark } from "../parts/status_mark";
import { toast } from "../parts/toast";
import "./system.css";

interface Projection { name: string; version: number; position: number; lag: number }
interface Subscriber { kind: string; remote: string; user: string | null; since: string; seq: number; filter: Record<string, string | null>; sent: number }
interface Quarantined { projection: string; seq: number; reason: string }
interface SystemDocument {
  version: string;
  build: Record<string, string | number | boolean | null>;
  formula_version: number;
  numerics_profile: string;
  started_at: string;
  uptime_seconds: number;
  now: string;
  epoch: number;
  store_id: string;
  committed: number;
  pruned_through: number;
  head_hash: string | null;
  store: { bytes: number; free_bytes: number; seals: number; quarantine: Quarantined[]; unknown_events: Record<string, number> };
  projections: Projection[];
  sessions: Subscriber[];
  connections: number;
  compute_threads: number;
}
interface Backup { backup: number; taken_at: string; committed: number; bytes: number; files: number }

const EVERY_MS = 5000;
/** Below this share of free disk it is time to act. */
const FREE_LEAST = 0.1;

/** Reads /metrics again whenever the clock ticks. */
function useMetrics(tick: number): { samples: Sample[]; rate: number | null } {
  const [state, setState] = useState<{ samples: Sample[]; at: number; rate: number | null }>({ samples: [], at: 0, rate: null });
  useEffect(() => {
    const abort = new AbortController();
    void fetch("/metrics", { signal: abort.signal, credentials: "omit", cache: "no-store" }).then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error()))).then((text) => {
      const samples = parseMetrics(text);
      setState((old) => {
        const now = Date.now();
        const before = valueOf(old.samples, "runledger_events_committed_total");
        const after = valueOf(samples, "runledger_events_committed_total");
        const rate = before !== null && after !== null && after >= before ? ((after - before) * 1000) / Math.max(1, now - old.at) : null;
        return { samples, at: now, rate };
      });
    }).catch(() => undefined);  // The figures stay as they were; the page says above that the server is gone.
    return () => abort.abort();
  }, [tick]);
  return { samples: state.samples, rate: state.rate };
}

function Head({ system, rate }: { system: SystemDocument; rate: number | null }): JSX.Element {
  const free = system.store.free_bytes / Math.max(1, system.store.free_bytes + system.store.bytes);
  const lag = Math.max(0, ...system.projections.map((one) => one.lag));
  return (
    <Figures items={[
      { name: "Up", value: duration(system.uptime_seconds) },
      { name: "Log", value: count(system.committed), note: rate === null ? "events" : `events, ${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))} a second` },
      { name: "Store", value: bytes(system.store.bytes) },
      { name: "Free disk", value: bytes(system.store.free_bytes), ...(free < FREE_LEAST ? { tone: "failed", note: "too little: writing stops when it is full" } : {}) },
      { name: "Largest lag", value: count(lag), note: lag === 0 ? "all projections are up to date" : "events", ...(lag > 1000 ? { tone: "warning" } : {}) },
      { name: "Quarantine", value: count(system.store.quarantine.length), ...(system.store.quarantine.length > 0 ? { tone: "failed", note: "events not applied" } : {}) },
      { name: "Connections", value: count(system.connections), note: plural(system.sessions.length, "subscriber") },
    ]} />
  );
}

const PROJECTIONS: Column<Projection>[] = [
  { id: "name", title: "Projection", grow: true, render: (row) => row.name, sort: (row) => row.name },
  { id: "version", title: "Version", numeric: true, render: (row) => count(row.version) },
  { id: "position", title: "Position", numeric: true, render: (row) => count(row.position), sort: (row) => row.position },
  { id: "lag", title: "Behind", numeric: true, render: (row) => (row.lag === 0 ? <StatusMark status="succeeded">0</StatusMark> : <StatusMark status="limited">{count(row.lag)}</StatusMark>), sort: (row) => row.lag },
];

function filterWords(filter: Record<string, string | null>): string {
  const parts = Object.entries(filter).filter(([, value]) => value).map(([name, value]) => `${name.replace(/_id$/, "").replace(/_/g, " ")} ${value}`);
  return parts.length === 0 ? "everything" : parts.join(", ");
}

const SUBSCRIBERS: Column<Subscriber>[] = [
  { id: "user", title: "User", grow: true, render: (row) => row.user ?? DASH, sort: (row) => row.user },
  { id: "kind", title: "By", render: (row) => row.kind, sort: (row) => row.kind },
  { id: "remote", title: "From", wide: true, render: (row) => <span class="mono">{row.remote}</span>, sort: (row) => row.remote },
  { id: "filter", title: "Hears of", wide: true, render: (row) => filterWords(row.filter) },
  { id: "since", title: "Since", render: (row) => <Time at={row.since} />, sort: (row) => row.since },
  { id: "sent", title: "Sent", numeric: true, render: (row) => count(row.sent), sort: (row) => row.sent },
  { id: "behind", title: "Behind", numeric: true, render: (row) => count(Math.max(0, liveSeq.value - row.seq)), sort: (row) => -row.seq },
];

const OPERATIONS: Column<Operation>[] = [
  { id: "operation", title: "Operation", grow: true, render: (row) => row.operation, sort: (row) => row.operation },
  { id: "requests", title: "Requests", numeric: true, render: (row) => count(row.requests), sort: (row) => row.requests },
  { id: "refused", title: "4xx", numeric: true, render: (row) => count(row.refused), sort: (row) => row.refused },
  { id: "failed", title: "5xx", numeric: true, render: (row) => (row.failed > 0 ? <StatusMark status="failed">{count(row.failed)}</StatusMark> : "0"), sort: (row) => row.failed },
  { id: "mean", title: "Mean", numeric: true, wide: true, render: (row) => duration(row.mean), sort: (row) => row.mean },
  { id: "slow95", title: "95 % under", numeric: true, wide: true, render: (row) => duration(row.slow95), sort: (row) => row.slow95 },
];

function Store({ system }: { system: SystemDocument }): JSX.Element {
  const unknown = Object.entries(system.store.unknown_events);
  return (
    <Card title="Log and store">
      <Facts items={[
        ["Newest event", <Link key="n" href="/events">{count(system.committed)}</Link>],
        ["Head hash", system.head_hash ? <code key="h" class="wrap">{system.head_hash}</code> : DASH],
        ["Pruned through", system.pruned_through === 0 ? "nothing" : count(system.pruned_through)],
        ["Seals", count(system.store.seals)],
        ["Store", <code key="s" class="wrap">{system.store_id}</code>],
        ["Epoch", count(system.epoch)],
        unknown.length > 0 ? ["Unknown events", unknown.map(([type, n]) => `type ${type}: ${count(n)}`).join(", ")] : null,
      ]} />
      {system.store.quarantine.length > 0 ? (
        <div class="quarantine">
          <p class="note note-error">These events could not be applied to a projection. What it shows of them may be wrong until it is rebuilt.</p>
          <DataTable caption="Quarantine" rows={system.store.quarantine} rowKey={(row) => `${row.projection} ${row.seq}`} columns={[
            { id: "projection", title: "Projection", render: (row: Quarantined) => row.projection },
            { id: "seq", title: "Event", numeric: true, render: (row: Quarantined) => <Link href={`/events?at=${row.seq}&event=${row.seq}`}>{count(row.seq)}</Link> },
            { id: "reason", title: "Reason", grow: true, render: (row: Quarantined) => row.reason },
          ]} />
        </div>
      ) : null}
    </Card>
  );
}

function Versions({ system }: { system: SystemDocument }): JSX.Element {
  return (
    <Card title="Versions">
      <Facts items={[
        ["runledger", system.version],
        ...Object.entries(system.build).map(([name, value]): [string, JSX.Element | string] => [name.charAt(0).toUpperCase() + name.slice(1), String(value ?? DASH)]),
        ["Formulas", `version ${system.formula_version}`],
        ["Numerics", system.numerics_profile],
        ["Compute threads", count(system.compute_threads)],
        ["Started", <Time key="s" at={system.started_at} />],
      ]} />
    </Card>
  );
}

function BackupButton(): JSX.Element {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>Back up now…</button>
      {asking ? (
        <Confirm title="Back up the store?" verb="Back up" onClose={() => setAsking(false)} act={async () => {
          const answer = await post<Backup>("/api/v1/admin/backups");
          if (!answer.ok) {
            return answer.problem.code === "no_backup_directory" ? "The server was started without a directory for backups (--backup-dir)." : answer.problem.detail;
          }
          toast(`Backup ${answer.value.backup} is verified: ${plural(answer.value.files, "file")}, ${bytes(answer.value.bytes)}, up to event ${count(answer.value.committed)}.`);
          return null;
        }}>
          <p>A backup is added to the server's backup directory and verified before it counts. Runs go on meanwhile.</p>
        </Confirm>
      ) : null}
    </>
  );
}

export function System(): JSX.Element {
  useTitle("System");
  const tick = useNow(EVERY_MS);
  const system = useResource<SystemDocument>("/api/v1/admin/system");
  const { samples, rate } = useMetrics(tick);
  useEffect(() => system.reload(), [tick]);
  const operations = operationsOf(samples);
  return (
    <>
      <PageHead title="System" actions={isAdmin() ? <BackupButton /> : null}>{system.value ? <span class="quiet">runledger {system.value.version}</span> : null}</PageHead>
      <Loaded of={system} what="Asking the server">{(value) => (
        <div class="stack">
          <Head system={value} rate={rate} />
          <div class="columns">
            <Store system={value} />
            <Versions system={value} />
          </div>
          <Card title="Projections" flush><DataTable caption="How far each projection is" columns={PROJECTIONS} rows={value.projections} rowKey={(row) => row.name} /></Card>
          <Card title="Subscribers of the live feed" flush>
            <DataTable caption="Subscribers" columns={SUBSCRIBERS} rows={value.sessions} rowKey={(row) => `${row.kind} ${row.remote} ${row.since}`} empty={<Empty title="Nobody listens" />} />
          </Card>
        </div>
      )}</Loaded>
      {operations.length > 0 ? (
        <div class="system-requests">
          <Card title="Requests since the start" flush aside={<a href="/metrics">All metrics</a>}>
            <DataTable caption="Requests by operation" columns={OPERATIONS} rows={operations} rowKey={(row) => row.operation} sortedBy="-requests" />
          </Card>
        </div>
      ) : null}
    </>
  );
}
