import { sql } from 'kysely';
import type { Database } from './database.js';
import type { LabelSet } from './labels.js';
import { confusionCounts } from './reading.js';
import type { ConfusionCount } from './scoring.js';
import { type FeedbackRecord, lastOfEachPrediction, writeFeedback } from './writing.js';

/** Above this many cells they are read each time: some 40 MB of memory are enough. */
const MOST_CELLS = 250_000;

interface Pair {
  readonly predicted: string;
  readonly actual: string;
}

interface Kept {
  /** What SQLite says as long as nobody else has written. */
  readonly version: number;
  readonly labels: LabelSet;
  /** Of all feedback, by both labels. A cell is replaced, never changed: readers hold it. */
  readonly cells: Map<string, ConfusionCount>;
}

/**
 * Writes feedback and knows the confusion of all of it, which with many classes costs more to read than the feedback to
 * write. With SQLite it stays in memory, is brought along by what is written here, and is read anew once another process
 * has written (`PRAGMA data_version`). PostgreSQL has no such number, and replicas write all the time: there it is read.
 */
export class FeedbackLog {
  readonly #database: Database;
  readonly #package: string;
  #kept: Kept | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(database: Database, pkg: string) {
    this.#database = database;
    this.#package = pkg;
  }

  /** In one transaction; gives how many of the batch took the place of an earlier feedback on the same prediction. */
  write(batch: readonly FeedbackRecord[], now: number): Promise<number> {
    const entries = lastOfEachPrediction(batch);
    return this.#alone(async () => {
      try {
        const replaced = await writeFeedback(this.#database, this.#package, entries, now);
        for (const pair of replaced) this.#count(pair, -1);
        for (const { predicted, actual } of entries) {
          this.#count({ predicted: String(predicted), actual: String(actual) }, 1);
        }
        return replaced.length;
      } catch (error) {
        // Whether a commit that failed was written is not known.
        this.#kept = undefined;
        throw error;
      }
    });
  }

  /** The confusion counts of all feedback, as they are in the database now. */
  all(labels: LabelSet): Promise<readonly ConfusionCount[]> {
    return this.#alone(async () => {
      const { db, engine } = this.#database;
      if (engine !== 'sqlite') return confusionCounts(db, this.#package, 'all', 0, labels);
      // Before the cells: what is written between the two makes the next reader read again.
      const version = await this.#version();
      if (this.#kept?.version === version && this.#kept.labels === labels) return [...this.#kept.cells.values()];
      const counts = await confusionCounts(db, this.#package, 'all', 0, labels);
      const cells = new Map(counts.map((cell) => [keyOf(String(cell.predicted), String(cell.actual)), cell]));
      this.#kept = cells.size > MOST_CELLS ? undefined : { version, labels, cells };
      return counts;
    });
  }

  #count({ predicted, actual }: Pair, by: 1 | -1): void {
    if (this.#kept === undefined) return;
    const { cells, labels } = this.#kept;
    const key = keyOf(predicted, actual);
    const cell = cells.get(key) ?? { predicted: labels.fromText(predicted), actual: labels.fromText(actual), count: 0 };
    cells.set(key, { ...cell, count: cell.count + by });
    if (cells.size > MOST_CELLS) this.#kept = undefined;
  }

  async #version(): Promise<number> {
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(this.#database.db);
    return (rows[0] as { data_version: number }).data_version;
  }

  /** What is in memory must not be read between a write and its count; SQLite does one thing at a time anyway. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#database.engine !== 'sqlite') return work();
    const done = this.#turn.then(work, work);
    this.#turn = done;
    return done;
  }
}

function keyOf(predicted: string, actual: string): string {
  return `${predicted}\0${actual}`;
}
