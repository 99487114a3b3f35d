/**
 * Keeps feedback and predictions. Comes in: labels that belong together, and what serving tells of each prediction. Goes
 * out: scores and counts for a window. It knows nothing of HTTP; `monitoring/figures.ts` makes the figures people see.
 */
import { KatonicError, type Problem, toProblem } from '../errors.js';
import type { ModelType } from '../launch/labels.js';
import type { PredictionEvent } from '../serving/events.js';
import { type Database, openDatabase } from './database.js';
import { FeedbackLog } from './feedback-log.js';
import { type LabelName, LabelSet } from './labels.js';
import { PredictionLog, type StoredPrediction } from './predictions.js';
import { type Aggregates, readWindow, type Window } from './reading.js';
import { type Label, type Scores, score } from './scoring.js';
import { type FeedbackEntry, type FeedbackRecord, feedbackRows, lastOfEachPrediction } from './writing.js';

export type { StoredPrediction } from './predictions.js';
export { type Aggregates, WINDOWS, type Window } from './reading.js';
export type { FeedbackEntry, FeedbackRecord } from './writing.js';

export interface StoreOptions {
  /** The folder for the SQLite file; made when missing. */
  readonly dataDir: string;
  /** PostgreSQL in place of SQLite, for several replicas. */
  readonly databaseUrl?: string | undefined;
  /** The codes of labels_file.json. */
  readonly labels: readonly Label[];
  /** Names for the codes, where katonic.json has them. */
  readonly classes?: readonly LabelName[];
  /** `others`: operational figures only, as on the platform. */
  readonly modelType: ModelType;
  /** Keeps packages apart in one database. Default `default`. */
  readonly package?: string;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

export interface FeedbackReport {
  /** Of this batch alone. */
  readonly batch: Scores;
  /** Of all feedback so far, this batch with it. */
  readonly all: Scores;
  /** How many of the batch took the place of an earlier feedback on the same prediction. */
  readonly replaced: number;
}

export interface Store {
  /** For the banner: the file, or the server without its password. */
  readonly where: string;
  /** Why feedback cannot be kept; `undefined` when it can. */
  readonly problem: Problem | undefined;
  /** What is served now; `--watch` puts new ones here when labels_file.json or katonic.json changes. */
  labels: LabelSet;
  modelType: ModelType;
  /**
   * Stores a batch in one transaction and scores it. Once this resolves the batch is on the disk.
   * Feedback on a prediction that already has some replaces it; inside one batch the last one counts.
   *
   * @throws KatonicError `not_ready` when it could not be stored.
   */
  addFeedback(batch: readonly FeedbackEntry[]): Promise<FeedbackReport>;
  /** Keeps a prediction in memory until the next write, at most a second later; lost when the process is killed before. */
  recordPrediction(event: PredictionEvent): void;
  /** What was predicted under these ids; an id that is not there is absent. */
  predictions(ids: readonly string[]): Promise<ReadonlyMap<string, StoredPrediction>>;
  /** Counts of a window; costs by classes and buckets, not by rows. */
  read(window: Window): Promise<Aggregates>;
  /** Every feedback, oldest first. */
  export(): AsyncIterable<FeedbackRecord>;
  /**
   * Adds feedback that carries its own time, in transactions of 10,000: a single one would keep a server beside it from
   * writing for minutes. Gives how many were added.
   *
   * @throws KatonicError whose message says how many of the first records are stored, where some are.
   */
  import(records: AsyncIterable<FeedbackRecord> | Iterable<FeedbackRecord>, options?: ImportOptions): Promise<number>;
  close(): Promise<void>;
}

export interface ImportOptions {
  /** The first so many are stored already. Default 0. */
  readonly skip?: number;
  /** Told after each transaction how many of the first records are stored by now, the skipped ones among them. */
  readonly onStored?: (count: number) => void;
}

const IMPORT_BATCH = 10_000;

/**
 * Opens the store. Where nothing can be written it still answers a store: `problem` says why, feedback is refused with
 * `not_ready` rather than lost, predictions are served and not recorded. A PostgreSQL that comes later is taken into use.
 *
 * @throws KatonicError `usage` when DATABASE_URL is no URL.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  try {
    const store = new DatabaseStore(await openDatabase(options.dataDir, options.databaseUrl), options);
    await store.tryOut();
    return store;
  } catch (error) {
    if (error instanceof KatonicError && error.code === 'not_ready') return refusing(error, options);
    throw error;
  }
}

class DatabaseStore implements Store {
  readonly where: string;
  #problem: Problem | undefined;
  labels: LabelSet;
  modelType: ModelType;
  readonly #database: Database;
  readonly #package: string;
  readonly #now: () => number;
  readonly #log: PredictionLog;
  readonly #feedback: FeedbackLog;

  constructor(database: Database, options: StoreOptions) {
    this.#database = database;
    this.where = database.where;
    this.labels = new LabelSet(options.labels, options.classes);
    this.modelType = options.modelType;
    this.#package = options.package ?? 'default';
    this.#now = options.now ?? Date.now;
    this.#feedback = new FeedbackLog(database, this.#package);
    this.#log = new PredictionLog(database, this.#package, this.#now, (label) => this.labels.known(label));
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Reaches for the database once; what is wrong becomes `problem`. */
  async tryOut(): Promise<void> {
    await this.#storing(async () => undefined).catch(() => undefined);
  }

  async addFeedback(batch: readonly FeedbackEntry[]): Promise<FeedbackReport> {
    const entries = lastOfEachPrediction(batch);
    const known = this.labels.labels;
    const own = score(
      entries.map(({ predicted, actual }) => ({ predicted, actual, count: 1 })),
      known,
    );
    if (own === undefined) {
      throw new KatonicError({ code: 'invalid_input', message: 'expected at least one label, got an empty batch' });
    }
    return this.#storing(async () => {
      const replaced = await this.#feedback.write(entries, this.#now());
      const counts = await this.#feedback.all(this.labels);
      return { batch: own, all: score(counts, known) ?? own, replaced };
    });
  }

  recordPrediction(event: PredictionEvent): void {
    this.#log.add(event);
  }

  async predictions(ids: readonly string[]): Promise<ReadonlyMap<string, StoredPrediction>> {
    return this.#storing(() => this.#log.find(ids));
  }

  async read(window: Window): Promise<Aggregates> {
    return this.#storing(async () => {
      await this.#log.flush();
      const confusion = window === 'all' ? await this.#feedback.all(this.labels) : undefined;
      return readWindow(this.#database.db, this.#package, window, this.#now(), this.labels, confusion);
    });
  }

  export(): AsyncIterable<FeedbackRecord> {
    return feedbackRows(this.#database.db, this.#package, this.labels);
  }

  async import(
    records: AsyncIterable<FeedbackRecord> | Iterable<FeedbackRecord>,
    { skip = 0, onStored }: ImportOptions = {},
  ): Promise<number> {
    let batch: FeedbackRecord[] = [];
    let seen = 0;
    let stored = skip;
    const write = async () => {
      await this.#storing(() => this.#feedback.write(batch, this.#now()));
      stored += batch.length;
      batch = [];
      onStored?.(stored);
    };
    try {
      for await (const record of records) {
        if (++seen > skip) batch.push(record);
        if (batch.length >= IMPORT_BATCH) await write();
      }
      if (batch.length > 0) await write();
    } catch (error) {
      throw stored === 0 ? error : partlyImported(error, stored);
    }
    return stored - skip;
  }

  async close(): Promise<void> {
    // Predictions that a database which is away did not take are lost, as documented; stopping must not fail for them.
    await this.#storing(() => this.#log.close()).catch(() => undefined);
    await this.#database.db.destroy();
  }

  /** A disk that is full or a server that went away is not the caller's fault: it is told so, and to try again. */
  async #storing<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.#database.ready();
      const result = await work();
      this.#problem = undefined;
      return result;
    } catch (error) {
      const refusal = error instanceof KatonicError ? error : this.#away(error);
      if (refusal.code === 'not_ready') this.#problem = toProblem(refusal);
      throw refusal;
    }
  }

  #away(cause: unknown): KatonicError {
    const message = `${this.where} did not answer: ${cause instanceof Error ? cause.message : String(cause)}`;
    const remedy = 'Send it again once the database is back; one batch is stored as a whole or not at all.';
    return new KatonicError({ code: 'not_ready', message, remedy }, { cause });
  }
}

function partlyImported(error: unknown, stored: number): KatonicError {
  const { message, ...problem } = toProblem(error);
  const rest = 'of those after them none, unless the connection broke while they were committed';
  return new KatonicError(
    {
      ...problem,
      message: `${message}. The first ${stored} feedback are stored, ${rest}`,
      remedy: `Import the rest with --skip ${stored}: the same feedback without an id counts twice otherwise.`,
    },
    { cause: error },
  );
}

function refusing(error: KatonicError, options: StoreOptions): Store {
  const refuse = async (): Promise<never> => {
    throw error;
  };
  return {
    where: error.where?.file ?? options.dataDir,
    problem: toProblem(error),
    labels: new LabelSet(options.labels, options.classes),
    modelType: options.modelType,
    addFeedback: refuse,
    recordPrediction: () => undefined,
    predictions: refuse,
    read: refuse,
    // biome-ignore lint/correctness/useYield: it refuses before the first record.
    export: async function* () {
      throw error;
    },
    import: refuse,
    close: async () => undefined,
  };
}
