import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { KatonicError, toProblem } from '../errors.js';
import { isOtherPicture, isPicture, requirePackage } from '../launch/package.js';
import { childEnvironment, readSettings } from '../settings.js';
import { Pool } from '../workers/pool.js';
import { toTerminal } from './errors.js';
import { createLogger } from './logger.js';
import { addSettings } from './options.js';

/** Requests on their way for each worker: one infers, one is being decoded. */
const IN_FLIGHT = 2;

interface Flags extends Record<string, unknown> {
  readonly package: string;
  readonly json?: true;
}

export function predictCommand(): Command {
  const command = new Command('predict')
    .description('classify pictures from the terminal, through the same code as the server')
    .argument('<picture...>', 'files, folders or URLs')
    .option('--package <dir>', 'folder of the package', '.')
    .option('--json', 'print one JSON object a line');
  return addSettings(command, ['workers', 'timeoutMs', 'engine', 'threads', 'maxPixels', 'allowHosts', 'dataDir'])
    .addHelpText('after', '\nExit code: 0 all were classified, 1 some were not, 2 could not run.')
    .action(predict);
}

async function predict(given: readonly string[], flags: Flags): Promise<void> {
  const settings = readSettings(flags, process.env);
  const pkg = await requirePackage(flags.package);
  const pictures = (await Promise.all(given.map(expand))).flat();
  const [first] = pictures;
  if (first?.problem !== undefined && pictures.every(({ problem }) => problem !== undefined)) throw first.problem;
  const workers = Math.min(settings.workers, Math.max(1, Math.ceil(pictures.length / 4)));
  const { timeoutMs } = settings;
  const env = { ...process.env, ...childEnvironment(settings, pkg.dir) };
  const pool = new Pool({
    packageDir: pkg.dir,
    env,
    workers,
    queue: workers * IN_FLIGHT,
    timeoutMs,
    logger: await createLogger(),
  });
  try {
    await pool.start();
    const width = Math.max(...pictures.map(({ name }) => name.length));
    let failed = 0;
    const print = flags.json ? jsonLine : textLine;
    const asked = inOrder(pictures, workers * IN_FLIGHT, (picture) => answer(pool, picture));
    for await (const [{ name }, outcome] of asked) {
      if (outcome instanceof Error) failed += 1;
      process.stdout.write(`${print(name, outcome, width)}\n`);
    }
    if (failed > 0) process.exitCode = 1;
  } finally {
    await pool.close(0);
  }
}

type Outcome = Buffer | Error;

/** A file or URL, or what was named and is none. */
interface Picture {
  readonly name: string;
  readonly problem?: KatonicError;
}

async function answer(pool: Pool, { name: picture, problem }: Picture): Promise<Outcome> {
  if (problem !== undefined) return problem;
  try {
    const { body } = isUrl(picture)
      ? await pool.predict('json', Buffer.from(JSON.stringify({ data: picture }))).answer
      : await pool.predict('bytes', await readFile(picture)).answer;
    return body;
  } catch (thrown) {
    return thrown as Error;
  }
}

/** Runs `work` on `items`, `limit` at a time, and yields in the order of the items. */
async function* inOrder<In, Out>(
  items: readonly In[],
  limit: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<[In, Out]> {
  const running: Promise<Out>[] = [];
  for (const [index, item] of items.entries()) {
    while (running.length < Math.min(index + limit, items.length)) running.push(work(items[running.length] as In));
    yield [item, await (running[index] as Promise<Out>)];
  }
}

function jsonLine(picture: string, outcome: Outcome): string {
  if (outcome instanceof Error) {
    const { stack: _, ...error } = toProblem(outcome);
    return JSON.stringify({ picture, error });
  }
  return `{"picture":${JSON.stringify(picture)},"answer":${outcome.toString('utf8')}}`;
}

function textLine(picture: string, outcome: Outcome, width: number): string {
  if (outcome instanceof Error) return `${picture.padEnd(width)}  ${toTerminal(outcome)}`;
  const text = outcome.toString('utf8');
  const {
    predicted_class: name,
    predicted_label: code,
    confidence,
  } = (JSON.parse(text) ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof confidence !== 'number') return `${picture.padEnd(width)}  ${text}`;
  return `${picture.padEnd(width)}  ${name} (${code})  ${(confidence * 100).toFixed(1)} %`;
}

/** The pictures of a folder and its folders, or the one thing that was named. */
async function expand(given: string): Promise<Picture[]> {
  if (isUrl(given)) return [{ name: given }];
  const kind = await stat(given).catch(() => undefined);
  const wrong = (message: string) => [
    { name: given, problem: new KatonicError({ code: 'usage', message, remedy: 'Check the path and its spelling.' }) },
  ];
  if (kind === undefined) return wrong(`expected a picture, a folder or a URL; there is nothing at ${given}`);
  if (!kind.isDirectory()) return [{ name: given }];
  const names = await readdir(given, { recursive: true });
  // HEIC and the like are asked as well: each is then refused by a line that says what to do.
  const pictures = names.filter((name) => isPicture(name) || isOtherPicture(name)).sort();
  if (pictures.length === 0) return wrong(`expected pictures in the folder ${given}; none is there`);
  return pictures.map((name) => ({ name: join(given, name) }));
}

function isUrl(given: string): boolean {
  return /^https?:\/\//i.test(given);
}
