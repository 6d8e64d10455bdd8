import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** A native modal dialog, open as long as it is rendered. `side`: a panel at the right edge. */
export function Dialog({ title, onClose, side, children }: {
  title: ComponentChildren; onClose: () => void; side?: boolean; children?: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} class={side ? "dialog dialog-side" : "dialog"} aria-labelledby={id}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === dialog.current) { onClose(); } }}>
      <div class="dialog-box">
        <header class="dialog-head"><h2 id={id}>{title}</h2>
          <button type="button" class="button button-plain button-icon" aria-label="Close" onClick={onClose}>
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path class="line" d="M3 3l10 10M13 3L3 13" /></svg>
          </button>
        </header>
        <div class="dialog-body">{children}</div>
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be undone; `act` resolves to an error to show, or null. */
export function Confirm({ title, verb, danger, onClose, act, children }: {
  title: string; verb: string; danger?: boolean; onClose: () => void; act: () => Promise<string | null>; children?: ComponentChildren;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    const refused = await act();
    setBusy(false);
    if (refused === null) {
      onClose();
    } else {
      setError(refused);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error ? <p class="note note-error" role="alert">{error}</p> : null}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>Close</button>
        <button type="button" class={danger ? "button button-danger" : "button button-primary"} disabled={busy} onClick={() => void go()}>{verb}</button>
      </div>
    </Dialog>
  );
}
