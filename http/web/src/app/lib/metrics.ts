// Reads what /metrics says (Prometheus text). Pure: a Node test imports it.

export interface Sample { name: string; labels: Record<string, string>; value: number }

export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match) {
      const labels: Record<string, string> = {};
      for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        labels[name!] = value!;
      }
      samples.push({ name: match[1]!, labels, value: match[3] === "+Inf" ? Number.POSITIVE_INFINITY : Number(match[3]) });
    }
  }
  return samples;
}

/** The value of a metric without labels, or null. */
export function valueOf(samples: readonly Sample[], name: string): number | null {
  return samples.find((sample) => sample.name === name)?.value ?? null;
}

/** Requests of one operation. `slow95`: a bound of the histogram that 95 % stay under, in seconds. */
export interface Operation { operation: string; requests: number; refused: number; failed: number; mean: number | null; slow95: number | null }

export function operationsOf(samples: readonly Sample[]): Operation[] {
  const found = new Map<string, Operation & { sum: number; count: number; buckets: [number, number][] }>();
  for (const { name, labels, value } of samples) {
    const operation = labels["operation"];
    if (operation === undefined || !name.startsWith("runledger_http_request")) {
      continue;
    }
    const row = found.get(operation) ?? { operation, requests: 0, refused: 0, failed: 0, mean: null, slow95: null, sum: 0, count: 0, buckets: [] };
    found.set(operation, row);
    if (name === "runledger_http_requests_total") {
      row.requests += value;
      row.refused += labels["code"] === "4xx" ? value : 0;
      row.failed += labels["code"] === "5xx" ? value : 0;
    } else if (name.endsWith("_sum")) {
      row.sum = value;
    } else if (name.endsWith("_count")) {
      row.count = value;
    } else if (name.endsWith("_bucket")) {
      row.buckets.push([labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"]), value]);
    }
  }
  return [...found.values()].filter((row) => row.requests > 0).map(({ sum, count, buckets, ...row }) => {
    const bound = buckets.sort((a, b) => a[0] - b[0]).find(([, n]) => n >= count * 0.95)?.[0] ?? null;
    return { ...row, mean: count > 0 ? sum / count : null, slow95: count > 0 && bound !== null && Number.isFinite(bound) ? bound : null };
  });
}
