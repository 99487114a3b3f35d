/**
 * Histograms as they are stored: a bin number and a count. Latency bins grow by a fixed factor, so that a percentile
 * read back has a known relative error; confidence bins are of equal width, as for a reliability diagram.
 */

/** Bins for each factor of ten: one bin is 12 % wide. */
const PER_DECADE = 20;
const SMALLEST_MS = 0.1;
/** 0.1 ms to 1,000 s. */
const LATENCY_BINS = 7 * PER_DECADE;

export const CONFIDENCE_BINS = 10;

/** The bin of a duration: bin 0 holds everything below 0.1 ms, the last one everything above 1,000 s. */
export function latencyBin(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(LATENCY_BINS, 1 + Math.floor(Math.log10(ms / SMALLEST_MS) * PER_DECADE));
}

/** Lower and upper edge of a latency bin, in milliseconds. */
export function latencyEdges(bin: number): readonly [number, number] {
  if (bin <= 0) return [0, SMALLEST_MS];
  return [SMALLEST_MS * 10 ** ((bin - 1) / PER_DECADE), SMALLEST_MS * 10 ** (bin / PER_DECADE)];
}

/** The bin of a confidence between 0 and 1; 1 belongs to the last. */
export function confidenceBin(confidence: number): number {
  return Math.min(CONFIDENCE_BINS - 1, Math.max(0, Math.floor(confidence * CONFIDENCE_BINS)));
}

/**
 * The value below which `share` of all counts lie, interpolated inside its bin: off by less than one bin (12 %).
 *
 * @param bins bin number to count.
 * @param share between 0 and 1, for example 0.95.
 */
export function percentile(bins: ReadonlyMap<number, number>, share: number): number | undefined {
  const sorted = [...bins].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  for (const [bin, count] of sorted) {
    if (below + count >= share * total) {
      const [low, high] = latencyEdges(bin);
      return low + ((share * total - below) / count) * (high - low);
    }
    below += count;
  }
  return undefined;
}
