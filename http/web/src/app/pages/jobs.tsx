import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function Jobs(): JSX.Element {
  useTitle("Jobs");
  return <PageHead title="Jobs" />;
}
