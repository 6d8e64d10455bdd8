// Why a job failed: in words, with the code of the log where one looks for it.
import type { JSX } from "preact";
import { errorWords, warningWords, words } from "../lib/format";

/** The code is in the title; `code` shows it beside the words, too. */
export function ErrorText({ category, error, code = false }: { category?: string | null; error: string | null; code?: boolean }): JSX.Element {
  return (
    <span title={error ?? undefined}>
      {category ? <b>{words(category)}: </b> : null}{errorWords(error)}{code && error ? <> <code>{error}</code></> : null}
    </span>
  );
}

/** Warnings in a line; as the log has them in the title. */
export function WarningsText({ warnings }: { warnings: readonly string[] }): JSX.Element {
  return <span title={warnings.join("; ")}>{warnings.map(warningWords).join("; ")}</span>;
}
