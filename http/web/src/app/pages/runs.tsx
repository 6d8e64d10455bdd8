import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function Runs(): JSX.Element {
  useTitle("Runs");
  return <PageHead title="Runs" />;
}
