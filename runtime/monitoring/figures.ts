/**
 * The figures people see. Comes in: the counts of a window (`feedback/reading.ts`). Goes out: what `GET /monitoring`
 * answers. Pure: it reads no database and knows nothing of HTTP.
 */
import { percentile } from '../feedback/bins.js';
import type { LabelSet } from '../feedback/labels.js';
import type { Aggregates, LatencyHistogram, SeriesPoint, Window } from '../feedback/reading.js';
import { compareLabels, type Label, type Scores, score } from '../feedback/scoring.js';
import { GRAINS } from '../feedback/tables.js';
import type { ModelType } from '../launch/labels.js';
import { type Calibration, calibration } from './calibration.js';
import { type Drift, drift } from './drift.js';

/** Milliseconds; percentiles are read from a histogram whose bins are 12 % wide. */
export interface Latency {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Point {
  /** The start of the bucket, ISO 8601. */
  readonly at: string;
  readonly count: number;
  readonly errors: number;
  /** Milliseconds of the whole request; `null` where nothing was answered. */
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface Figures {
  readonly window: Window;
  /** ISO 8601; `null` for `all`. */
  readonly from: string | null;
  readonly to: string;
  readonly model_type: ModelType;
  /** The codes of labels_file.json, with their names. */
  readonly classes: readonly { readonly label: Label; readonly name: string }[];
  readonly requests: {
    readonly count: number;
    /** Answered 4xx: the input was refused. */
    readonly refused: number;
    /** Answered 5xx. */
    readonly errors: number;
    readonly by_status: Readonly<Record<string, number>>;
    /** Mean since the first minute or hour of the window in which something came; `all`: since the first day. */
    readonly per_second: number | null;
  };
  /** By stage: queue, fetch, decode, preprocess, infer, total; a stage that never happened is absent. */
  readonly latency_ms: Readonly<Record<string, Latency>>;
  readonly series: { readonly bucket_seconds: number; readonly points: readonly Point[] };
  readonly predicted: readonly { readonly label: Label; readonly count: number; readonly share: number }[];
  /** `null` for the model type `others`, as on the platform, and while there is none. */
  readonly feedback: Scores | null;
  readonly coverage: {
    readonly predictions: number;
    /** Feedback that came by a prediction's id; the two arrays cannot be matched. */
    readonly with_feedback: number;
    readonly share: number | null;
  } | null;
  readonly calibration: Calibration | null;
  /** Against everything before the window; `null` for `all` and while one side is empty. */
  readonly drift: Drift | null;
}

const STAGE_ORDER = ['queue', 'fetch', 'decode', 'preprocess', 'infer', 'total'];

const SERIES_GRAIN = { hour: GRAINS.minute, day: GRAINS.hour, all: GRAINS.day } as const;

export function figures(read: Aggregates, labels: LabelSet, modelType: ModelType): Figures {
  const operational = {
    window: read.window,
    from: read.from === undefined ? null : iso(read.from),
    to: iso(read.to),
    model_type: modelType,
    classes: named(labels),
    requests: requests(read),
    latency_ms: Object.fromEntries(
      [...read.latencies]
        .sort(([a], [b]) => STAGE_ORDER.indexOf(a) - STAGE_ORDER.indexOf(b))
        .map(([stage, histogram]) => [stage, latency(histogram)]),
    ),
    series: { bucket_seconds: SERIES_GRAIN[read.window] / 1000, points: read.series.map(point) },
  };
  if (modelType === 'others') {
    return { ...operational, predicted: [], feedback: null, coverage: null, calibration: null, drift: null };
  }
  return {
    ...operational,
    predicted: shares(read.predicted),
    feedback: score(read.confusion, labels.labels) ?? null,
    coverage: coverage(read),
    calibration: calibration(read.calibration) ?? null,
    drift: drift(read.predicted, read.baseline) ?? null,
  };
}

function requests(read: Aggregates): Figures['requests'] {
  const statuses = [...read.statuses].sort(([a], [b]) => a - b);
  const count = sum(statuses);
  // The series of `all` ends after a year.
  const first = (read.from === undefined ? read.since : read.series[0]?.at) ?? read.to;
  return {
    count,
    refused: sum(statuses.filter(([status]) => status >= 400 && status < 500)),
    errors: sum(statuses.filter(([status]) => status >= 500)),
    by_status: Object.fromEntries(statuses),
    per_second: count === 0 ? null : count / Math.max(1, (read.to - first) / 1000),
  };
}

function coverage(read: Aggregates): Figures['coverage'] {
  const predictions = [...read.predicted.values()].reduce((a, b) => a + b, 0);
  const withFeedback = read.calibration.reduce((total, { count }) => total + count, 0);
  return {
    predictions,
    with_feedback: withFeedback,
    // Feedback of this hour can be about a prediction of the hour before.
    share: predictions === 0 ? null : Math.min(1, withFeedback / predictions),
  };
}

function latency({ count, sum, bins }: LatencyHistogram): Latency {
  const at = (share: number) => percentile(bins, share) ?? 0;
  return { count, mean: sum / count, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}

function point({ at, statuses, total }: SeriesPoint): Point {
  const all = [...statuses];
  return {
    at: iso(at),
    count: sum(all),
    errors: sum(all.filter(([status]) => status >= 500)),
    p50: percentile(total.bins, 0.5) ?? null,
    p95: percentile(total.bins, 0.95) ?? null,
  };
}

function shares(predicted: ReadonlyMap<Label, number>): Figures['predicted'] {
  const whole = [...predicted.values()].reduce((a, b) => a + b, 0);
  return [...predicted]
    .sort(([a, x], [b, y]) => y - x || compareLabels(a, b))
    .map(([label, count]) => ({ label, count, share: count / whole }));
}

function named(labels: LabelSet): Figures['classes'] {
  const names = new Map(labels.classes.map(({ name, code }) => [code, name]));
  return labels.labels.map((label) => ({ label, name: names.get(label) ?? String(label) }));
}

function sum(counts: readonly (readonly [number, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
