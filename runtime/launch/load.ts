import type { Schema } from 'joi';
import { type Finding, KatonicError } from '../errors.js';
import type { Logger } from './contract.js';
import { checkExports } from './exports.js';
import { asError, placeOf } from './findings.js';
import { fromLoading } from './load-errors.js';
import type { KatonicPackage } from './package.js';
import { acceptsBytes, checkSchemaExports, toJsonSchema, validateBody } from './schema.js';
import { fromUser } from './user-errors.js';
import { loadUserModule } from './user-module.js';

type UserFunction = (...args: unknown[]) => unknown;

const DEFAULT_BATCH = 8;

/** A launch module that is loaded, with its schema. Every method throws {@link KatonicError} only. */
export interface Launch {
  /** JSON Schema (draft 2020-12) of the request body. */
  readonly bodySchema: unknown;
  /** How many pictures `predictBatch` takes at the most; 1 where it is not exported. */
  readonly batch: number;
  /** Whether the schema takes a picture's bytes as `data`; where it does not, it gets a data URI. */
  readonly acceptsBytes: boolean;
  /** What is worth a warning. */
  readonly findings: readonly Finding[];
  /** The `data` of a request body. Throws `invalid_input` with `where.field`. */
  validate(body: unknown): Promise<unknown>;
  /** The `data` of a request that brings a picture instead of a body. */
  validateBytes(bytes: Uint8Array): Promise<unknown>;
  /** Calls `loadmodel`. Once, before the others. */
  load(): Promise<void>;
  /** What `predict` gets: the features, or `data` itself where preprocessing is missing or says `false`. */
  preprocess(data: unknown): Promise<unknown>;
  predict(features: unknown): Promise<unknown>;
  /** As many answers as features. Present where the module exports `predictBatch`. */
  readonly predictBatch?: (features: readonly unknown[]) => Promise<readonly unknown[]>;
}

/**
 * The `data` of a request that brings this picture alone, for a first prediction; or why there is none: a schema that
 * demands more than `data` is the author's right, and nobody can make up the rest. Throws {@link KatonicError}
 * `not_an_image` for a damaged picture.
 */
export async function sampleData(
  launch: Pick<Launch, 'validateBytes'>,
  picture: Uint8Array,
): Promise<{ readonly data: unknown } | { readonly refused: string }> {
  try {
    return { data: await launch.validateBytes(picture) };
  } catch (thrown) {
    if (!(thrown instanceof KatonicError) || thrown.code !== 'invalid_input') throw thrown;
    return { refused: `the schema does not take a picture alone (${thrown.message})` };
  }
}

/**
 * Loads the launch and schema files of a package into this process, which becomes the package's own: the working directory
 * is set to the package, as the platform has it. For use in a child process.
 * Throws {@link KatonicError} `package` that names file, line, what was expected and what was found.
 */
export async function openLaunch(pkg: KatonicPackage, logger: Logger): Promise<Launch> {
  const { exports, schema, findings } = await loadModules(pkg);
  const failure = asError(findings);
  if (failure !== undefined || schema === undefined) throw failure ?? new Error('no schema and no finding');
  const { bodySchema, findings: schemaFindings } = toJsonSchema(schema, pkg.schemaFile);
  findings.push(...schemaFindings);
  for (const finding of findings) logger.warning([placeOf(finding), finding.message].filter(Boolean).join(': '));

  const functions = exports as Record<string, UserFunction | undefined>;
  const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
    try {
      return await functions[name]?.(...args, logger);
    } catch (thrown) {
      throw fromUser(thrown, pkg, name);
    }
  };
  const validate = async (body: unknown): Promise<unknown> => {
    try {
      return await validateBody(schema, body);
    } catch (thrown) {
      throw fromUser(thrown, { dir: pkg.dir, launchFile: pkg.schemaFile }, 'PredictSchema');
    }
  };
  const takesBytes = acceptsBytes(schema);
  const batched = functions.predictBatch !== undefined;
  let model: unknown;

  return {
    bodySchema,
    batch: batched ? ((exports.batchSize as number | undefined) ?? DEFAULT_BATCH) : 1,
    acceptsBytes: takesBytes,
    findings,
    validate,
    validateBytes: async (bytes) => {
      // joi's binary() takes Buffers only, and a Buffer is a Uint8Array.
      const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return validate({ data: takesBytes ? buffer : await toDataUri(buffer) });
    },
    load: async () => {
      model = await call('loadmodel');
    },
    preprocess: async (data) => {
      if (functions.preprocessing === undefined) return data;
      const features = await call('preprocessing', data);
      return features === false ? data : features;
    },
    predict: (features) => call('predict', features, model),
    ...(batched
      ? {
          predictBatch: async (features: readonly unknown[]) => {
            const answers = await call('predictBatch', features, model);
            if (Array.isArray(answers) && answers.length === features.length) return answers as unknown[];
            const came = Array.isArray(answers) ? `a list of ${answers.length}` : typeof answers;
            throw new KatonicError({
              code: 'user_code',
              message: `expected predictBatch to answer with a list of ${features.length}, one answer a picture; ${came} came`,
              where: { file: relativeLaunch(pkg), function: 'predictBatch' },
            });
          },
        }
      : {}),
  };
}

/** The launch and schema files, loaded and checked: everything that is wrong with either. The schema is absent then. */
export async function loadModules(pkg: KatonicPackage): Promise<{
  exports: Record<string, unknown>;
  schema: Schema | undefined;
  findings: Finding[];
}> {
  process.chdir(pkg.dir);
  const findings: Finding[] = [];
  const exports = await load(pkg, pkg.launchFile, findings);
  if (exports !== undefined) findings.push(...checkExports(exports, pkg.launchFile));
  const schemaExports = await load(pkg, pkg.schemaFile, findings);
  const checked = schemaExports === undefined ? undefined : checkSchemaExports(schemaExports, pkg.schemaFile);
  findings.push(...(checked?.findings ?? []));
  return { exports: exports ?? {}, schema: checked?.schema, findings };
}

async function load(
  pkg: KatonicPackage,
  file: string,
  findings: Finding[],
): Promise<Record<string, unknown> | undefined> {
  try {
    return await loadUserModule(pkg.dir, file);
  } catch (thrown) {
    findings.push(fromLoading(thrown, pkg.dir, file));
    return undefined;
  }
}

async function toDataUri(bytes: Buffer): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
  const mime = (await fileTypeFromBuffer(bytes))?.mime ?? 'application/octet-stream';
  return `data:${mime};base64,${bytes.toString('base64')}`;
}

function relativeLaunch(pkg: KatonicPackage): string {
  return pkg.launchFile.slice(pkg.dir.length + 1);
}
