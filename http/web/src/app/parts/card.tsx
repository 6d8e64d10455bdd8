import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { dateTime, utc } from "../lib/format";

/** A titled part of a page. `aside` stands right of the title. */
export function Card({ title, aside, class: name, flush, children }: {
  title: ComponentChildren; aside?: ComponentChildren; class?: string; flush?: boolean; children?: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <section class={`card ${flush ? "card-flush" : ""} ${name ?? ""}`} aria-labelledby={id}>
      <header class="card-head"><h2 id={id}>{title}</h2>{aside ? <div class="card-aside">{aside}</div> : null}</header>
      <div class="card-body">{children}</div>
    </section>
  );
}

/** The head of a page: title, what belongs to it, actions. */
export function PageHead({ title, children, actions }: { title: ComponentChildren; children?: ComponentChildren; actions?: ComponentChildren }): JSX.Element {
  return (
    <header class="page-head">
      <div class="page-title"><h1>{title}</h1>{children}</div>
      {actions ? <div class="actions">{actions}</div> : null}
    </header>
  );
}

/** A row of figures with their names. */
export function Figures({ items }: { items: { name: string; value: ComponentChildren; note?: ComponentChildren; tone?: string }[] }): JSX.Element {
  return (
    <dl class="figures">
      {items.map((item) => (
        <div class={`figure ${item.tone ? `tone-${item.tone}` : ""}`} key={item.name}>
          <dt>{item.name}</dt><dd>{item.value}{item.note ? <span class="figure-note">{item.note}</span> : null}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and values, one pair a line. */
export function Facts({ items }: { items: ([string, ComponentChildren] | null)[] }): JSX.Element {
  return <dl class="facts">{items.map((item) => item && <div key={item[0]}><dt>{item[0]}</dt><dd>{item[1]}</dd></div>)}</dl>;
}

/** An instant in local time; UTC in the title. */
export function Time({ at }: { at: string | number | null | undefined }): JSX.Element {
  return at === null || at === undefined ? <span class="quiet">—</span>
    : <time dateTime={typeof at === "string" ? at : new Date(at).toISOString()} title={utc(at)}>{dateTime(at)}</time>;
}
