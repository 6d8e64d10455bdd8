// Filters that live in the address.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useQuery } from "../lib/location";
import { DateField } from "./date_field";

export interface Choice { value: string; text: string }
export type Field =
  | { name: string; title: string; kind: "text"; placeholder?: string; suggestions?: string[] }
  | { name: string; title: string; kind: "date" }
  | { name: string; title: string; kind: "choice"; choices: Choice[]; all?: string };

/** A text that reaches the address when typing pauses. */
function TextField({ field, value, set }: { field: Field & { kind: "text" }; value: string; set: (value: string) => void }): JSX.Element {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) {
      return undefined;
    }
    const timer = window.setTimeout(() => set(text.trim()), 300);
    return () => window.clearTimeout(timer);
  }, [text]);
  const list = field.suggestions ? `list-${field.name}` : undefined;
  return (
    <>
      <input type="search" value={text} placeholder={field.placeholder} list={list} spellcheck={false} autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === "Enter") { set(text.trim()); } }} />
      {field.suggestions ? <datalist id={list}>{field.suggestions.map((one) => <option key={one} value={one} />)}</datalist> : null}
    </>
  );
}

/** A row of filters. `/` focuses the first. */
export function Filters({ fields, children }: { fields: Field[]; children?: ComponentChildren }): JSX.Element {
  const query = useQuery();
  const set = (name: string) => (value: string): void => query.set({ [name]: value });
  const used = fields.filter((field) => query.get(field.name) !== null);
  return (
    <form class="filters" role="search" data-filters="" onSubmit={(event) => event.preventDefault()}>
      {fields.map((field) => {
        const value = query.get(field.name) ?? "";
        return (
          <label class={`filter filter-${field.kind} ${value ? "filter-used" : ""}`} key={field.name}>
            <span>{field.title}</span>
            {field.kind === "text" ? <TextField field={field} value={value} set={set(field.name)} />
              : field.kind === "date" ? <DateField label={field.title} value={value} set={set(field.name)} />
                : (
                  <select value={value} onChange={(event) => set(field.name)(event.currentTarget.value)}>
                    <option value="">{field.all ?? "All"}</option>
                    {field.choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.text}</option>)}
                  </select>
                )}
          </label>
        );
      })}
      {used.length > 0
        ? <button type="button" class="button button-plain" onClick={() => query.set(Object.fromEntries(used.map((field) => [field.name, null])))}>Clear</button>
        : null}
      {children}
    </form>
  );
}
