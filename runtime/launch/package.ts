import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { type Finding, KatonicError } from '../errors.js';
import { asError, error, warning } from './findings.js';
import {
  checkKatonicFile,
  checkLabelsFile,
  joinLabels,
  KATONIC_FILE,
  type KatonicFile,
  LABELS_FILE,
  type Labels,
  type ModelType,
  modelTypeOf,
} from './labels.js';

/** A folder that was read and found to be a package; nothing of its code has run. */
export interface KatonicPackage {
  /** Absolute. */
  readonly dir: string;
  /** Without the scope. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Absolute. */
  readonly launchFile: string;
  /** Absolute. */
  readonly schemaFile: string;
  readonly labels: Labels;
  readonly modelType: ModelType;
  /** Absolute paths of the pictures in `samples/`, sorted by name. */
  readonly samples: readonly string[];
  readonly katonic: KatonicFile;
}

const EXTENSIONS = ['.ts', '.js', '.mjs', '.cjs', '.mts', '.cts'];
const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff']);
/** Pictures too, of formats that cannot be read here. */
const OTHERS = new Set(['.bmp', '.heic', '.heif', '.jp2', '.jxl']);

/**
 * Reads the files of a package that are data, and says everything that is wrong with them.
 * `pkg` is absent when there is an error among the findings.
 */
export async function readPackage(dir: string): Promise<{ pkg: KatonicPackage | undefined; findings: Finding[] }> {
  const root = resolve(dir);
  const kind = await stat(root).catch(() => undefined);
  if (!kind?.isDirectory()) {
    const found = kind === undefined ? 'there is nothing' : 'there is a file';
    const remedy = 'Give the folder that holds launch.ts.';
    return {
      pkg: undefined,
      findings: [error('package/folder', `expected a folder at ${root}; ${found}`, { remedy })],
    };
  }
  const names = (await readdir(root)).sort();
  const findings: Finding[] = [];
  const launch = sourceFile('launch', names, findings);
  const schema = sourceFile('schema', names, findings);
  const manifest = await readManifest(root, names, findings);
  const { katonic, modelType, labels } = await readLabels(root, names, findings);
  if (findings.some(({ severity }) => severity === 'error') || launch === undefined || schema === undefined) {
    return { pkg: undefined, findings };
  }
  const pkg = {
    ...manifest,
    dir: root,
    launchFile: join(root, launch),
    schemaFile: join(root, schema),
    labels,
    modelType,
    samples: await samplesOf(root, findings),
    katonic,
  };
  return { pkg, findings };
}

/** {@link readPackage}, or a {@link KatonicError} `package` that lists every error. */
export async function requirePackage(dir: string): Promise<KatonicPackage> {
  const { pkg, findings } = await readPackage(dir);
  if (pkg !== undefined) return pkg;
  throw asError(findings) ?? new KatonicError({ code: 'internal', message: `no package and no finding in ${dir}` });
}

function sourceFile(stem: 'launch' | 'schema', names: readonly string[], findings: Finding[]): string | undefined {
  const [first, second] = EXTENSIONS.map((extension) => stem + extension).filter((name) => names.includes(name));
  if (first === undefined) {
    const alike = names.find((name) => name.toLowerCase().startsWith(`${stem}.`) && EXTENSIONS.includes(extname(name)));
    const python = stem === 'launch' && names.includes('launch.py');
    const found = alike ? `${alike} is there` : python ? 'only launch.py is there' : `found ${some(names)}`;
    const holds =
      stem === 'launch' ? 'loadmodel, preprocessing and predict' : 'PredictSchema, a joi schema of the request body';
    findings.push(
      error(`${stem}/missing`, `expected ${stem}.ts (or .js, .mjs, .cjs, .mts, .cts); ${found}`, {
        remedy: alike ? `Name it ${stem}${extname(alike)}.` : `Write a ${stem}.ts that exports ${holds}.`,
      }),
    );
  } else if (second !== undefined) {
    findings.push(
      error(`${stem}/two-files`, `expected one ${stem} file; ${first} and ${second} are there`, {
        file: first,
        remedy: `Delete the one that is not meant (a compiled ${stem}.js beside its ${stem}.ts belongs in another folder).`,
      }),
    );
  }
  return first;
}

async function readManifest(root: string, names: readonly string[], findings: Finding[]) {
  const parsed = await readJson(root, 'package.json', names, findings, 'package/json');
  if (parsed === undefined && !names.includes('package.json')) {
    const remedy = 'Run `npm init -y`, and list the exact versions of what the package imports.';
    findings.push(
      warning('package/no-manifest', 'there is no package.json, which plays the part of requirements.txt', { remedy }),
    );
  }
  const { name, version, description } = (parsed ?? {}) as Record<string, unknown>;
  return {
    name: (typeof name === 'string' && name !== '' ? name : basename(root)).replace(/^@[^/]*\//, ''),
    version: typeof version === 'string' ? version : '0.0.0',
    description: typeof description === 'string' ? description : '',
  };
}

async function readLabels(root: string, names: readonly string[], findings: Finding[]) {
  const said = await readJson(root, KATONIC_FILE, names, findings, 'katonic/json');
  const checked = said === undefined ? { value: {} as KatonicFile, findings: [] } : checkKatonicFile(said);
  const katonic = checked.value;
  findings.push(...checked.findings);
  const parsed = await readJson(root, LABELS_FILE, names, findings, 'labels/json');
  const read = parsed === undefined ? { codes: [], findings: [] } : checkLabelsFile(parsed);
  findings.push(...read.findings);
  if (!names.includes(LABELS_FILE) && katonic.modelType !== 'others') {
    findings.push(
      error(
        'labels/missing',
        `expected ${LABELS_FILE}, which binary and multi-class models need for feedback; it is not there`,
        {
          remedy: `Write ${LABELS_FILE}: {"labels": [0, 1]}; or {"modelType": "others"} in ${KATONIC_FILE} for a model without classes.`,
        },
      ),
    );
  }
  const joined = joinLabels(katonic, read.codes);
  findings.push(...joined.findings);
  return { katonic, modelType: modelTypeOf(katonic, read.codes), labels: joined.labels };
}

async function readJson(
  root: string,
  name: string,
  names: readonly string[],
  findings: Finding[],
  rule: string,
): Promise<unknown> {
  if (!names.includes(name)) return undefined;
  const text = await readFile(join(root, name), 'utf8');
  if (name === 'package.json' && text.startsWith('\uFEFF')) {
    const message = 'begins with a byte order mark, and Node.js itself reads no package.json that does';
    findings.push(error(rule, message, { file: name, remedy: 'Save it as UTF-8 without a byte order mark (BOM).' }));
    return undefined;
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (thrown) {
    const { message } = thrown as SyntaxError;
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length;
    findings.push(
      error(rule, `expected JSON: ${message}`, {
        file: name,
        ...(line === undefined ? {} : { line }),
        remedy: 'Common causes: a comma after the last entry, single quotes, a comment.',
      }),
    );
    return undefined;
  }
}

async function samplesOf(root: string, findings: Finding[]): Promise<string[]> {
  const names = (await readdir(join(root, 'samples')).catch(() => [] as string[])).sort();
  const unreadable = names.filter(isOtherPicture);
  if (unreadable.length > 0) {
    const message = `${some(unreadable.map((name) => `samples/${name}`))} cannot be read, and is not used`;
    findings.push(warning('samples/format', message, { remedy: 'Convert it to JPEG or PNG.' }));
  }
  return names.filter(isPicture).map((name) => join(root, 'samples', name));
}

/** By the ending of its name. */
export function isPicture(file: string): boolean {
  return PICTURES.has(extname(file).toLowerCase());
}

/** A picture, by the ending of its name, of a format that cannot be read. */
export function isOtherPicture(file: string): boolean {
  return OTHERS.has(extname(file).toLowerCase());
}

function some(names: readonly string[]): string {
  if (names.length === 0) return 'an empty folder';
  return names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
}
