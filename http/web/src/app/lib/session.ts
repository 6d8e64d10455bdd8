// Who is logged in. The token lives in sessionStorage (one tab, gone with it) or, with "stay signed
// in", in localStorage.
import { signal } from "@preact/signals";
import type { Role } from "./model";
import { keep, kept } from "./store";

export interface Session { token: string; email: string; role: Role; expires: number }

function read(): Session | null {
  const text = kept("session", "session") ?? kept("local", "session");
  if (text === null) {
    return null;
  }
  try {
    const session = JSON.parse(text) as Session;
    return typeof session.token === "string" && session.expires > Date.now() ? session : null;
  } catch {
    return null;
  }
}

/** The present session; null: nobody is logged in. */
export const session = signal<Session | null>(read());

/** May the user change anything? */
export function isAdmin(): boolean {
  return session.value?.role === "admin";
}

export function begin(next: Session, stay: boolean): void {
  keep("session", "session", stay ? null : JSON.stringify(next));
  keep("local", "session", stay ? JSON.stringify(next) : null);
  session.value = next;
}

export function end(): void {
  keep("session", "session", null);
  keep("local", "session", null);
  session.value = null;
}

// Another tab that logs in or out does so for this one, if the session is a shared one.
if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key === "runledger.session" && kept("session", "session") === null) {
      session.value = read();
    }
  });
}
