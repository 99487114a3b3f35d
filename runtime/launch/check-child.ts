/**
 * A process that tries a package out and reports findings to its parent, so that what user code does (exit, hang, print,
 * a second of type checking) stays here. Arguments: `types` or `load`, and the package's folder.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { type Finding, toProblem } from '../errors.js';
import { answerText } from './answer.js';
import type { Logger } from './contract.js';
import { error, warning } from './findings.js';
import { loadModules, openLaunch, sampleData } from './load.js';
import { type KatonicPackage, requirePackage } from './package.js';
import { checkTypes } from './types.js';

const silent: Logger = { debug() {}, info() {}, warning() {}, error() {}, exception() {} };

const [, , what, dir = '.'] = process.argv;
const pkg = await requirePackage(dir);
report(what === 'types' ? checkTypes(pkg) : await tryOut(pkg));

function report(findings: readonly Finding[]): void {
  process.send?.(findings, undefined, undefined, () => process.exit(0));
}

/** Loads the launch module, calls loadmodel, and predicts the first sample picture. */
async function tryOut(pkg: KatonicPackage): Promise<Finding[]> {
  const { findings } = await loadModules(pkg);
  if (findings.some(({ severity }) => severity === 'error')) return findings;
  try {
    const launch = await openLaunch(pkg, silent);
    await launch.load();
    const [sample] = pkg.samples;
    if (sample === undefined) {
      const remedy = 'Put a picture into samples/: it is used for the warm-up and in the printed examples.';
      return [
        ...launch.findings,
        warning('samples/none', 'there is no sample picture, so no prediction was tried', { remedy }),
      ];
    }
    const taken = await sampleData(launch, await readFile(sample));
    if ('refused' in taken) {
      const remedy = 'Try it with a request of its own: the documentation page of `serve` at /docs sends one.';
      const message = `no prediction was tried: ${taken.refused}`;
      return [...launch.findings, warning('samples/refused', message, { file: basename(pkg.schemaFile), remedy })];
    }
    const { recorded } = answerText(await launch.predict(await launch.preprocess(taken.data)));
    return [...launch.findings, ...checkLabel(pkg, recorded?.label)];
  } catch (thrown) {
    const { message, where, remedy } = toProblem(thrown);
    const called = where?.function === undefined ? '' : `${where.function}: `;
    const file = where?.file ?? basename(pkg.launchFile);
    const rest = {
      ...(where?.line === undefined ? {} : { line: where.line }),
      ...(remedy === undefined ? {} : { remedy }),
    };
    return [...findings, error('launch/fails', `${called}${message}`, { file, ...rest })];
  }
}

function checkLabel(pkg: KatonicPackage, label: number | string | undefined): Finding[] {
  const { codes } = pkg.labels;
  if (label === undefined || codes.length === 0 || codes.includes(label)) return [];
  const message = `predicted_label is ${JSON.stringify(label)}, which is not in labels_file.json (${codes.slice(0, 10).join(', ')})`;
  const remedy = 'Answer with a code of labels_file.json, so that it can go into feedback.';
  return [warning('answer/label', message, { file: basename(pkg.launchFile), remedy })];
}
