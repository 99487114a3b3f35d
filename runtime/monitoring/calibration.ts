import { CONFIDENCE_BINS } from '../feedback/bins.js';
import type { CalibrationBin } from '../feedback/reading.js';

export interface Calibration {
  /** Feedback by id whose prediction carried a confidence. */
  readonly count: number;
  /** Expected calibration error: the mean distance of accuracy and confidence over the bins, weighted by their counts. */
  readonly ece: number;
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    /** `null` where the bin is empty. */
    readonly mean_confidence: number | null;
    readonly accuracy: number | null;
  }[];
}

/**
 * Does 0.8 mean right in 80 of 100? Ten bins of equal width; `undefined` without a single confidence.
 * Source: Guo et al., On Calibration of Modern Neural Networks (2017).
 */
export function calibration(stored: readonly CalibrationBin[]): Calibration | undefined {
  const byBin = new Map(stored.map((bin) => [bin.bin, bin]));
  const bins = Array.from({ length: CONFIDENCE_BINS }, (_, i) => {
    const { count = 0, correct = 0, confidence = 0 } = byBin.get(i) ?? {};
    const filled = count > 0;
    return {
      from: i / CONFIDENCE_BINS,
      to: (i + 1) / CONFIDENCE_BINS,
      count,
      mean_confidence: filled ? confidence / count : null,
      accuracy: filled ? correct / count : null,
    };
  });
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (count === 0) return undefined;
  const ece = bins.reduce(
    (sum, bin) => sum + (bin.count / count) * Math.abs((bin.accuracy ?? 0) - (bin.mean_confidence ?? 0)),
    0,
  );
  return { count, ece, bins };
}
