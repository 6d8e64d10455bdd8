// Colours that people with any colour vision tell apart (after Okabe and Ito); sign and pattern say
// the same again.

export interface Theme {
  text: string;
  quiet: string;
  line: string;
  background: string;
  positive: string;
  negative: string;
  total: string;
  series: [string, string];
  scale: [string, string, string];
  /** Text on the ends of the scale where the usual one is hard to read. */
  strongText: string | null;
}

export const light: Theme = {
  text: "#1b1f24",
  quiet: "#57606a",
  line: "#d0d7de",
  background: "#ffffff",
  positive: "#0072b2",
  negative: "#d55e00",
  total: "#57606a",
  series: ["#0072b2", "#d55e00"],
  scale: ["#c4510a", "#f7f7f7", "#0a6aa8"],
  strongText: "#ffffff",
};

export const dark: Theme = {
  text: "#e6edf3",
  quiet: "#9198a1",
  line: "#30363d",
  background: "#0d1117",
  positive: "#56b4e9",
  negative: "#f0883e",
  total: "#9198a1",
  series: ["#56b4e9", "#f0883e"],
  scale: ["#94460f", "#21262d", "#1c6ba3"],
  strongText: null,
};

export const FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
