import { setImmediate as breathe } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { ROWS_AT_ONCE } from './database.js';
import { bucketOf, GRAINS, type Grain, type Tables } from './tables.js';

type Key = string | number;

/** How long the buckets of a grain are kept; the windows need an hour of minutes and a day of hours. */
const KEPT_MS: Readonly<Record<Grain, number>> = {
  minute: 3 * GRAINS.hour,
  hour: 31 * GRAINS.day,
  day: Number.POSITIVE_INFINITY,
  all: Number.POSITIVE_INFINITY,
};

export type CountTable = 'feedback_counts' | 'calibration_counts' | 'prediction_counts' | 'latency_counts';

/** The columns that are counted over, and those that add up, in this order. */
const COLUMNS: Readonly<Record<CountTable, { readonly keys: readonly string[]; readonly sums: readonly string[] }>> = {
  feedback_counts: { keys: ['predicted', 'actual'], sums: ['count'] },
  calibration_counts: { keys: ['bin'], sums: ['count', 'correct', 'confidence'] },
  prediction_counts: { keys: ['label', 'status'], sums: ['count'] },
  latency_counts: { keys: ['stage', 'bin'], sums: ['count', 'sum'] },
};

/** The keys joined, to what adds up under them. */
type Cells = Map<string, { readonly keys: readonly Key[]; readonly sums: number[] }>;

/** Gathers counts in memory, then adds them to their table in one statement: many events, few upserts. */
export class Tally {
  readonly #table: CountTable;
  readonly #minutes = new Map<number, Cells>();

  constructor(table: CountTable) {
    this.#table = table;
  }

  /** Adds one event, or takes one back with negative sums. */
  add(at: number, keys: readonly Key[], sums: readonly number[]): void {
    addTo(cellsOf(this.#minutes, bucketOf('minute', at)), keys, sums);
  }

  /** Writes what was gathered. Rows go in the order of their keys, so that two replicas never lock each other out. */
  async write(db: Kysely<Tables>, pkg: string, now: number): Promise<void> {
    const { keys, sums } = COLUMNS[this.#table];
    const columns = ['package', 'grain', 'bucket', ...keys, ...sums];
    const rows = this.#rows(now);
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      if (start > 0) await breathe();
      const values = rows.slice(start, start + ROWS_AT_ONCE).map((row) => sql`(${sql.join([pkg, ...row])})`);
      await sql`insert into ${sql.table(this.#table)} (${refs(columns)}) values ${sql.join(values)}
        on conflict (${refs(['package', 'grain', 'bucket', ...keys])}) do update set ${sql.join(
          sums.map((sum) => sql`${sql.ref(sum)} = ${sql.ref(`${this.#table}.${sum}`)} + ${sql.ref(`excluded.${sum}`)}`),
        )}`.execute(db);
    }
  }

  #rows(now: number): Key[][] {
    const rows: Key[][] = [];
    for (const [grain, width] of Object.entries(GRAINS) as [Grain, number][]) {
      const buckets = new Map<number, Cells>();
      for (const [minute, cells] of this.#minutes) {
        const bucket = bucketOf(grain, minute);
        if (bucket < oldest(grain, now)) continue;
        const merged = cellsOf(buckets, bucket);
        for (const cell of cells.values()) addTo(merged, cell.keys, cell.sums);
      }
      for (const [bucket, cells] of buckets) {
        for (const { keys, sums } of cells.values()) rows.push([width, bucket, ...keys, ...sums]);
      }
    }
    const keys = 2 + COLUMNS[this.#table].keys.length;
    return rows.sort((a, b) => compareKeys(a, b, keys));
  }
}

/** Removes the buckets that no window reads any more. */
export async function prune(db: Kysely<Tables>, pkg: string, now: number): Promise<void> {
  for (const table of Object.keys(COLUMNS) as CountTable[]) {
    for (const grain of ['minute', 'hour'] as const) {
      await sql`delete from ${sql.table(table)} where package = ${pkg} and grain = ${GRAINS[grain]}
        and bucket < ${oldest(grain, now)}`.execute(db);
    }
  }
}

function oldest(grain: Grain, now: number): number {
  return grain === 'all' ? 0 : Math.max(0, now - KEPT_MS[grain]);
}

function cellsOf(buckets: Map<number, Cells>, bucket: number): Cells {
  const cells = buckets.get(bucket) ?? new Map();
  buckets.set(bucket, cells);
  return cells;
}

function addTo(cells: Cells, keys: readonly Key[], sums: readonly number[]): void {
  const name = keys.join('\0');
  const cell = cells.get(name);
  if (cell === undefined) cells.set(name, { keys, sums: [...sums] });
  else for (let i = 0; i < sums.length; i++) cell.sums[i] = (cell.sums[i] as number) + (sums[i] as number);
}

function compareKeys(a: readonly Key[], b: readonly Key[], count: number): number {
  for (let i = 0; i < count; i++) {
    const [x, y] = [a[i] as Key, b[i] as Key];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function refs(columns: readonly string[]) {
  return sql.join(columns.map((column) => sql.ref(column)));
}
