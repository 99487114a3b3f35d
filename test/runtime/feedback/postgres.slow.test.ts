import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openStore, type Store, type StoreOptions } from '../../../runtime/feedback/store.js';
import { prediction, tempFolder } from './helpers.js';
import { killAndCount } from './kill.js';
import { type Postgres, postgresOrSkip, startPostgres } from './postgres.js';
import { storeBehaviour } from './store-behaviour.js';

const missing = postgresOrSkip('feedback in PostgreSQL') === undefined;
let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({
    dataDir: '/nonexistent',
    databaseUrl: postgres.url,
    package: `test ${Math.random()}`,
    labels: [1, 2, 3],
    modelType: 'multi-class',
    ...options,
  });
  expect(store.problem).toBeUndefined();
  onTestFinished(() => store.close());
  return store;
}

describe.skipIf(missing)('a store in PostgreSQL', () => {
  storeBehaviour(open);

  it('names the server, not its password', async () => {
    const url = new URL(postgres.url);
    url.password = 'secret';
    expect((await open({ databaseUrl: url.href })).where).toBe(`postgres://tester@${url.host}/postgres`);
  });

  it('is brought up to date by replicas that start at the same time', async () => {
    const fresh = await startPostgres();
    onTestFinished(() => fresh.stop());
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => open({ databaseUrl: fresh.url, package: 'shared' })),
    );
    await Promise.all(stores.map((store) => store.addFeedback([{ predicted: 1, actual: 1 }])));
    expect((await stores[0]!.read('all')).confusion).toEqual([{ predicted: 1, actual: 1, count: 4 }]);
  });

  it('counts right when replicas write at the same time, about the same predictions too', async () => {
    const name = `replicas ${Math.random()}`;
    const stores = await Promise.all(Array.from({ length: 4 }, () => open({ package: name })));
    const labels = [1, 2, 3];
    await Promise.all(
      stores.flatMap((store, replica) =>
        Array.from({ length: 25 }, (_, i) =>
          store.addFeedback([
            { predicted: labels[(i + replica) % 3]!, actual: labels[i % 3]!, predictionId: `shared ${i % 5}` },
            { predicted: labels[i % 3]!, actual: labels[replica % 3]! },
          ]),
        ),
      ),
    );
    const { confusion, calibration } = await stores[0]!.read('all');
    expect(confusion.reduce((sum, { count }) => sum + count, 0)).toBe(100 + 5);
    expect(calibration.reduce((sum, { count }) => sum + count, 0)).toBe(5);
    expect(confusion.every(({ count }) => count > 0)).toBe(true);
  });

  it('keeps acknowledged feedback when the server is killed', () => killAndCount(10, tempFolder(), postgres.url));

  it('answers not_ready while the server is away, and goes on when it is back', async () => {
    const own = await startPostgres();
    onTestFinished(() => own.stop());
    const store = await open({ databaseUrl: own.url });
    await store.addFeedback([{ predicted: 1, actual: 1 }]);
    await own.halt();
    await expect(store.addFeedback([{ predicted: 1, actual: 1 }])).rejects.toMatchObject({ code: 'not_ready' });
    store.recordPrediction(prediction({ id: 'meanwhile' }));
    await expect(store.read('all')).rejects.toMatchObject({ code: 'not_ready' });
    expect(store.problem?.code).toBe('not_ready');
    await own.start();
    expect((await store.addFeedback([{ predicted: 1, actual: 1 }])).all.count).toBe(2);
    expect((await store.predictions(['meanwhile'])).size).toBe(1);
    expect(store.problem).toBeUndefined();
  });

  it('is taken into use when it starts after us', async () => {
    const own = await startPostgres();
    onTestFinished(() => own.stop());
    await own.halt();
    const options = { dataDir: '/nonexistent', labels: [1], modelType: 'multi-class' } as const;
    const store = await openStore({ ...options, databaseUrl: own.url });
    onTestFinished(() => store.close());
    expect(store.problem).toMatchObject({ code: 'not_ready', remedy: expect.stringContaining('DATABASE_URL') });
    await own.start();
    expect((await store.addFeedback([{ predicted: 1, actual: 1 }])).all.count).toBe(1);
  });
});
