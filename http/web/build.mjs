// Bundles one page's script into a single file: node build.mjs ENTRY OUTPUT
// Style that the script imports becomes a .css beside it.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const [entry, output] = process.argv.slice(2);
if (!entry || !output) {
  console.error("usage: node build.mjs ENTRY OUTPUT");
  process.exit(2);
}

// The library's own headers are no legal comments to the bundler: its notice and the licences that
// ask to be reproduced go to the end of the file.
const NOTICES = ["echarts/NOTICE", "echarts/licenses/LICENSE-d3", "zrender/LICENSE"];
const read = (name) => readFileSync(new URL(`node_modules/${name}`, import.meta.url), "utf8").trim();
const version = JSON.parse(read("echarts/package.json")).version;
const notices = [
  `Apache ECharts ${version}, licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0`,
  ...NOTICES.map((name) => `${name}\n\n${read(name)}`),
];

await build({
  entryPoints: [entry],
  outfile: output,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020"],
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "eof",
  footer: { js: `/*!\n${notices.join("\n\n").replaceAll("*/", "* /").replaceAll("</script", "<\\/script")}\n*/` },
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
