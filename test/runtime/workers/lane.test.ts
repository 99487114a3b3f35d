import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lane } from '../../../runtime/workers/lane.js';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Lane', () => {
  it('runs one at a time, in order', async () => {
    let running = 0;
    const seen: number[] = [];
    const lane = new Lane<number, number>({
      one: async (item) => {
        running += 1;
        expect(running).toBe(1);
        await tick();
        seen.push(item);
        running -= 1;
        return item * 2;
      },
    });
    const results = await Promise.all([1, 2, 3, 4].map((item) => lane.add(item).result));
    expect(results).toEqual([2, 4, 6, 8]);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('starts an item at once when nothing runs, and batches only what waited meanwhile', async () => {
    const batches: number[][] = [];
    const lane = new Lane<number, number>(
      {
        one: async (item) => {
          batches.push([item]);
          await tick();
          return item;
        },
        many: async (items) => {
          batches.push([...items]);
          return items;
        },
      },
      3,
    );
    await Promise.all([1, 2, 3, 4, 5].map((item) => lane.add(item).result));
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('gives every caller its own answer, whatever the arrivals, the batch size and the bad items', async () => {
    const item = fc.record({ bad: fc.boolean(), afterTicks: fc.nat(3), runTicks: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), async (items, size) => {
        let largest = 0;
        const one = async (index: number) => {
          for (let i = 0; i < (items[index]?.runTicks ?? 0); i++) await tick();
          if (items[index]?.bad) throw new Error(`bad ${index}`);
          return `answer ${index}`;
        };
        const many = async (indices: readonly number[]) => {
          largest = Math.max(largest, indices.length);
          return Promise.all(indices.map(one));
        };
        const lane = new Lane<number, string>({ one, many }, size);
        const settled = await Promise.allSettled(
          items.map(async ({ afterTicks }, index) => {
            for (let i = 0; i < afterTicks; i++) await tick();
            return lane.add(index).result;
          }),
        );
        expect(largest).toBeLessThanOrEqual(size);
        settled.forEach((outcome, index) => {
          if (items[index]?.bad)
            expect(outcome).toMatchObject({ status: 'rejected', reason: { message: `bad ${index}` } });
          else expect(outcome).toEqual({ status: 'fulfilled', value: `answer ${index}` });
        });
      }),
      { numRuns: 200 },
    );
  });

  it('runs a batch singly when it fails or gives the wrong number of answers, and says why', async () => {
    for (const many of [async () => Promise.reject(new Error('no')), async () => ['only one']]) {
      const reasons: unknown[] = [];
      const one = async (item: number) => {
        await tick();
        if (item === 3) throw new Error('bad 3');
        return String(item);
      };
      const lane = new Lane<number, string>({ one, many, onBatchFailure: (reason) => reasons.push(reason) }, 8);
      const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => lane.add(item).result));
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      expect(reasons).toHaveLength(1);
    }
  });

  it('forgets a cancelled item that waits, and says that it cannot forget one that runs', async () => {
    const seen: number[] = [];
    const lane = new Lane<number, number>({
      one: async (item) => {
        seen.push(item);
        await tick();
        return item;
      },
    });
    const running = lane.add(1);
    const waiting = lane.add(2);
    const last = lane.add(3);
    expect(running.cancel()).toBe(false);
    expect(waiting.cancel()).toBe(true);
    expect(waiting.cancel()).toBe(false);
    await last.result;
    expect(seen).toEqual([1, 3]);
  });
});
