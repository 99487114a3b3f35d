import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../runtime/feedback/database.js';
import { FeedbackLog } from '../../../runtime/feedback/feedback-log.js';
import { LabelSet } from '../../../runtime/feedback/labels.js';
import { confusionCounts } from '../../../runtime/feedback/reading.js';
import { type ConfusionCount, score } from '../../../runtime/feedback/scoring.js';
import { aStore, prediction, tempFolder } from './helpers.js';

const byPair = (counts: readonly ConfusionCount[]) =>
  new Map(counts.map(({ predicted, actual, count }) => [`${predicted} ${actual}`, count]));

const label = fc.integer({ min: 0, max: 3 });
const entry = fc.record({
  predicted: label,
  actual: label,
  // Few ids, so that feedback is replaced again and again.
  predictionId: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
});
const step = fc.record({
  /** The last one is of another package in the same file. */
  store: fc.integer({ min: 0, max: 2 }),
  what: fc.constantFrom('feedback', 'feedback', 'import', 'read', 'predict', 'labels'),
  batch: fc.array(entry, { minLength: 1, maxLength: 4 }),
});

it('knows the confusion of all feedback as it is in the file, whoever wrote it and in whichever order', async () => {
  const dataDir = tempFolder();
  const fresh = await openDatabase(dataDir);
  onTestFinished(() => fresh.db.destroy());
  const options = { dataDir, labels: [0, 1, 2, 3] };
  const names = ['shared', 'shared', 'other'] as const;
  const stores = await Promise.all(names.map((name) => aStore({ ...options, package: name })));
  const read = (i: number) =>
    confusionCounts(fresh.db, names[i] as string, 'all', 0, (stores[i] as (typeof stores)[number]).labels);

  const run = async ({ store: i, what, batch }: typeof step extends fc.Arbitrary<infer S> ? S : never) => {
    const store = stores[i] as (typeof stores)[number];
    if (what === 'feedback') return void (await store.addFeedback(batch));
    if (what === 'import') return void (await store.import(batch));
    if (what === 'read') return void (await store.read('all'));
    if (what === 'predict') return store.recordPrediction(prediction({ recorded: { label: 1 } }));
    store.labels = new LabelSet([0, 1, 2, 3]);
  };

  await fc.assert(
    // Steps of one round run at the same time in each store; two stores in one thread would wait for each other.
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      async (rounds) => {
        for (const round of rounds) {
          for (const i of stores.keys()) await Promise.all(round.filter(({ store }) => store === i).map(run));
          for (const [i, store] of stores.entries()) {
            expect(byPair((await store.read('all')).confusion)).toEqual(byPair(await read(i)));
          }
          const { all } = await (stores[0] as (typeof stores)[number]).addFeedback([{ predicted: 1, actual: 2 }]);
          expect(all).toEqual(score(await read(0), [0, 1, 2, 3]));
        }
      },
    ),
    { numRuns: 25 },
  );
});

it('reads again after a write that failed', async () => {
  const store = await aStore();
  await store.addFeedback([{ predicted: 1, actual: 1 }]);
  const broken = { predicted: 1, actual: 2, at: 'no time' as unknown as number };
  await expect(store.import([{ predicted: 1, actual: 2 }, broken])).rejects.toThrow();
  expect(byPair((await store.read('all')).confusion)).toEqual(new Map([['1 1', 1]]));
});

it('writes again once another process has let go of the file', async () => {
  const dataDir = tempFolder();
  const [database, other] = [await openDatabase(dataDir), await openDatabase(dataDir)];
  onTestFinished(async () => {
    await database.db.destroy();
    await other.db.destroy();
  });
  await database.ready();
  await sql`pragma busy_timeout = 20`.execute(database.db);
  const log = new FeedbackLog(database, 'default');
  const labels = new LabelSet([1, 2]);
  for (let i = 1; i <= 3; i++) {
    await other.db.transaction().execute(async (transaction) => {
      await sql`delete from feedback where id < 0`.execute(transaction);
      await expect(log.write([{ predicted: 1, actual: 2 }], 0)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    });
    await log.write([{ predicted: 1, actual: 1 }], 0);
    expect(byPair(await log.all(labels))).toEqual(new Map([['1 1', i]]));
  }
});
