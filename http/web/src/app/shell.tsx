// What surrounds every page: navigation, connection, theme, keys.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { bindKeys, focusFilter, type Shortcut } from "./lib/keys";
import { end, session } from "./lib/session";
import { nextTheme, themeMode } from "./lib/theme";
import { Connection, ConnectionVoice } from "./parts/connection";
import { Dialog } from "./parts/dialog";
import { Toasts } from "./parts/toast";

interface Place { path: string; title: string; key: string; icon: string }

const PLACES: Place[] = [
  { path: "/", title: "Now", key: "n", icon: "M2 8h3l2-5 3 10 2-5h2" },
  { path: "/runs", title: "Runs", key: "r", icon: "M2 4h12M2 8h12M2 12h8" },
  { path: "/portfolios", title: "Portfolios", key: "p", icon: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z" },
  { path: "/jobs", title: "Jobs", key: "j", icon: "M2 14V9M6 14V5M10 14V8M14 14V2" },
  { path: "/events", title: "Events", key: "e", icon: "M2 3h3M2 8h3M2 13h3M8 3h6M8 8h6M8 13h6" },
  { path: "/system", title: "System", key: "s", icon: "M2 3h12v4H2zM2 9h12v4H2zM4.5 5h.1M4.5 11h.1" },
];

function isAt(path: string, location: string): boolean {
  return path === "/" ? location === "/" : location === path || location.startsWith(`${path}/`);
}

function Help({ shortcuts, onClose }: { shortcuts: Shortcut[]; onClose: () => void }): JSX.Element {
  const more: [string, string][] = [
    ["↑ ↓ or k j", "move in a table"], ["Enter", "open the row"], ["← →", "move the slider, a tab, the grid's cell"], ["Esc", "close"],
  ];
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {[...shortcuts.map((one): [string, string] => [one.keys, one.does]), ...more].map(([keys, does]) => (
          <div key={keys}><dt>{keys.split(" ").map((key) => (key === "or" ? " or " : <kbd key={key}>{key}</kbd>))}</dt><dd>{does}</dd></div>
        ))}
      </dl>
    </Dialog>
  );
}

const THEME_WORDS = { auto: "as the system", light: "light", dark: "dark" };
const THEME_ICONS = {
  auto: <><circle cx="8" cy="8" r="5.5" class="line" /><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" /></>,
  light: <><circle cx="8" cy="8" r="3" fill="currentColor" /><path class="line" d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" /></>,
  dark: <path d="M13.5 10A6 6 0 0 1 6 2.5a6 6 0 1 0 7.5 7.5z" fill="currentColor" />,
};

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const [location, navigate] = useLocation();
  const [help, setHelp] = useState(false);
  const shortcuts: Shortcut[] = [
    ...PLACES.map((place) => ({ keys: `g ${place.key}`, does: `go to ${place.title}`, run: () => navigate(place.path) })),
    { keys: "/", does: "go to the filter", run: focusFilter },
    { keys: "t", does: "light, dark, as the system", run: nextTheme },
    { keys: "?", does: "show this", run: () => setHelp(true) },
  ];
  useEffect(() => bindKeys(() => shortcuts), []);
  const mode = themeMode.value;
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to content</a>
      <header class="bar">
        <Link href="/" class="brand" aria-label="runledger, to the current run">
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><rect x="1" y="1" width="18" height="18" rx="4" class="brand-box" /><path d="M5 6h6M5 10h10M5 14h8" class="brand-lines" /></svg>
          <span>runledger</span>
        </Link>
        <nav class="places" aria-label="Pages">
          {PLACES.map((place) => (
            <Link key={place.path} href={place.path} aria-current={isAt(place.path, location) ? "page" : undefined} title={`${place.title} (g ${place.key})`}>
              <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path class="line" d={place.icon} /></svg><span>{place.title}</span>
            </Link>
          ))}
        </nav>
        <div class="bar-end">
          <Connection />
          <button type="button" class="button button-plain button-icon" onClick={nextTheme} title={`Colours: ${THEME_WORDS[mode]} (t)`} aria-label={`Colours: ${THEME_WORDS[mode]}`}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{THEME_ICONS[mode]}</svg>
          </button>
          <button type="button" class="button button-plain button-icon only-wide" onClick={() => setHelp(true)} title="Keys (?)" aria-label="Keys"><b aria-hidden="true">?</b></button>
          <span class="who only-wide" title={session.value?.role}>{session.value?.email}</span>
          <button type="button" class="button button-plain" onClick={end}>Log out</button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
      <ConnectionVoice />
      <Toasts />
      {help ? <Help shortcuts={shortcuts} onClose={() => setHelp(false)} /> : null}
    </div>
  );
}
