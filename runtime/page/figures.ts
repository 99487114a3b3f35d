/** What `GET {prefix}/monitoring` answers, as far as the page shows it, and the arithmetic of showing it. */

export type Label = number | string;

export type Window = 'hour' | 'day' | 'all';

export interface Figures {
  readonly window: Window;
  /** ISO 8601; `null` for `all`. */
  readonly from: string | null;
  readonly to: string;
  readonly classes: readonly { readonly label: Label; readonly name: string }[];
  readonly requests: {
    readonly count: number;
    readonly refused: number;
    readonly errors: number;
    readonly per_second: number | null;
  };
  readonly latency_ms: Readonly<Record<string, { readonly p50: number; readonly p95: number; readonly p99: number }>>;
  readonly series: {
    readonly bucket_seconds: number;
    readonly points: readonly {
      readonly at: string;
      readonly count: number;
      readonly p50: number | null;
      readonly p95: number | null;
    }[];
  };
  readonly feedback: Scores | null;
  readonly coverage: {
    readonly predictions: number;
    readonly with_feedback: number;
    readonly share: number | null;
  } | null;
  readonly drift: {
    readonly psi: number;
    readonly level: 'too_few' | 'stable' | 'moderate' | 'major';
    /** Predictions in the window, and before it. */
    readonly current: number;
    readonly baseline: number;
  } | null;
}

export interface Scores {
  readonly count: number;
  readonly accuracy: number;
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly per_class: readonly {
    readonly label: Label;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
    readonly support: number;
    readonly predicted: number;
  }[];
  readonly confusion_matrix: {
    readonly labels: readonly Label[];
    readonly matrix: readonly (readonly number[])[] | null;
    readonly cells:
      | readonly { readonly true_label: Label; readonly predicted_label: Label; readonly count: number }[]
      | null;
  };
}

/** A series with every bucket of its window, also those in which nothing happened. */
export interface Series {
  /** The middle of each bucket, in seconds since 1970. */
  readonly times: readonly number[];
  /** Requests in each bucket: 0 where there were none. */
  readonly counts: readonly number[];
  /** Milliseconds: `null`, a gap, where nothing was answered. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  /** The ends of the time axis, in seconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Seven days, which `all` shows at least. */
const WEEK = 604_800;

/** The server sends the buckets in which something happened; a line drawn through those alone would hide the pauses. */
export function filled({ series, from, to }: Pick<Figures, 'series' | 'from' | 'to'>): Series {
  const width = series.bucket_seconds;
  const bucketOf = (seconds: number) => Math.floor(seconds / width) * width;
  const points = new Map(series.points.map((point) => [bucketOf(seconds(point.at)), point]));
  const first = from === null ? Math.min(seconds(to) - WEEK, ...points.keys()) : seconds(from);
  const starts: number[] = [];
  for (let start = bucketOf(first); start <= seconds(to); start += width) starts.push(start);
  const at = starts.map((start) => points.get(start));
  return {
    times: starts.map((start) => start + width / 2),
    counts: at.map((point) => point?.count ?? 0),
    p50: at.map((point) => point?.p50 ?? null),
    p95: at.map((point) => point?.p95 ?? null),
    from: starts[0] ?? first,
    to: (starts.at(-1) ?? first) + width,
  };
}

function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** The part of a confusion matrix that fits on the screen. */
export interface Narrowed {
  /** All classes, or those that occur most often, in the model's order. */
  readonly labels: readonly Label[];
  /** `undefined` where the count is not known: the server sends the most frequent cells alone, where there are many. */
  readonly cell: (actual: Label, predicted: Label) => number | undefined;
  /** How often the class was true, the columns that are not shown included. */
  readonly support: (actual: Label) => number;
  /** How many classes are not shown. */
  readonly left: number;
}

/** All classes of `scores`, or the `most` that occur most often. */
export function narrowed(scores: Scores, most: number): Narrowed {
  const all = scores.per_class;
  const shown =
    all.length <= most
      ? all
      : [...all]
          .sort((a, b) => b.support + b.predicted - a.support - a.predicted)
          .slice(0, most)
          .filter((one) => one.support + one.predicted > 0);
  const kept = new Set(shown.map(({ label }) => label));
  const labels = all.map(({ label }) => label).filter((label) => kept.has(label));
  const supports = new Map(all.map(({ label, support }) => [label, support]));
  const support = (actual: Label) => supports.get(actual) ?? 0;
  return { labels, cell: cellsOf(scores.confusion_matrix, support), support, left: all.length - labels.length };
}

function cellsOf(
  { labels, matrix, cells }: Scores['confusion_matrix'],
  support: Narrowed['support'],
): Narrowed['cell'] {
  if (matrix) {
    const at = new Map(labels.map((label, index) => [label, index]));
    return (actual, predicted) => matrix[at.get(actual) ?? -1]?.[at.get(predicted) ?? -1] ?? 0;
  }
  const counts = new Map<string, number>();
  const told = new Map<Label, number>();
  for (const { true_label: actual, predicted_label: predicted, count } of cells ?? []) {
    counts.set(JSON.stringify([actual, predicted]), count);
    told.set(actual, (told.get(actual) ?? 0) + count);
  }
  // A row whose cells add up to its support is complete: what it lacks is zero.
  const missing = (actual: Label) => ((told.get(actual) ?? 0) < support(actual) ? undefined : 0);
  return (actual, predicted) => counts.get(JSON.stringify([actual, predicted])) ?? missing(actual);
}
