import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeVenv } from '../../../platform/platform.js';
import { pythonOrSkip } from '../../../platform/python.js';
import { type Served, serveFixture } from '../../../support/serve.js';

const python = pythonOrSkip("Triton's and KServe's own clients") as string;
const PLAIN = fileURLToPath(new URL('../../bundle/fixtures/plain', import.meta.url));
const run = promisify(execFile);

describe.skipIf(python === undefined)('the clients of others', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-v2-'));
  let served: Served;
  beforeAll(async () => {
    served = await serveFixture(PLAIN);
  });
  afterAll(async () => {
    await served?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it("Triton's works", async () => {
    const inside = makeVenv(python, join(root, 'triton'), ['tritonclient[http]']);
    const script = fileURLToPath(new URL('./triton_client.py', import.meta.url));
    const { stdout } = await run(inside, [script, served.url.replace('http://', '')]);
    const expected = await Promise.all(['one', 'two'].map(async (data) => (await served.predict(data)).text()));
    expect(JSON.parse(stdout)).toEqual({
      live: true,
      ready: true,
      model_ready: true,
      other_ready: false,
      inputs: ['data'],
      json: expected,
      binary: expected,
      picture: { bytes: 5 },
      label: [1],
      refused: expect.stringContaining('this word is refused'),
    });
  });

  it("KServe's works", async () => {
    const inside = makeVenv(python, join(root, 'kserve'), ['kserve']);
    const script = fileURLToPath(new URL('./kserve_client.py', import.meta.url));
    const { stdout } = await run(inside, [script, served.url]);
    const expected = await Promise.all(['one', 'two'].map(async (data) => (await served.predict(data)).text()));
    expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toEqual({
      live: true,
      ready: true,
      model_ready: true,
      answers: expected,
    });
  });
});
