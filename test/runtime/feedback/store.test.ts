import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { KatonicError } from '../../../runtime/errors.js';
import { openStore } from '../../../runtime/feedback/store.js';
import { aStore, prediction, tempFolder } from './helpers.js';
import { storeBehaviour } from './store-behaviour.js';

describe('a store in SQLite', () => {
  storeBehaviour(aStore);

  it('survives being closed and opened again', async () => {
    const dataDir = join(tempFolder(), 'made', 'when missing');
    const options = { dataDir, labels: [0, 1], modelType: 'binary' } as const;
    const first = await openStore(options);
    await first.addFeedback([{ predicted: 0, actual: 0 }]);
    first.recordPrediction(prediction({ id: 'kept' }));
    await first.close();
    const second = await aStore(options);
    expect((await second.addFeedback([{ predicted: 1, actual: 0 }])).all.accuracy).toBe(0.5);
    expect((await second.predictions(['kept'])).size).toBe(1);
  });
});

describe('an import that breaks off', () => {
  const labels = [0, 1];
  const records = Array.from({ length: 25_000 }, (_, i) => ({ predicted: i % 2, actual: 0 }));

  it('says how many are stored, and goes on from there', async () => {
    const dataDir = tempFolder();
    const store = await aStore({ dataDir, labels });
    const other = new Libsql(join(dataDir, 'feedback.db'));
    const rename = (from: string, to: string) => other.exec(`alter table ${from} rename to ${to}`);
    function* breaking() {
      for (const [i, record] of records.entries()) {
        if (i === 15_000) rename('feedback', 'gone');
        yield record;
      }
    }
    const stored: number[] = [];
    const failed = await store.import(breaking(), { onStored: (count) => stored.push(count) }).catch((error) => error);
    expect(failed).toMatchObject({ code: 'not_ready', remedy: expect.stringContaining('--skip 10000') });
    expect(failed.message).toContain('The first 10000 feedback are stored');
    expect(stored).toEqual([10_000]);
    rename('gone', 'feedback');
    other.close();
    expect((await store.read('all')).confusion.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
    expect(await store.import(records, { skip: 10_000 })).toBe(15_000);
    expect([...(await store.read('all')).confusion].sort((a, b) => Number(a.predicted) - Number(b.predicted))).toEqual([
      { predicted: 0, actual: 0, count: 12_500 },
      { predicted: 1, actual: 0, count: 12_500 },
    ]);
  });

  it('says nothing of the kind where nothing is stored', async () => {
    const broken = async function* () {
      yield records[0]!;
      throw new KatonicError({ code: 'usage', message: 'line 2 is wrong' });
    };
    const store = await aStore({ labels });
    await expect(store.import(broken())).rejects.toMatchObject({ message: 'line 2 is wrong' });
  });
});

describe('a store that cannot be written', () => {
  const labels = [0, 1];

  it.each([
    [
      'a file in place of the folder',
      () => {
        const file = join(tempFolder(), 'file');
        writeFileSync(file, '');
        return file;
      },
    ],
    [
      'a database that is no database',
      () => {
        const folder = tempFolder();
        writeFileSync(
          join(folder, 'feedback.db'),
          'this is not SQLite, and it is long enough to be looked at'.repeat(50),
        );
        return folder;
      },
    ],
    [
      'a folder where the database should be',
      () => {
        const folder = tempFolder();
        mkdirSync(join(folder, 'feedback.db'));
        return folder;
      },
    ],
  ])('%s: says so and refuses feedback with not_ready', async (_what, make) => {
    const store = await aStore({ dataDir: make(), labels });
    expect(store.problem).toMatchObject({ code: 'not_ready', remedy: expect.stringContaining('--data-dir') });
    await expect(store.addFeedback([{ predicted: 0, actual: 0 }])).rejects.toMatchObject({ code: 'not_ready' });
    store.recordPrediction(prediction());
    await expect(store.read('all')).rejects.toMatchObject({ code: 'not_ready' });
  });

  it.skipIf(process.getuid?.() === 0)('a file that can only be read: says so at start', async () => {
    const dataDir = tempFolder();
    await (await openStore({ dataDir, labels, modelType: 'binary' })).close();
    chmodSync(join(dataDir, 'feedback.db'), 0o400);
    expect((await aStore({ dataDir, labels })).problem?.code).toBe('not_ready');
  });

  it.skipIf(process.getuid?.() === 0)('a read-only folder: says so', async () => {
    const dataDir = tempFolder();
    chmodSync(dataDir, 0o500);
    expect((await aStore({ dataDir, labels })).problem?.code).toBe('not_ready');
  });

  it('a PostgreSQL that does not answer: says so, without its password', async () => {
    const store = await aStore({ databaseUrl: 'postgres://user:secret@127.0.0.1:1/none', labels });
    expect(store.problem).toMatchObject({ code: 'not_ready' });
    expect(JSON.stringify(store.problem?.message)).not.toContain('secret');
  });

  it('a DATABASE_URL that is no URL is refused at start', async () => {
    await expect(
      openStore({ dataDir: tempFolder(), databaseUrl: 'localhost', labels, modelType: 'binary' }),
    ).rejects.toMatchObject({ code: 'usage' });
  });
});
