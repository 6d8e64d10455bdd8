// Short notes at the edge that go by themselves; errors stay until they are closed.
import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Note { id: number; text: string; tone: "plain" | "error" }

const notes = signal<Note[]>([]);
let last = 0;

export function dismiss(id: number): void {
  notes.value = notes.value.filter((note) => note.id !== id);
}

export function toast(text: string, tone: Note["tone"] = "plain"): void {
  last += 1;
  const id = last;
  notes.value = [...notes.value.slice(-3), { id, text, tone }];
  if (tone === "plain") {
    window.setTimeout(() => dismiss(id), 5000);
  }
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notes.value.map((note) => (
        <div class={`toast toast-${note.tone}`} key={note.id}>{note.text}
          <button type="button" class="link" onClick={() => dismiss(note.id)}>Close</button>
        </div>
      ))}
    </div>
  );
}
