import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function Portfolio({ id }: { id: string }): JSX.Element {
  useTitle("Portfolio");
  return <PageHead title={id} />;
}
