// Importing files: chosen or dropped, looked at, sent on a click; every error by line.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post } from "../lib/api";
import { bytes, count, plural, words } from "../lib/format";
import {
  IMPORT_KINDS, INPUT_BYTES_MAX, POSITIONS_BYTES_MAX, guessKind, guessName, issuesText, linesOf, type ImportKind,
} from "../lib/import_kind";
import type { ImportIssue, Portfolio, Problem } from "../lib/model";
import { DataTable, type Column } from "./data_table";
import { DateField } from "./date_field";
import { Dialog } from "./dialog";
import { toast } from "./toast";

interface Outcome {
  name?: string;
  kind?: string;
  positions?: number;
  rows?: number;
  symbols?: number;
  first_date?: string | null;
  last_date?: string | null;
  changed: boolean;
  notes: ImportIssue[];
}
interface Settings { kind: ImportKind | ""; name: string; equity: string; equityDate: string }

const PREVIEW_LINES = 6;

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    toast("The browser does not allow copying.", "error");
  }
}

export function Issues({ file, issues, caption }: { file: string; issues: ImportIssue[]; caption: string }): JSX.Element {
  const columns: Column<ImportIssue>[] = [
    { id: "line", title: "Line", numeric: true, render: (issue) => (issue.line ? count(issue.line) : "file"), sort: (issue) => issue.line ?? 0 },
    { id: "message", title: "What is wrong", grow: true, render: (issue) => <>{issue.message}<div class="quiet mono">{issue.code}</div></> },
    { id: "field", title: "Column", render: (issue) => issue.field || "\u2014", sort: (issue) => issue.field },
    { id: "symbol", title: "Symbol", render: (issue) => issue.symbol || "\u2014", sort: (issue) => issue.symbol },
  ];
  return (
    <div class="issues">
      <div class="issues-head"><h3>{caption}</h3>
        <button type="button" class="button button-small" onClick={() => void copy(issuesText(file, issues))}>Copy all</button>
      </div>
      <DataTable caption={caption} columns={columns} rows={issues} rowKey={(issue) => `${issue.line} ${issue.code} ${issue.field} ${issue.symbol} ${issue.message}`} />
    </div>
  );
}

/** What to do about a refusal besides mending the file. */
function advice(problem: Problem): string | null {
  switch (problem.status) {
    case 0: return "Nothing is known of the outcome. Importing the same file again is safe: what is stored already is not stored twice.";
    case 403: return "Only administrators may import.";
    case 409: return "Another change was under way. Try again.";
    case 413: return "Split the file: importing parts one after the other has the same effect, except for flows.";
    case 503: return "The server is busy or stopping. Try again shortly.";
    case 507: return "The disk of the server is full: see System.";
    default: return null;
  }
}

function Refusal({ file, problem }: { file: File; problem: Problem }): JSX.Element {
  const hint = advice(problem);
  return (
    <>
      <p class="note note-error" role="alert">
        <b>Nothing was imported.</b> {problem.detail} {problem.errors ? null : <code>{problem.code}</code>}{hint ? ` ${hint}` : null}
      </p>
      {problem.errors && problem.errors.length > 0
        ? <Issues file={file.name} issues={problem.errors} caption={plural(problem.errors.length, "error")} /> : null}
    </>
  );
}

function Success({ file, outcome }: { file: File; outcome: Outcome }): JSX.Element {
  const what = outcome.positions !== undefined
    ? `${outcome.name ?? "The portfolio"}: ${plural(outcome.positions, "position")}`
    : `${words(outcome.kind)}: ${plural(outcome.rows ?? 0, "row")}${outcome.symbols ? `, ${plural(outcome.symbols, "symbol")}` : ""}${
      outcome.first_date ? `, ${outcome.first_date} to ${outcome.last_date ?? ""}` : ""}`;
  return (
    <>
      <p class="note" role="status"><b>{outcome.changed ? "Imported." : "Nothing new: the same content had been imported before."}</b> {what}.</p>
      {outcome.notes.length > 0 ? <Issues file={file.name} issues={outcome.notes} caption={plural(outcome.notes.length, "note")} /> : null}
    </>
  );
}

function Preview({ lines }: { lines: string[] }): JSX.Element {
  return (
    <pre class="preview" tabIndex={0} aria-label="The first lines of the file">
      {lines.map((line, at) => <span key={at}><i>{at + 1}</i>{line}{"\n"}</span>)}
    </pre>
  );
}

function Entries({ settings, set, known }: { settings: Settings; set: (changes: Partial<Settings>) => void; known: Portfolio | undefined }): JSX.Element {
  return (
    <>
      <label class="entry"><span>What the file holds</span>
        <select name="kind" value={settings.kind} onChange={(event) => set({ kind: event.currentTarget.value as ImportKind })}>
          {settings.kind === "" ? <option value="">Choose…</option> : null}
          {IMPORT_KINDS.map((kind) => <option key={kind} value={kind}>{kind === "positions" ? "Positions of a portfolio" : words(kind)}</option>)}
        </select>
      </label>
      {settings.kind === "positions" ? (
        <>
          <label class="entry"><span>Name of the portfolio</span>
            <input name="name" value={settings.name} maxLength={100} onInput={(event) => set({ name: event.currentTarget.value })} />
            <span class="entry-help">{known ? `Replaces the ${plural(known.positions, "position")} that it has. Its history stays.` : "Creates a new portfolio."}</span>
          </label>
          <div class="fields fields-two">
            <label class="entry"><span>Equity</span>
              <input name="equity" inputMode="decimal" value={settings.equity} placeholder="optional" onInput={(event) => set({ equity: event.currentTarget.value })} />
            </label>
            <label class="entry"><span>Date of the equity</span>
              <DateField label="Date of the equity" name="equity_date" value={settings.equityDate} set={(equityDate) => set({ equityDate })} />
            </label>
          </div>
          <p class="entry-help">Without equity, returns, ratios to equity and the index are not known.</p>
        </>
      ) : null}
      {settings.kind === "flows" ? <p class="entry-help">Replaces all earlier flows of the portfolios that the file names.</p> : null}
    </>
  );
}

async function send(file: File, settings: Settings): Promise<{ outcome: Outcome | null; problem: Problem | null }> {
  const body = { body: file as Blob, headers: { "Content-Type": "text/csv" } };
  const answer = settings.kind === "positions"
    ? await post<Outcome>("/api/v1/portfolios", {
      name: settings.name, file_name: file.name, equity: settings.equity.replace(/[,\s]/g, ""), equity_date: settings.equityDate,
    }, body)
    : await post<Outcome>(`/api/v1/inputs/${settings.kind}`, { file_name: file.name }, body);
  return answer.ok ? { outcome: answer.value, problem: null } : { outcome: null, problem: answer.problem };
}

function OneFile({ file, portfolios, last, next, imported }: {
  file: File; portfolios: Portfolio[]; last: boolean; next: () => void; imported: () => void;
}): JSX.Element {
  const [settings, setSettings] = useState<Settings>({ kind: "", name: guessName(file.name), equity: "", equityDate: "" });
  const [lines, setLines] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<{ outcome: Outcome | null; problem: Problem | null } | null>(null);
  const set = (changes: Partial<Settings>): void => {
    setSettings((old) => ({ ...old, ...changes }));
    setResult(null);
  };
  useEffect(() => {
    let here = true;
    void file.slice(0, 4096).text().then((text) => {
      if (here) {
        setLines(linesOf(text).slice(0, PREVIEW_LINES));
        setSettings((old) => ({ ...old, kind: old.kind || (guessKind(text) ?? "") }));
      }
    });
    return () => { here = false; };
  }, [file]);
  const most = settings.kind === "positions" ? POSITIONS_BYTES_MAX : INPUT_BYTES_MAX;
  const tooLarge = file.size > most;
  const named = settings.kind !== "positions" || settings.name.trim() !== "";
  const known = portfolios.find((one) => one.name === settings.name.trim());
  const go = async (): Promise<void> => {
    setBusy(true);
    const answer = await send(file, settings);
    setBusy(false);
    setResult(answer);
    if (answer.outcome) {
      imported();
    }
  };
  const done = result?.outcome !== null && result !== null;
  return (
    <form class="import" onSubmit={(event) => { event.preventDefault(); void go(); }}>
      <p class="import-file"><b>{file.name}</b> <span class="quiet">{bytes(file.size)}</span></p>
      {result ? null : <Preview lines={lines} />}
      {done ? null : <Entries settings={settings} set={set} known={known} />}
      {tooLarge && !done ? <p class="note note-warning">The file has more than the {bytes(most)} that the server takes at once.</p> : null}
      {result?.problem ? <Refusal file={file} problem={result.problem} /> : null}
      {result?.outcome ? <Success file={file} outcome={result.outcome} /> : null}
      <div class="dialog-actions">
        <button type="button" class={done ? "button button-primary" : "button"} onClick={next}>{last ? "Close" : done ? "Next file" : "Leave out"}</button>
        {done ? null : (
          <button type="submit" class="button button-primary" disabled={busy || settings.kind === "" || !named || tooLarge}>
            {busy ? "Importing…" : result?.problem ? "Import again" : "Import"}
          </button>
        )}
      </div>
    </form>
  );
}

/** One file after the other. `imported` is called after each that was taken. */
export function ImportDialog({ files, portfolios, onClose, imported }: {
  files: File[]; portfolios: Portfolio[]; onClose: () => void; imported: () => void;
}): JSX.Element | null {
  const [at, setAt] = useState(0);
  const file = files[at];
  if (!file) {
    return null;
  }
  const last = at + 1 >= files.length;
  return (
    <Dialog title={files.length > 1 ? `Import: file ${at + 1} of ${files.length}` : "Import"} onClose={onClose}>
      <OneFile key={at} file={file} portfolios={portfolios} last={last} imported={imported} next={() => (last ? onClose() : setAt(at + 1))} />
    </Dialog>
  );
}

/** A button that opens the file chooser, and the whole window as a place to drop files. */
export function ImportButton({ onFiles }: { onFiles: (files: File[]) => void }): JSX.Element {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const isFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent): void => {
      if (isFiles(event)) {
        event.preventDefault();
        setOver(true);
      }
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const onDrop = (event: DragEvent): void => {
      if (isFiles(event)) {
        event.preventDefault();
        setOver(false);
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length > 0) {
          onFiles(files);
        }
      }
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, [onFiles]);
  return (
    <>
      <label class="button button-primary file-button">Import…
        <input type="file" class="unseen" accept=".csv,text/csv" multiple aria-label="Import files"
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])];
            event.currentTarget.value = "";
            if (files.length > 0) {
              onFiles(files);
            }
          }} />
      </label>
      {over ? <div class="drop-veil" aria-hidden="true"><p>Drop CSV files to look at them. Nothing is imported before you say so.</p></div> : null}
    </>
  );
}
