// Keys that work anywhere: "g r" goes to Runs. Nothing while typing, or with a modifier.

export interface Shortcut { keys: string; does: string; run: () => void }

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return element !== null && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

/** Listens until the returned function is called. Two keys must follow within a second. */
export function bindKeys(shortcuts: () => Shortcut[]): () => void {
  let before = "";
  let timer = 0;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) {
      return;
    }
    const pressed = before === "" ? event.key : `${before} ${event.key}`;
    window.clearTimeout(timer);
    before = "";
    const all = shortcuts();
    const exact = all.find((one) => one.keys === pressed) ?? all.find((one) => one.keys === event.key);
    if (exact) {
      event.preventDefault();
      exact.run();
    } else if (all.some((one) => one.keys.startsWith(`${event.key} `))) {
      before = event.key;
      timer = window.setTimeout(() => { before = ""; }, 1000);
    }
  };
  document.addEventListener("keydown", onKeyDown);
  return () => document.removeEventListener("keydown", onKeyDown);
}

/** Puts the cursor into the first filter of the page. */
export function focusFilter(): void {
  document.querySelector<HTMLElement>("[data-filters] input, [data-filters] select")?.focus();
}
