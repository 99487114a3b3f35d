import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { compiled } from '../package-root.js';
import { type Prepared, prepareConversion, preparedBefore } from './prepare.js';

const CHILD = 'runtime/convert/prepare-child.js';

/**
 * As `prepareConversion`, with the work for a new model in a process of its own: TensorFlow.js takes some 300 MB there that
 * a server would keep for good, and a model that crashes a runtime crashes that process alone.
 */
export async function prepareApart(path: string, cacheDir: string): Promise<Prepared> {
  const before = await preparedBefore(path, cacheDir);
  if (before !== undefined) return before;
  const child = compiled(CHILD);
  // A bundled runtime has one file: it does the work itself.
  if (!existsSync(child)) return prepareConversion(path, cacheDir);
  const failure = await run(child, [path, cacheDir]);
  if (failure !== undefined) return { ok: false, reason: `the conversion failed: ${failure}` };
  return (await preparedBefore(path, cacheDir)) ?? { ok: false, reason: 'the model changed while it was converted' };
}

/** What the child says when it fails. */
function run(script: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done, refuse) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', refuse);
    child.on('close', (code, signal) => {
      done(code === 0 ? undefined : said || `it ended with ${signal ?? `code ${code}`}`);
    });
  });
}
