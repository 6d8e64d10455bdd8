import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { login } from "../lib/api";
import { useTitle } from "../lib/resource";

export function Login(): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useTitle("Log in");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    const answer = await login(String(form.get("email")).trim(), String(form.get("password")), form.get("stay") !== null);
    setBusy(false);
    setError(answer.ok ? null : answer.problem.detail);
  };
  return (
    <main class="login">
      <form class="login-box" onSubmit={(event) => void submit(event)}>
        <h1><svg viewBox="0 0 20 20" width="24" height="24" aria-hidden="true"><rect x="1" y="1" width="18" height="18" rx="4" class="brand-box" /><path d="M5 6h6M5 10h10M5 14h8" class="brand-lines" /></svg>runledger</h1>
        <label class="entry"><span>E-mail</span><input name="email" type="text" inputMode="email" autocomplete="username" required autofocus spellcheck={false} /></label>
        <label class="entry"><span>Password</span><input name="password" type="password" autocomplete="current-password" required /></label>
        <label class="check"><input name="stay" type="checkbox" /><span>Stay signed in on this computer</span></label>
        {error ? <p class="note note-error" role="alert">{error}</p> : null}
        <button type="submit" class="button button-primary" disabled={busy}>{busy ? "Logging in…" : "Log in"}</button>
      </form>
    </main>
  );
}
