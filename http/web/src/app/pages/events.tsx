import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function Events(): JSX.Element {
  useTitle("Events");
  return <PageHead title="Events" />;
}
