import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openStore } from '../../../runtime/feedback/store.js';
import { compiled } from '../../../runtime/package-root.js';

const PROGRAM = fileURLToPath(new URL('../../fixtures/feedback/acknowledge.mjs', import.meta.url));
const FEEDBACK_A_LINE = 2;

/**
 * Kills a process that acknowledges feedback, `times` times, each at another moment, and looks after each whether all
 * that was acknowledged is there, once, and whether the figures are those of the rows.
 */
export async function killAndCount(times: number, dataDir: string, databaseUrl?: string): Promise<void> {
  const name = `killed ${Math.random()}`;
  let before = 0;
  for (let round = 0; round < times; round++) {
    const acknowledged = await killAfter((round * 37) % 90, dataDir, databaseUrl, name);
    const store = await openStore({ dataDir, databaseUrl, package: name, labels: [0, 1, 2], modelType: 'multi-class' });
    let rows = 0;
    for await (const _ of store.export()) rows++;
    const { confusion, calibration } = await store.read('all');
    await store.close();
    const added = rows - before;
    expect(added, `round ${round}: acknowledged feedback was lost`).toBeGreaterThanOrEqual(acknowledged);
    // One batch more can be on the disk whose acknowledgement the kill cut off.
    expect(added, `round ${round}: feedback was stored twice`).toBeLessThanOrEqual(acknowledged + FEEDBACK_A_LINE);
    expect(sum(confusion), `round ${round}: figures are not those of the rows`).toBe(rows);
    expect(sum(calibration) * FEEDBACK_A_LINE, `round ${round}: calibration`).toBe(rows);
    before = rows;
  }
}

/** How many labels were acknowledged before the kill, which comes `ms` after the first. */
async function killAfter(ms: number, dataDir: string, databaseUrl: string | undefined, name: string): Promise<number> {
  const child = spawn(
    process.execPath,
    [PROGRAM, compiled('runtime/feedback/store.js'), dataDir, databaseUrl ?? '', name],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    lines += chunk.filter((byte) => byte === 10).length;
  });
  await Promise.race([once(child.stdout, 'data'), failed(child)]);
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill('SIGKILL');
  await once(child, 'close');
  return lines * FEEDBACK_A_LINE;
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the process ended by itself, with ${code}`);
}

function sum(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}
