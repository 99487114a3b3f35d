import { setImmediate as breathe } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { confidenceBin } from './bins.js';
import { type Database, MAX_PARAMETERS, ROWS_AT_ONCE } from './database.js';
import type { LabelSet } from './labels.js';
import type { Label } from './scoring.js';
import type { Tables } from './tables.js';
import { Tally } from './tally.js';

export interface FeedbackEntry {
  readonly predicted: Label;
  readonly actual: Label;
  /** The prediction it is about, where that is known. */
  readonly predictionId?: string | undefined;
  /** What the model gave the predicted label, between 0 and 1; for calibration. */
  readonly confidence?: number | undefined;
}

/** As exported: with the time it came, in milliseconds since 1970. */
export interface FeedbackRecord extends FeedbackEntry {
  readonly at?: number | undefined;
}

/** The bin of feedback whose prediction carried no confidence: it counts for coverage, not for calibration. */
export const NO_CONFIDENCE = -1;

const ATTEMPTS = 5;

/** Rows and their counts in one transaction, so that the figures are those of the rows. Gives the labels that were replaced, as text. */
export async function writeFeedback(
  { db, engine }: Database,
  pkg: string,
  batch: readonly FeedbackRecord[],
  now: number,
): Promise<readonly { readonly predicted: string; readonly actual: string }[]> {
  const rows = lastOfEachPrediction(batch).map((entry) => ({
    package: pkg,
    at: entry.at ?? now,
    prediction_id: entry.predictionId ?? null,
    predicted: String(entry.predicted),
    actual: String(entry.actual),
    confidence: entry.confidence ?? null,
  }));
  return retrying(() =>
    db.transaction().execute(async (transaction) => {
      // Replicas that replace feedback on the same prediction would collide; they add to the same counts anyway.
      if (engine === 'postgres') await sql`select pg_advisory_xact_lock(hashtext(${pkg}))`.execute(transaction);
      const confusion = new Tally('feedback_counts');
      const calibration = new Tally('calibration_counts');
      const count = (row: (typeof rows)[number], one: 1 | -1) => {
        confusion.add(row.at, [row.predicted, row.actual], [one]);
        if (row.prediction_id === null) return;
        const bin = row.confidence === null ? NO_CONFIDENCE : confidenceBin(row.confidence);
        const correct = row.predicted === row.actual ? one : 0;
        calibration.add(row.at, [bin], [one, correct, one * (row.confidence ?? 0)]);
      };
      const replaced = await takeBack(transaction, pkg, rows);
      for (const row of replaced) count(row, -1);
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        const some = rows.slice(start, start + ROWS_AT_ONCE);
        await transaction.insertInto('feedback').values(some).execute();
        if (rows.length > ROWS_AT_ONCE) await breathe();
      }
      for (const row of rows) count(row, 1);
      await confusion.write(transaction, pkg, now);
      await calibration.write(transaction, pkg, now);
      return replaced;
    }),
  );
}

/** Every feedback of a package by pages of its key: memory stays flat however many there are. */
export async function* feedbackRows(db: Kysely<Tables>, pkg: string, labels: LabelSet): AsyncGenerator<FeedbackRecord> {
  for (let last = 0; ; ) {
    const page = await db
      .selectFrom('feedback')
      .selectAll()
      .where('package', '=', pkg)
      .where('id', '>', last)
      .orderBy('id')
      .limit(5000)
      .execute();
    for (const row of page) {
      last = row.id;
      yield {
        at: row.at,
        predicted: labels.fromText(row.predicted),
        actual: labels.fromText(row.actual),
        predictionId: row.prediction_id ?? undefined,
        confidence: row.confidence ?? undefined,
      };
    }
    if (page.length === 0) return;
  }
}

async function takeBack(db: Kysely<Tables>, pkg: string, rows: readonly { readonly prediction_id: string | null }[]) {
  const ids = rows.flatMap((row) => (row.prediction_id === null ? [] : [row.prediction_id])).sort();
  const taken: Omit<Tables['feedback'], 'id'>[] = [];
  for (let start = 0; start < ids.length; start += MAX_PARAMETERS - 1) {
    taken.push(
      ...(await db
        .deleteFrom('feedback')
        .where('package', '=', pkg)
        .where('prediction_id', 'in', ids.slice(start, start + MAX_PARAMETERS - 1))
        .returning(['package', 'at', 'prediction_id', 'predicted', 'actual', 'confidence'])
        .execute()),
    );
  }
  return taken;
}

/** Without the entries on a prediction that a later entry of the same batch is about too. */
export function lastOfEachPrediction<Entry extends FeedbackEntry>(batch: readonly Entry[]): readonly Entry[] {
  const last = new Map<string, Entry>();
  for (const entry of batch) if (entry.predictionId !== undefined) last.set(entry.predictionId, entry);
  return batch.filter((entry) => entry.predictionId === undefined || last.get(entry.predictionId) === entry);
}

/** What PostgreSQL (SQLSTATE) and SQLite say when two writers met: nothing was written and trying again helps. */
const COLLISIONS = new Set(['23505', '40001', '40P01', 'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED']);

async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !COLLISIONS.has(String((error as { code?: unknown }).code))) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 10 * Math.random()));
    }
  }
}
