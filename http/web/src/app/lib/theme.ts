// Light, dark, or as the system has it; and the colours that canvases need. style/tokens.css has the
// same ones.
import { computed, effect, signal } from "@preact/signals";
import { dark as darkCharts, light as lightCharts, type Theme } from "../../charts/theme";
import { keep, kept } from "./store";

export type Mode = "auto" | "light" | "dark";

export interface Palette extends Theme {
  surface: string;
  /** After Okabe and Ito; a symbol or pattern always says the same again. */
  status: { succeeded: string; warning: string; failed: string; running: string; retrying: string; skipped: string; cancelled: string; pending: string };
  /** Lines on top of the status colours. */
  ink: string;
  focus: string;
}

const light: Palette = {
  ...lightCharts, surface: "#f6f8fa", ink: "#ffffff", focus: "#0969da",
  status: {
    succeeded: "#12936e", warning: "#e0a100", failed: "#cf4f0b", running: "#1c7ec2", retrying: "#b0588c",
    skipped: "#c9d1d9", cancelled: "#6e7781", pending: "#eaeef2",
  },
};
const dark: Palette = {
  ...darkCharts, surface: "#151b23", ink: "#0d1117", focus: "#58a6ff",
  status: {
    succeeded: "#2fae86", warning: "#e3b341", failed: "#f0703a", running: "#56b4e9", retrying: "#d28ab3",
    skipped: "#3d444d", cancelled: "#8b949e", pending: "#21262d",
  },
};

const scheme = window.matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(scheme.matches);
scheme.addEventListener("change", () => {
  systemDark.value = scheme.matches;
});

/** What the user chose. */
export const themeMode = signal<Mode>(((): Mode => {
  const mode = kept("local", "theme");
  return mode === "light" || mode === "dark" ? mode : "auto";
})());
export const isDark = computed(() => themeMode.value === "dark" || (themeMode.value === "auto" && systemDark.value));
/** The colours of the present theme. */
export const palette = computed<Palette>(() => (isDark.value ? dark : light));

export function nextTheme(): void {
  themeMode.value = themeMode.value === "auto" ? "light" : themeMode.value === "light" ? "dark" : "auto";
}

effect(() => {
  keep("local", "theme", themeMode.value === "auto" ? null : themeMode.value);
  document.documentElement.dataset["theme"] = isDark.value ? "dark" : "light";
});

/** For those who asked for less motion. */
export const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
