// Why a job failed: in words, with the code of the log where one looks for it.
import type { JSX } from "preact";
import { errorWords, words } from "../lib/format";

/** The code is in the title; `code` shows it beside the words, too. */
export function ErrorText({ category, error, code = false }: { category?: string | null; error: string | null; code?: boolean }): JSX.Element {
  return (
    <span title={error ?? undefined}>
      {category ? <b>{words(category)}: </b> : null}{errorWords(error)}{code && error ? <> <code>{error}</code></> : null}
    </span>
  );
}
