import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { compiled } from '../package-root.js';
import { type Prepared, prepareConversion, preparedBefore } from './prepare.js';

const CHILD = 'runtime/convert/prepare-child.js';
/** Characters of the end of the child's stderr that are kept: the message of a crash with its native stack. */
const TAIL = 8192;

/**
 * As `prepareConversion`, with the work in a process of its own: TensorFlow.js takes some 300 MB there that a server would
 * keep for good, and a model that crashes a runtime crashes that process alone. Nothing is kept of a crash: memory that ran
 * out is no property of the model, so the next one who opens it tries again.
 */
export async function prepareApart(path: string, cacheDir: string): Promise<Prepared> {
  const child = compiled(CHILD);
  // A bundled runtime has one file: it does the work itself.
  if (!existsSync(child)) return prepareConversion(path, cacheDir);
  const failure = await run(child, [path, cacheDir, String(process.pid)]);
  if (failure !== undefined) return { ok: false, reason: `the conversion failed: ${failure}` };
  return (await preparedBefore(path, cacheDir)) ?? { ok: false, reason: 'the model changed while it was converted' };
}

/** What the child says when it fails; where it crashed, what was last on its stderr. */
function run(script: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done, refuse) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let tail = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL);
    });
    child.on('error', refuse);
    child.on('close', (code, signal) => {
      const end = [`it ended with ${signal ?? `code ${code}`}`, lastWords(tail)].filter(Boolean).join(': ');
      done(code === 0 ? undefined : said || end);
    });
  });
}

/** The last line that names an error, else the last one. */
function lastWords(text: string): string | undefined {
  const lines = text.split('\n').flatMap((line) => line.trim() || []);
  return (
    lines.findLast((line) => /error|terminate|what\(\)|abort/i.test(line) && !/^\d+: 0x/.test(line)) ?? lines.at(-1)
  );
}
