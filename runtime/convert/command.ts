import { randomUUID } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import type { OpenModel } from '../engines/engine.js';
import { onnx } from '../engines/onnx.js';
import { KatonicError } from '../errors.js';
import { type Conversion, convert } from './convert.js';
import { openReference, randomInput, type SelfCheck, selfCheck } from './self-check.js';

interface Flags {
  readonly json?: boolean;
  readonly check: boolean;
}

/** What the command found; `--json` prints it as it is. */
interface Outcome {
  readonly report: Conversion['report'];
  readonly check?: SelfCheck & { readonly ms: { readonly tfjs: number; readonly onnx: number } };
}

const TIMED_RUNS = 15;

/** `katonic-classifier convert MODEL out.onnx` */
export function convertCommand(): Command {
  return new Command('convert')
    .description('Write a TensorFlow.js model (layers or graph format) as ONNX, and compare both.')
    .argument('<model>', 'its model.json, or the folder that holds it')
    .argument('<out>', 'the .onnx file to write')
    .option('--no-check', 'do not run both models on the same input')
    .option('--json', 'print the report as JSON')
    .action(async (model: string, out: string, flags: Flags) => {
      if (!out.toLowerCase().endsWith('.onnx')) {
        throw new KatonicError({
          code: 'usage',
          message: `the output is an .onnx file; ${JSON.stringify(out)} was given`,
          remedy: 'katonic-classifier convert model.json model.onnx',
        });
      }
      const outcome = await convertTo(await modelFile(model), out, flags, (step) => process.stderr.write(`${step}\n`));
      process.stdout.write(
        flags.json === true ? `${JSON.stringify(outcome, null, 2)}\n` : `${inWords(outcome, out)}\n`,
      );
    });
}

/** The model.json of a folder, or the file itself. Throws {@link KatonicError} `usage`. */
async function modelFile(given: string): Promise<string> {
  const wrong = (came: string) =>
    new KatonicError({
      code: 'usage',
      message: `expected a model.json, or the folder that holds one; ${came}`,
      remedy: 'katonic-classifier convert model/model.json model.onnx',
    });
  const kind = await stat(given).catch(() => undefined);
  if (kind === undefined) throw wrong(`there is nothing at ${given}`);
  if (!kind.isDirectory()) return given;
  const file = join(given, 'model.json');
  if ((await stat(file).catch(() => undefined)) === undefined) throw wrong(`${given} is a folder without a model.json`);
  return file;
}

/** The file is there only when the comparison was passed, or not asked for. */
async function convertTo(model: string, out: string, flags: Flags, progress: (step: string) => void): Promise<Outcome> {
  progress(`reading and converting ${model}`);
  const { bytes, report } = await convert(model);
  const unfinished = `${out}.${randomUUID()}.onnx`;
  await writeFile(unfinished, bytes);
  try {
    const outcome: Outcome = flags.check
      ? { report, check: await compare(model, unfinished, report, progress) }
      : { report };
    if (outcome.check?.ok === false) {
      throw new KatonicError({
        code: 'engine',
        message: `the converted model was not written: ${outcome.check.reason}`,
        remedy:
          'Serve the model with TensorFlow.js (--engine tfjs), and report the model; --no-check writes the file all the same.',
        where: { file: model },
      });
    }
    await rename(unfinished, out);
    return outcome;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function compare(
  model: string,
  converted: string,
  report: Conversion['report'],
  progress: (step: string) => void,
) {
  const candidate = await onnx.open(converted, { threads: 1 });
  try {
    const reference = await openReference(model, randomInput(candidate, 1));
    try {
      progress(`comparing with ${reference.engine} on random input`);
      const check = await selfCheck(reference, candidate, report);
      progress(`timing both, ${TIMED_RUNS} runs, one thread`);
      return { ...check, ms: { tfjs: await median(reference), onnx: await median(candidate) } };
    } finally {
      await reference.dispose();
    }
  } finally {
    await candidate.dispose();
  }
}

/** Milliseconds for one picture. */
async function median(model: OpenModel): Promise<number> {
  const { data, shape } = randomInput(model, 1);
  await model.run(data, shape);
  const times: number[] = [];
  for (let i = 0; i < TIMED_RUNS; i++) {
    const start = performance.now();
    await model.run(data, shape);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[TIMED_RUNS >> 1]!;
}

function inWords({ report, check }: Outcome, out: string): string {
  const operators = Object.entries(report.operators)
    .sort(([, a], [, b]) => b - a)
    .map(([op, count]) => `${op} ${count}`);
  const rows: [string, string][] = [
    ['written', `${out} (${(report.bytes / 1e6).toFixed(1)} MB, opset 18)`],
    ['from', `a ${report.format.replace('-', ' ')} with ${report.parameters.toLocaleString('en')} parameters`],
    ['operators', operators.join(', ')],
    ...report.notes.map((note): [string, string] => ['note', note]),
  ];
  if (check === undefined) rows.push(['not compared', 'with TensorFlow.js (--no-check)']);
  else {
    const { ms } = check;
    rows.push([
      'equal',
      `largest difference ${check.difference.toExponential(1)} (allowed ${check.tolerance.toExponential(1)}), same top-1, against ${check.reference}`,
    ]);
    rows.push([
      'speed',
      `${ms.onnx.toFixed(1)} ms a picture, ${check.reference} ${ms.tfjs.toFixed(1)} ms: ${(ms.tfjs / ms.onnx).toFixed(1)} times as fast`,
    ]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}
