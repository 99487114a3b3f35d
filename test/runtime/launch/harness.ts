import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { Problem } from '../../../runtime/errors.js';
import { compiled, packageRoot } from '../../../runtime/package-root.js';

export const fixtures: string = join(packageRoot, 'test/fixtures/packages');

/** What a launch module gave for each body: the JSON text, or the problem. */
export interface Trial {
  readonly failed?: Problem;
  readonly info?: { readonly batch: number; readonly acceptsBytes: boolean; readonly bodySchema: unknown };
  readonly warnings: readonly string[];
  readonly answers: readonly (string | Problem)[];
  readonly batch?: readonly unknown[] | Problem;
}

const SCRIPT = `
  const asked = [];
  let wake = () => {};
  process.on('message', (message) => { asked.push(message); wake(); });
  const { openLaunch } = await import(${JSON.stringify(compiled('runtime/launch/load.js'))});
  const { requirePackage } = await import(${JSON.stringify(compiled('runtime/launch/package.js'))});
  const { answerText } = await import(${JSON.stringify(compiled('runtime/launch/answer.js'))});
  const { toProblem } = await import(${JSON.stringify(compiled('runtime/errors.js'))});
  async function trial(dir, bodies, batch) {
    const warnings = [], answers = [];
    const logger = { debug() {}, info() {}, warning: (text) => warnings.push(text), error() {}, exception() {} };
    const result = { warnings, answers };
    try {
      const launch = await openLaunch(await requirePackage(dir), logger);
      result.info = { batch: launch.batch, acceptsBytes: launch.acceptsBytes, bodySchema: launch.bodySchema };
      await launch.load();
      if (batch !== undefined) result.batch = await launch.predictBatch(batch).catch(toProblem);
      for (const body of bodies) {
        try {
          const data = await (body?.bytes === undefined ? launch.validate(body) : launch.validateBytes(Buffer.from(body.bytes, 'base64')));
          answers.push(answerText(await launch.predict(await launch.preprocess(data))).text);
        } catch (thrown) { answers.push(toProblem(thrown)); }
      }
    } catch (thrown) { result.failed = toProblem(thrown); }
    return result;
  }
  for (;;) {
    while (asked.length === 0) await new Promise((resolve) => { wake = resolve; });
    const { id, dir, bodies, batch } = asked.shift();
    process.send({ id, result: await trial(dir, bodies, batch) });
  }
`;

let child: ChildProcess | undefined;
let serial = 0;
afterAll(() => child?.disconnect());

/**
 * Opens a package as the server does, in a process that holds no test runner, and asks it once for each body. The process
 * is one for a test file: typescript takes longer to load than the rest.
 */
export function tryPackage(dir: string, bodies: readonly unknown[] = [], batch?: readonly unknown[]): Promise<Trial> {
  child ??= spawn(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.setMaxListeners(100);
  const asked = child;
  const id = ++serial;
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the process ended with ${code}`));
    const listen = (message: unknown) => {
      const { id: answered, result } = message as { id: number; result: Trial };
      if (answered !== id) return;
      asked.off('message', listen).off('exit', ended);
      resolve(result);
    };
    asked.on('message', listen).on('exit', ended).send({ id, dir, bodies, batch });
  });
}

const made: string[] = [];
afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))));

/** Writes files into a new folder; `from` is a fixture to begin with. A `null` deletes the file. */
export async function makePackage(files: Readonly<Record<string, string | null>>, from?: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'katonic-package-'));
  made.push(dir);
  if (from !== undefined) await cp(join(fixtures, from), dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name);
    await mkdir(dirname(file), { recursive: true });
    if (content === null) await rm(file);
    else await writeFile(file, content);
  }
  return dir;
}
