import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KatonicError } from '../errors.js';
import { requirePackage } from '../launch/package.js';
import { dataDirOf, readSettings, SETTINGS } from '../settings.js';
import { openStore, type Store } from './store.js';
import { type Format, formatOf, read, write } from './transfer.js';

interface ExportFlags {
  readonly output?: string;
  readonly format?: Format;
}

interface ImportFlags {
  readonly format?: Format;
  readonly skip: number;
}

/** `katonic-classifier feedback export|import`. */
export function feedbackCommand(): Command {
  const command = new Command('feedback').description('take feedback out of the store, or put it in');
  const exporting = new Command('export')
    .description('write all feedback of a package as CSV or JSON lines, to standard output unless --output is given')
    .argument('[path]', 'folder of the package', '.')
    .option('-o, --output <file>', 'file to write')
    .action(exportFeedback);
  const importing = new Command('import')
    .description('add the feedback of a CSV or JSON lines file; nothing is added when a line of it is wrong')
    .argument('<file>', 'file with the fields predicted_label, true_label and, where known, at, id, confidence')
    .argument('[path]', 'folder of the package', '.')
    .option(
      '--skip <count>',
      'leave out the first so many feedback of the file, which are stored already',
      wholeNumber,
      0,
    )
    .action(importFeedback);
  for (const one of [exporting, importing]) {
    one.addOption(
      new Option('--format <format>', 'csv or jsonl (default: by the name of the file)').choices(['csv', 'jsonl']),
    );
    for (const { flag, help, env } of [SETTINGS.dataDir, SETTINGS.databaseUrl])
      one.option(flag, `${help} (env: ${env})`);
    command.addCommand(one);
  }
  return command;
}

async function exportFeedback(path: string, flags: ExportFlags): Promise<void> {
  const { output } = flags;
  const format = flags.format ?? (output === undefined ? 'csv' : formatFor(output));
  await withStore(path, flags, async (store) => {
    const lines = Readable.from(write(store.export(), format));
    if (output === undefined) await pipeline(lines, process.stdout, { end: false });
    else await pipeline(lines, createWriteStream(output));
  });
}

async function importFeedback(file: string, path: string, flags: ImportFlags): Promise<void> {
  const { format = formatFor(file), skip } = flags;
  await withStore(path, flags, async (store) => {
    // Once to the end before the first record is stored: a wrong line leaves nothing behind.
    let count = 0;
    for await (const _ of read(file, format, store.labels)) count++;
    if (skip > count) throw tooFewToSkip(file, count, skip);
    const added = await store.import(read(file, format, store.labels), {
      skip,
      // Whoever stops it has to know where to go on.
      onStored: (stored) => {
        if (stored < count) process.stderr.write(`${stored} of ${count} stored\n`);
      },
    });
    process.stdout.write(`${added} feedback added to ${store.where}\n`);
  });
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number from 0.');
}

function tooFewToSkip(file: string, count: number, skip: number): KatonicError {
  return new KatonicError({
    code: 'usage',
    message: `--skip: expected at most ${count}, which is what ${file} holds, got ${skip}`,
    remedy: 'Give the number that the interrupted import of the same file named.',
    where: { file },
  });
}

async function withStore(path: string, flags: object, work: (store: Store) => Promise<void>): Promise<void> {
  const settings = readSettings({ ...flags }, process.env);
  const pkg = await requirePackage(path);
  const store = await openStore({
    dataDir: dataDirOf(settings, pkg.dir),
    databaseUrl: settings.databaseUrl,
    labels: pkg.labels.codes,
    classes: pkg.labels.classes,
    modelType: pkg.modelType,
    package: pkg.name,
  });
  try {
    if (store.problem !== undefined) throw new KatonicError(store.problem);
    await work(store);
  } finally {
    await store.close();
  }
}

function formatFor(file: string): Format {
  const format = formatOf(file);
  if (format !== undefined) return format;
  throw new KatonicError({
    code: 'usage',
    message: `expected a file that ends in .csv, .jsonl or .ndjson, got ${file}`,
    remedy: 'Say what it is with --format csv or --format jsonl.',
    where: { file },
  });
}
