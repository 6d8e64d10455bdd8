import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function Now(): JSX.Element {
  useTitle("Now");
  return <PageHead title="Now" />;
}
