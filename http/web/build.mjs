// Bundles one page's script into a single file: node build.mjs ENTRY OUTPUT
import { build } from "esbuild";

const [entry, output] = process.argv.slice(2);
if (!entry || !output) {
  console.error("usage: node build.mjs ENTRY OUTPUT");
  process.exit(2);
}
await build({
  entryPoints: [entry],
  outfile: output,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020"],
  charset: "utf8",
  legalComments: "eof",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
