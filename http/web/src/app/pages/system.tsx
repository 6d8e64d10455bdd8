import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function System(): JSX.Element {
  useTitle("System");
  return <PageHead title="System" />;
}
