import { type Kysely, sql } from 'kysely';
import type { LabelSet } from './labels.js';
import type { ConfusionCount, Label } from './scoring.js';
import { bucketOf, GRAINS, type Grain, type Tables } from './tables.js';

/** `hour`: this minute and the 59 before it. `day`: this hour and the 23 before it. */
export type Window = 'hour' | 'day' | 'all';

export const WINDOWS: readonly Window[] = ['hour', 'day', 'all'];

export interface CalibrationBin {
  readonly bin: number;
  readonly count: number;
  readonly correct: number;
  /** Sum. */
  readonly confidence: number;
}

export interface LatencyHistogram {
  readonly count: number;
  /** Milliseconds. */
  readonly sum: number;
  /** Latency bin to count, see `bins.ts`. */
  readonly bins: ReadonlyMap<number, number>;
}

export interface SeriesPoint {
  /** The start of the minute, hour or day, in milliseconds since 1970. */
  readonly at: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly total: LatencyHistogram;
}

/** Everything figures are made of. */
export interface Aggregates {
  readonly window: Window;
  /** Milliseconds since 1970; `from` is undefined for `all`. */
  readonly from: number | undefined;
  readonly to: number;
  /** The day of the first prediction of all. */
  readonly since: number | undefined;
  readonly confusion: readonly ConfusionCount[];
  readonly calibration: readonly CalibrationBin[];
  readonly statuses: ReadonlyMap<number, number>;
  readonly predicted: ReadonlyMap<Label, number>;
  /** Before the window; empty for `all`. */
  readonly baseline: ReadonlyMap<Label, number>;
  readonly latencies: ReadonlyMap<string, LatencyHistogram>;
  /** Oldest first; a bucket without predictions is absent. */
  readonly series: readonly SeriesPoint[];
}

/** Which buckets a window adds up, and which ones its chart shows. */
const READS: Readonly<
  Record<Window, { readonly grain: Grain; readonly series: Exclude<Grain, 'all'>; readonly buckets: number }>
> = {
  hour: { grain: 'minute', series: 'minute', buckets: 60 },
  day: { grain: 'hour', series: 'hour', buckets: 24 },
  all: { grain: 'all', series: 'day', buckets: 366 },
};

export async function confusionCounts(
  db: Kysely<Tables>,
  pkg: string,
  window: Window,
  now: number,
  labels: LabelSet,
): Promise<ConfusionCount[]> {
  const rows = await db
    .selectFrom('feedback_counts')
    .select(({ fn }) => ['predicted', 'actual', fn.sum('count').as('count')])
    .where(bucketsOf(pkg, READS[window].grain, fromOf(window, now) ?? 0))
    .groupBy(['predicted', 'actual'])
    .execute();
  return rows.map((row) => ({
    predicted: labels.fromText(row.predicted),
    actual: labels.fromText(row.actual),
    count: Number(row.count),
  }));
}

/** @param confusion that of the window, where it is known already. */
export async function readWindow(
  db: Kysely<Tables>,
  pkg: string,
  window: Window,
  now: number,
  labels: LabelSet,
  confusion?: readonly ConfusionCount[],
): Promise<Aggregates> {
  const from = fromOf(window, now);
  const { grain, series, buckets } = READS[window];
  const predictions = await predictionCounts(db, pkg, grain, from ?? 0);
  const predicted = byLabel(predictions, labels);
  const everything = window === 'all' ? predicted : byLabel(await predictionCounts(db, pkg, 'all', 0), labels);
  const seriesFrom = bucketOf(series, now) - (buckets - 1) * GRAINS[series];
  const calibration = await db
    .selectFrom('calibration_counts')
    .select(({ fn }) => [
      'bin',
      fn.sum('count').as('count'),
      fn.sum('correct').as('correct'),
      fn.sum('confidence').as('confidence'),
    ])
    .where(bucketsOf(pkg, grain, from ?? 0))
    .groupBy('bin')
    .orderBy('bin')
    .execute();
  const first = await db
    .selectFrom('prediction_counts')
    .select(({ fn }) => fn.min('bucket').as('bucket'))
    .where('package', '=', pkg)
    .where('grain', '=', GRAINS.day)
    .executeTakeFirst();
  return {
    window,
    from,
    to: now,
    since: first?.bucket ?? undefined,
    confusion: confusion ?? (await confusionCounts(db, pkg, window, now, labels)),
    calibration: calibration.map((row) => ({
      bin: row.bin,
      count: Number(row.count),
      correct: Number(row.correct),
      confidence: Number(row.confidence),
    })),
    statuses: byStatus(predictions),
    predicted,
    baseline: window === 'all' ? new Map() : minus(everything, predicted),
    latencies: await latencies(db, pkg, grain, from ?? 0),
    series: await readSeries(db, pkg, series, seriesFrom),
  };
}

interface PredictionCount {
  readonly label: string;
  readonly status: number;
  readonly count: number;
}

function fromOf(window: Window, now: number): number | undefined {
  const { grain, buckets } = READS[window];
  return grain === 'all' ? undefined : bucketOf(grain, now) - (buckets - 1) * GRAINS[grain];
}

function bucketsOf(pkg: string, grain: Grain, from: number) {
  return sql<boolean>`package = ${pkg} and grain = ${GRAINS[grain]} and bucket >= ${from}`;
}

async function predictionCounts(
  db: Kysely<Tables>,
  pkg: string,
  grain: Grain,
  from: number,
): Promise<PredictionCount[]> {
  const rows = await db
    .selectFrom('prediction_counts')
    .select(({ fn }) => ['label', 'status', fn.sum('count').as('count')])
    .where(bucketsOf(pkg, grain, from))
    .groupBy(['label', 'status'])
    .execute();
  return rows.map((row) => ({ label: row.label, status: row.status, count: Number(row.count) }));
}

async function latencies(
  db: Kysely<Tables>,
  pkg: string,
  grain: Grain,
  from: number,
): Promise<Map<string, LatencyHistogram>> {
  const rows = await db
    .selectFrom('latency_counts')
    .select(({ fn }) => ['stage', 'bin', fn.sum('count').as('count'), fn.sum('sum').as('sum')])
    .where(bucketsOf(pkg, grain, from))
    .groupBy(['stage', 'bin'])
    .execute();
  const stages = new Map<string, MutableHistogram>();
  for (const row of rows) addBin(stages, row.stage, row);
  return stages;
}

async function readSeries(db: Kysely<Tables>, pkg: string, grain: Grain, from: number): Promise<SeriesPoint[]> {
  const counts = await db
    .selectFrom('prediction_counts')
    .select(({ fn }) => ['bucket', 'status', fn.sum('count').as('count')])
    .where(bucketsOf(pkg, grain, from))
    .groupBy(['bucket', 'status'])
    .orderBy('bucket')
    .execute();
  const totals = await db
    .selectFrom('latency_counts')
    .select(['bucket', 'bin', 'count', 'sum'])
    .where(bucketsOf(pkg, grain, from))
    .where('stage', '=', 'total')
    .execute();
  const histograms = new Map<number, MutableHistogram>();
  for (const row of totals) addBin(histograms, row.bucket, row);
  const points = new Map<number, Map<number, number>>();
  for (const row of counts) {
    const statuses = points.get(row.bucket) ?? new Map<number, number>();
    points.set(row.bucket, statuses.set(row.status, Number(row.count)));
  }
  return [...points].map(([at, statuses]) => ({ at, statuses, total: histograms.get(at) ?? empty() }));
}

interface MutableHistogram extends LatencyHistogram {
  count: number;
  sum: number;
  readonly bins: Map<number, number>;
}

function empty(): MutableHistogram {
  return { count: 0, sum: 0, bins: new Map() };
}

function addBin<Key>(
  histograms: Map<Key, MutableHistogram>,
  key: Key,
  row: { readonly bin: number; readonly count: unknown; readonly sum: unknown },
): void {
  const histogram = histograms.get(key) ?? empty();
  histograms.set(key, histogram);
  histogram.count += Number(row.count);
  histogram.sum += Number(row.sum);
  histogram.bins.set(row.bin, (histogram.bins.get(row.bin) ?? 0) + Number(row.count));
}

function byStatus(rows: readonly PredictionCount[]): Map<number, number> {
  const statuses = new Map<number, number>();
  for (const { status, count } of rows) statuses.set(status, (statuses.get(status) ?? 0) + count);
  return statuses;
}

function byLabel(rows: readonly PredictionCount[], labels: LabelSet): Map<Label, number> {
  const counts = new Map<Label, number>();
  for (const { label, count } of rows) {
    if (label === '') continue;
    const known = labels.fromText(label);
    counts.set(known, (counts.get(known) ?? 0) + count);
  }
  return counts;
}

function minus(a: ReadonlyMap<Label, number>, b: ReadonlyMap<Label, number>): Map<Label, number> {
  return new Map(
    [...a].map(([label, count]) => [label, count - (b.get(label) ?? 0)] as const).filter(([, count]) => count > 0),
  );
}
