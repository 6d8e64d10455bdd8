// Whether the page is dark now: as chosen on the page, else as the system says.
import { signal } from "@preact/signals";

const system = window.matchMedia("(prefers-color-scheme: dark)");

function now(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "dark" || (chosen !== "light" && system.matches);
}

const dark = signal(now());
const look = (): void => {
  dark.value = now();
};
system.addEventListener("change", look);
new MutationObserver(look).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });

/** Read in a component, it draws that anew when the theme changes. */
export function useDark(): boolean {
  return dark.value;
}

export { dark as isDark };
