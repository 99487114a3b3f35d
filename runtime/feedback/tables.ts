import type { Generated } from 'kysely';

/**
 * What is stored. Rows (`feedback`, `predictions`) are written once and read only by id, for export and to be replaced;
 * figures are read from the `*_counts` tables, which grow with classes and time buckets.
 */
export interface Tables {
  feedback: FeedbackRow;
  feedback_counts: FeedbackCountRow;
  calibration_counts: CalibrationCountRow;
  predictions: PredictionRow;
  prediction_counts: PredictionCountRow;
  latency_counts: LatencyCountRow;
}

/** Every count is kept once for each grain: a bucket of `grain` milliseconds that starts at `bucket`. */
export const GRAINS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, all: 0 } as const;
export type Grain = keyof typeof GRAINS;

/** The start of the bucket that holds `at`; 0 for `all`. */
export function bucketOf(grain: Grain, at: number): number {
  const width = GRAINS[grain];
  return width === 0 ? 0 : Math.floor(at / width) * width;
}

interface Bucketed {
  /** The package whose model is scored: several can share one PostgreSQL. */
  package: string;
  /** Milliseconds, see {@link GRAINS}. */
  grain: number;
  /** Milliseconds since 1970. */
  bucket: number;
}

interface FeedbackRow {
  id: Generated<number>;
  package: string;
  /** Milliseconds since 1970, when the feedback came. */
  at: number;
  prediction_id: string | null;
  predicted: string;
  actual: string;
  confidence: number | null;
}

export interface FeedbackCountRow extends Bucketed {
  predicted: string;
  actual: string;
  count: number;
}

export interface CalibrationCountRow extends Bucketed {
  bin: number;
  count: number;
  correct: number;
  /** Sum, for the mean confidence of the bin. */
  confidence: number;
}

interface PredictionRow {
  package: string;
  id: string;
  at: number;
  status: number;
  label: string | null;
  confidence: number | null;
  queue_ms: number | null;
  fetch_ms: number | null;
  decode_ms: number | null;
  preprocess_ms: number | null;
  infer_ms: number | null;
  total_ms: number | null;
}

export interface PredictionCountRow extends Bucketed {
  /** Empty where the answer carried none, or one that labels_file.json does not know. */
  label: string;
  status: number;
  count: number;
}

export interface LatencyCountRow extends Bucketed {
  stage: string;
  bin: number;
  count: number;
  /** Sum of milliseconds, for the mean. */
  sum: number;
}
