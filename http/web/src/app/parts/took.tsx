// How long a job computed.
import type { JSX } from "preact";
import { duration } from "../lib/format";
import type { Job } from "../lib/model";

/** A dash for a job without a result: its attempts are in the log. */
export function Took({ job }: { job: Job }): JSX.Element {
  return job.reused_from ? <span class="quiet">taken over</span> : <>{duration(job.duration_seconds)}</>;
}
