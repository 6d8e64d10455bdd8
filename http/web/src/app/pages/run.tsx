import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function RunPage({ id }: { id: string }): JSX.Element {
  useTitle("RunPage");
  return <PageHead title={id} />;
}
