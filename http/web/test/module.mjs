// A TypeScript module of the pages, for a test: bundled in memory and imported.
import { build } from "esbuild";

/** @param path From http/web, without DOM at its top level. */
export async function load(path) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../${path}`, import.meta.url).pathname],
    bundle: true, write: false, format: "esm", target: ["node18"], logLevel: "warning",
    jsx: "automatic", jsxImportSource: "preact",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}
