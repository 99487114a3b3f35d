import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientTools } from '../../../platform/environments.js';
import { pythonOrSkip } from '../../../platform/python.js';
import { type Served, serveFixture } from '../../../support/serve.js';

const python = pythonOrSkip("Triton's and KServe's own clients") as string;
const PLAIN = fileURLToPath(new URL('../../bundle/fixtures/plain', import.meta.url));
const run = promisify(execFile);

describe.skipIf(python === undefined)('the clients of others', () => {
  let served: Served;
  let inside: string;
  beforeAll(async () => {
    inside = await clientTools(python);
    served = await serveFixture(PLAIN);
  });
  afterAll(async () => {
    await served?.close();
  });

  it("Triton's works", async () => {
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
