// A date as the whole program writes it, whatever the browser's language: typed, stepped by keys, or
// chosen in the browser's calendar.
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { dateAfter, isoDate } from "../lib/format";

const WRONG = "No such date (yyyy-mm-dd)";

/** `set` hears of whole dates, and of "" when the field is emptied. */
export function DateField({ label, value = "", set, name, required }: {
  label: string; value?: string; set?: (date: string) => void; name?: string; required?: boolean;
}): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const calendar = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [wrong, setWrong] = useState(false);
  const id = useId();
  const take = (wanted: string): void => {
    const date = isoDate(wanted);
    const valid = date !== null || wanted === "";
    // A form that is sent right after reads the field itself.
    field.current!.value = date ?? wanted;
    field.current!.setCustomValidity(valid ? "" : WRONG);
    setText(date ?? wanted);
    setWrong(!valid);
    if (valid && (date ?? "") !== value) {
      set?.(date ?? "");
    }
  };
  useEffect(() => {
    setText(value);
    setWrong(false);
    field.current!.setCustomValidity("");
  }, [value]);
  const typed = (event: JSX.TargetedInputEvent<HTMLInputElement>): void => {
    const now = event.currentTarget.value.trim();
    event.currentTarget.setCustomValidity(now === "" || isoDate(now) !== null ? "" : WRONG);
    setText(event.currentTarget.value);
    setWrong(false);
  };
  const pressed = (event: JSX.TargetedKeyboardEvent<HTMLInputElement>): void => {
    const days = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    const date = isoDate(text);
    if (days !== 0 && date !== null) {
      event.preventDefault();
      take(dateAfter(date, days));
    }
  };
  const open = (): void => {
    try {
      calendar.current!.showPicker();
    } catch {
      field.current!.focus();  // A browser without one: the date is typed.
    }
  };
  return (
    <span class="date-field">
      <input ref={field} type="text" inputMode="numeric" autocomplete="off" spellcheck={false} maxLength={10} placeholder="yyyy-mm-dd" aria-label={label}
        aria-invalid={wrong} aria-describedby={wrong ? id : undefined} name={name} required={required} value={text}
        onInput={typed} onChange={(event) => take(event.currentTarget.value.trim())} onKeyDown={pressed} />
      <input ref={calendar} class="date-calendar" type="date" tabIndex={-1} aria-hidden="true" value={isoDate(text) ?? ""} onChange={(event) => take(event.currentTarget.value)} />
      <button type="button" class="date-open" aria-label={`${label}: calendar`} title="Calendar" onClick={open}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path class="line" d="M2.5 3.5h11v10h-11zM2.5 6.7h11M5.5 2v2.4M10.5 2v2.4" /></svg>
      </button>
      {wrong ? <span class="date-wrong" id={id} role="alert">{WRONG}</span> : null}
    </span>
  );
}
