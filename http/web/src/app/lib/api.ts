// Calls of /api/v1. A refusal is a value, not an exception.
import type { Problem, Role } from "./model";
import { begin, end, session } from "./session";

export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };
export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface CallOptions {
  query?: Query;
  /** An object goes as JSON; a Blob as it is. */
  body?: object | Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** `path?name=value`, without what is null, undefined, false or empty; arrays repeat the name. */
export function withQuery(path: string, query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) {
      value.forEach((one: string) => search.append(name, one));
    } else if (value !== null && value !== undefined && value !== false && value !== "") {
      search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

let skewMs = 0;

/** The server's clock in ms since 1970, as far as answers tell (their Date has whole seconds). */
export function serverNow(): number {
  return Date.now() + skewMs;
}

function noteClock(response: Response): void {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) {
    const skew = date + 500 - Date.now();
    skewMs = Math.abs(skew) > 2000 ? skew : 0;
  }
}

function unreachable(error: unknown): Problem {
  if (error instanceof DOMException && error.name === "AbortError") {
    return { title: "Aborted", status: 0, code: "aborted", detail: "The call was given up." };
  }
  return { title: "No answer", status: 0, code: "unreachable", detail: "The server cannot be reached." };
}

async function problemOf(response: Response): Promise<Problem> {
  const retry = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const basic: Problem = {
    title: response.statusText || `HTTP ${response.status}`, status: response.status, code: `http_${response.status}`,
    detail: `The server answered ${response.status}.`, retry_after: Number.isNaN(retry) ? null : retry,
  };
  try {
    return { ...basic, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return basic;
  }
}

async function send(method: string, path: string, options: CallOptions): Promise<Answer<Response>> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  const token = session.value?.token;
  if (token) {
    headers["Authorization"] = `Bearer ${token}`;
  }
  let body: BodyInit | undefined;
  if (options.body instanceof Blob) {
    body = options.body;
  } else if (options.body) {
    body = JSON.stringify(options.body);
    headers["Content-Type"] ??= "application/json";
  }
  try {
    const response = await fetch(withQuery(path, options.query), {
      method, headers, body, signal: options.signal ?? null, credentials: "omit", cache: "no-store",
    });
    noteClock(response);
    if (response.ok) {
      return { ok: true, value: response };
    }
    const problem = await problemOf(response);
    if (response.status === 401 && token !== undefined && token === session.value?.token) {
      end();
    }
    return { ok: false, problem };
  } catch (error) {
    return { ok: false, problem: unreachable(error) };
  }
}

/** Calls and reads JSON. Never throws. A 401 ends the session. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const answer = await send(method, path, options);
  if (!answer.ok) {
    return answer;
  }
  try {
    const text = await answer.value.text();
    return { ok: true, value: (text === "" ? null : JSON.parse(text)) as T };
  } catch (error) {
    return { ok: false, problem: unreachable(error) };
  }
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer<T>> {
  return call<T>("GET", path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) });
}

export function post<T>(path: string, query?: Query, options: CallOptions = {}): Promise<Answer<T>> {
  return call<T>("POST", path, { ...options, ...(query ? { query } : {}) });
}

/** Fetches with the token and hands the bytes to the browser's downloads. */
export async function download(path: string, name: string, query?: Query): Promise<Answer<null>> {
  const answer = await send("GET", path, { headers: { Accept: "*/*" }, ...(query ? { query } : {}) });
  if (!answer.ok) {
    return answer;
  }
  const url = URL.createObjectURL(await answer.value.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return { ok: true, value: null };
}

interface Login { access_token: string; expires_in: number; role: Role }

/** Logs in and keeps the session; `stay`: also beyond this tab. */
export async function login(email: string, password: string, stay: boolean): Promise<Answer<null>> {
  const answer = await call<Login>("POST", "/api/v1/auth/login", { body: { email, password } });
  if (!answer.ok) {
    return answer;
  }
  const { access_token, expires_in, role } = answer.value;
  begin({ token: access_token, email, role, expires: Date.now() + expires_in * 1000 }, stay);
  return { ok: true, value: null };
}
