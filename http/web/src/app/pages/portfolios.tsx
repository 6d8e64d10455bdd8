import type { JSX } from "preact";
import { useTitle } from "../lib/resource";
import { PageHead } from "../parts/card";

export function Portfolios(): JSX.Element {
  useTitle("Portfolios");
  return <PageHead title="Portfolios" />;
}
