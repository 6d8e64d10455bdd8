// What the browser keeps between page loads. Storage may be refused (private windows): then it lasts
// as long as the page.

const memory = new Map<string, string>();

function area(kind: "local" | "session"): Storage | null {
  try {
    return kind === "local" ? window.localStorage : window.sessionStorage;
  } catch {
    return null;
  }
}

/** The value kept under `name`, or null. */
export function kept(kind: "local" | "session", name: string): string | null {
  try {
    return area(kind)?.getItem(`runledger.${name}`) ?? memory.get(`${kind}.${name}`) ?? null;
  } catch {
    return memory.get(`${kind}.${name}`) ?? null;
  }
}

/** Keeps `value` under `name`; null removes it. */
export function keep(kind: "local" | "session", name: string, value: string | null): void {
  try {
    const storage = area(kind);
    if (value === null) {
      storage?.removeItem(`runledger.${name}`);
    } else {
      storage?.setItem(`runledger.${name}`, value);
    }
  } catch {
    // Full or forbidden: the memory below is all there is.
  }
  if (value === null) {
    memory.delete(`${kind}.${name}`);
  } else {
    memory.set(`${kind}.${name}`, value);
  }
}
