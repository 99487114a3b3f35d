import type { Insertable, Kysely } from 'kysely';
import type { PredictionEvent } from '../serving/events.js';
import type { StageTimes } from '../workers/messages.js';
import { latencyBin } from './bins.js';
import { type Database, MAX_PARAMETERS, ROWS_AT_ONCE } from './database.js';
import type { Label } from './scoring.js';
import { GRAINS, type Tables } from './tables.js';
import { prune, Tally } from './tally.js';

export interface StoredPrediction {
  readonly label: string | undefined;
  readonly confidence: number | undefined;
}

const STAGES = ['queue', 'fetch', 'decode', 'preprocess', 'infer', 'total'] as const satisfies (keyof StageTimes)[];

const FLUSH_MS = 1000;
const LONGEST_LABEL = 200;
/** Above this many unwritten predictions the oldest are dropped: a database that is away must not eat the memory. */
const MOST_BUFFERED = 50_000;
/** The rows of older predictions go; their counts stay. */
const KEPT_MS = 90 * GRAINS.day;
const PRUNE_EVERY_MS = 10 * 60_000;

/** Predictions on their way to the database: kept in memory and written together, off the way of a request. */
export class PredictionLog {
  readonly #database: Database;
  readonly #package: string;
  readonly #now: () => number;
  readonly #known: (label: Label) => Label | undefined;
  #buffer: PredictionEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #pruned: number;

  /** @param known as {@link LabelSet.known}: only labels of labels_file.json are counted apart. */
  constructor(database: Database, pkg: string, now: () => number, known: (label: Label) => Label | undefined) {
    this.#database = database;
    this.#package = pkg;
    this.#now = now;
    this.#known = known;
    this.#pruned = 0;
  }

  add(event: PredictionEvent): void {
    this.#buffer.push(event);
    this.#timer ??= setTimeout(() => {
      // A failed write keeps its events for the next one; a reader of figures is told what is wrong.
      this.flush().catch(() => this.#keepTrying());
    }, FLUSH_MS).unref();
  }

  /** What was predicted under these ids, those not yet written with them. */
  async find(ids: readonly string[]): Promise<Map<string, StoredPrediction>> {
    await this.flush();
    const found = new Map<string, StoredPrediction>();
    for (let start = 0; start < ids.length; start += MAX_PARAMETERS - 1) {
      const rows = await this.#database.db
        .selectFrom('predictions')
        .select(['id', 'label', 'confidence'])
        .where('package', '=', this.#package)
        .where('id', 'in', ids.slice(start, start + MAX_PARAMETERS - 1))
        .execute();
      for (const row of rows) {
        found.set(row.id, { label: row.label ?? undefined, confidence: row.confidence ?? undefined });
      }
    }
    return found;
  }

  /** Writes what is held; resolves once everything added before the call is in the database. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(
      () => this.#write(),
      () => this.#write(),
    );
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  #keepTrying(): void {
    if (this.#buffer.length > MOST_BUFFERED) this.#buffer = this.#buffer.slice(-MOST_BUFFERED);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#buffer;
    if (events.length === 0) return;
    this.#buffer = [];
    const now = this.#now();
    try {
      await this.#database.ready();
      await this.#database.db.transaction().execute(async (transaction) => {
        const inserted = await insertRows(transaction, this.#package, events);
        const { predictions, latencies } = this.#tally(events.filter(({ id }) => inserted.has(id)));
        await predictions.write(transaction, this.#package, now);
        await latencies.write(transaction, this.#package, now);
        if (now - this.#pruned < PRUNE_EVERY_MS) return;
        await prune(transaction, this.#package, now);
        await transaction
          .deleteFrom('predictions')
          .where('package', '=', this.#package)
          .where('at', '<', now - KEPT_MS)
          .execute();
        this.#pruned = now;
      });
    } catch (error) {
      this.#buffer = [...events, ...this.#buffer];
      throw error;
    }
  }

  #tally(events: readonly PredictionEvent[]) {
    const predictions = new Tally('prediction_counts');
    const latencies = new Tally('latency_counts');
    for (const { at, status, stages, recorded } of events) {
      const label = recorded?.label === undefined ? undefined : this.#known(recorded.label);
      predictions.add(at, [label === undefined ? '' : String(label), status], [1]);
      for (const stage of STAGES) {
        const ms = stages[stage];
        if (ms !== undefined) latencies.add(at, [stage, latencyBin(ms)], [1, ms]);
      }
    }
    return { predictions, latencies };
  }
}

/** User code may answer anything: what is no probability would spoil the sums. */
function probability(confidence: number | undefined): number | null {
  return confidence !== undefined && confidence >= 0 && confidence <= 1 ? confidence : null;
}

/** Gives the ids of those that were not there before. */
async function insertRows(db: Kysely<Tables>, pkg: string, events: readonly PredictionEvent[]): Promise<Set<string>> {
  const inserted = new Set<string>();
  const rows = events.map((event): Insertable<Tables['predictions']> => {
    const { recorded, stages } = event;
    return {
      package: pkg,
      id: event.id,
      at: event.at,
      status: event.status,
      label: recorded?.label === undefined ? null : String(recorded.label).slice(0, LONGEST_LABEL),
      confidence: probability(recorded?.confidence),
      queue_ms: stages.queue ?? null,
      fetch_ms: stages.fetch ?? null,
      decode_ms: stages.decode ?? null,
      preprocess_ms: stages.preprocess ?? null,
      infer_ms: stages.infer ?? null,
      total_ms: stages.total ?? null,
    };
  });
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const some = await db
      .insertInto('predictions')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      // What was committed while the connection broke is written once more: it must not count twice.
      .onConflict((conflict) => conflict.columns(['package', 'id']).doNothing())
      .returning('id')
      .execute();
    for (const { id } of some) inserted.add(id);
  }
  return inserted;
}
