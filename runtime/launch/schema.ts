import { basename } from 'node:path';
import type { Schema, ValidationErrorItem } from 'joi';
import { type Finding, KatonicError, type Problem } from '../errors.js';
import { isNearMiss } from './exports.js';
import { error, warning } from './findings.js';
import { lineOf } from './source-lines.js';
import { describe } from './user-errors.js';

/** What joi's `describe()` gives, as far as it is read here. */
interface Description {
  readonly type?: string;
  readonly keys?: Readonly<Record<string, Description>>;
  readonly flags?: { readonly presence?: string };
  readonly examples?: readonly unknown[];
  readonly matches?: readonly { readonly schema?: Description }[];
}

/** Checks the exports of the schema file; the schema is absent when it cannot be used. */
export function checkSchemaExports(
  exports: Readonly<Record<string, unknown>>,
  schemaFile: string,
): { schema: Schema | undefined; findings: Finding[] } {
  const file = basename(schemaFile);
  const fail = (rule: string, message: string, name: string, remedy: string) => {
    const line = lineOf(schemaFile, name);
    return {
      schema: undefined,
      findings: [error(rule, message, { file, ...(line === undefined ? {} : { line }), remedy })],
    };
  };
  const shape = 'Write `export const PredictSchema = Joi.object({ data: Joi.string().required() });`.';
  const given = exports.PredictSchema;
  if (given === undefined) {
    const others = Object.keys(exports).filter((name) => name !== 'default' && name !== '__esModule');
    const alike = others.find((name) => isNearMiss(name, 'predictschema'));
    const found = alike ?? (others.length === 0 ? 'nothing is exported' : `exported are ${others.join(', ')}`);
    const message = `expected PredictSchema, a joi schema of the request body; found ${found}`;
    return fail(
      'schema/missing',
      message,
      alike ?? 'PredictSchema',
      alike ? `Rename ${alike} to PredictSchema.` : shape,
    );
  }
  if (!isJoiSchema(given)) {
    return fail(
      'schema/kind',
      `expected PredictSchema to be a joi schema; ${describe(given)} came`,
      'PredictSchema',
      shape,
    );
  }
  const description = given.describe() as Description;
  if (description.type !== 'object') {
    const message = `expected PredictSchema to describe an object, the request body; it describes: ${description.type}`;
    return fail('schema/not-an-object', message, 'PredictSchema', shape);
  }
  if (description.keys?.data === undefined) {
    const keys = Object.keys(description.keys ?? {});
    const found = keys.length === 0 ? 'no key' : `the keys ${keys.join(', ')}`;
    return fail(
      'schema/no-data',
      `expected PredictSchema to have the key "data"; it has ${found}`,
      'PredictSchema',
      shape,
    );
  }
  return { schema: given, findings: [] };
}

/** By its form: `Joi.isSchema` refuses a schema made by another version of joi. */
function isJoiSchema(value: unknown): value is Schema {
  const candidate = value as Partial<Schema> & { $_root?: unknown };
  return (
    typeof value === 'object' &&
    value !== null &&
    candidate.$_root !== undefined &&
    typeof candidate.validateAsync === 'function'
  );
}

/** Whether a picture's bytes pass as `data`. */
export function acceptsBytes(schema: Schema): boolean {
  // A JPEG's first bytes: a schema with a rule on the size or the content refuses them where it should, at the request.
  return accepts(schema, Buffer.from([0xff, 0xd8, 0xff, 0xe0]), [
    'binary.base',
    'string.base',
    'alternatives.types',
    'alternatives.match',
    'any.only',
  ]);
}

function accepts(schema: Schema, data: unknown, kinds: readonly string[]): boolean {
  const { error: refused } = (schema as import('joi').ObjectSchema).extract('data').validate(data);
  return refused === undefined || !refused.details.some(({ type }) => kinds.includes(type) || type.endsWith('.base'));
}

/** The JSON Schema (draft 2020-12) of the body; a joi that cannot make one gives a warning and the least that is known. */
export function toJsonSchema(schema: Schema, file: string): { bodySchema: unknown; findings: Finding[] } {
  type Standard = { jsonSchema?: { input(options: { target: string }): unknown } };
  const standard = (schema as unknown as { '~standard'?: Standard })['~standard'];
  try {
    if (standard?.jsonSchema === undefined) throw new Error('this version of joi cannot make one (18.3 can)');
    return { bodySchema: standard.jsonSchema.input({ target: 'draft-2020-12' }), findings: [] };
  } catch (thrown) {
    const message = `no JSON Schema could be made of PredictSchema: ${(thrown as Error).message}`;
    const remedy = 'Requests are checked all the same; /openapi.json shows `data` without its rules.';
    return {
      bodySchema: { type: 'object', properties: { data: {} }, required: ['data'] },
      findings: [warning('schema/json-schema', message, { file: basename(file), remedy })],
    };
  }
}

/** A body with more values is refused with its first problem: joi would make a sentence for each of millions. */
const MOST_VALUES = 10_000;
const MOST_PROBLEMS = 100;

/**
 * Validates a request body and gives its `data`. Throws {@link KatonicError} `invalid_input` that names the field; where
 * several are wrong, each is among its `problems` (100 at the most).
 */
export async function validateBody(schema: Schema, body: unknown): Promise<unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new KatonicError({
      code: 'invalid_input',
      message: `expected a JSON object with "data"; ${describe(body)} came`,
      remedy: `${exampleRemedy(schema)}.`,
      where: { field: ['body'] },
    });
  }
  try {
    const valid = (await schema.validateAsync(body)) as { data: unknown };
    return valid.data;
  } catch (thrown) {
    const details = (thrown as { isJoi?: boolean; details?: ValidationErrorItem[] }).details ?? [];
    const all = details.length === 0 ? [] : allDetails(schema, body, details);
    const [first, ...others] = all.map(problem);
    if (first === undefined) throw thrown;
    const remedy = remedyFor(schema, body, all);
    const told = remedy === undefined ? first : { ...first, remedy };
    throw new KatonicError(others.length === 0 ? told : { ...told, problems: [told, ...others] }, { cause: thrown });
  }
}

const MOST_KEYS_SHOWN = 5;
/** What a body of the wrong form gets told; a rule of the author's own speaks for itself. */
const FORM = /^any\.required$|^object\.unknown$|\.base$|^alternatives\.(types|match|any)$/;

/** A body that passes by its form, and the keys that came and are not known. */
function remedyFor(schema: Schema, body: object, details: readonly ValidationErrorItem[]): string | undefined {
  if (!details.some(({ type }) => FORM.test(type))) return undefined;
  const { keys = {} } = schema.describe() as Description;
  const isMissing = details.some(({ type }) => type === 'any.required');
  const refused = details.filter(({ type, path }) => type === 'object.unknown' && path.length === 1);
  const unknown = isMissing
    ? Object.keys(body).filter((key) => !Object.hasOwn(keys, key))
    : refused.map(({ path }) => String(path[0]));
  if (unknown.length === 0) return `${exampleRemedy(schema)}.`;
  const shown = unknown.slice(0, MOST_KEYS_SHOWN).map((key) => JSON.stringify(key.slice(0, 80)));
  const more = unknown.length > shown.length ? ` and ${unknown.length - shown.length} more` : '';
  return `${exampleRemedy(schema)}; not known: ${shown.join(', ')}${more}.`;
}

function exampleRemedy(schema: Schema): string {
  const { keys = {} } = schema.describe() as Description;
  const needed = Object.entries(keys).filter(([key, { flags }]) => key === 'data' || flags?.presence === 'required');
  const example = Object.fromEntries(needed.map(([key, description]) => [key, exampleOf(key, description)]));
  return `Send a body such as ${JSON.stringify(example)}`;
}

function exampleOf(key: string, { type, examples, matches }: Description): unknown {
  if (examples?.[0] !== undefined) return examples[0];
  const kinds = [type, ...(matches ?? []).map(({ schema }) => schema?.type)];
  if (key === 'data' && kinds.some((kind) => kind === 'string' || kind === 'any'))
    return 'https://example.com/picture.jpg';
  const values: Readonly<Record<string, unknown>> = { number: 1, boolean: true, array: [], object: {} };
  return kinds.map((kind) => values[kind ?? '']).find((value) => value !== undefined) ?? '...';
}

/** A right body is validated once and stops nowhere; only a wrong one is looked at again, to its end. */
function allDetails(
  schema: Schema,
  body: object,
  found: readonly ValidationErrorItem[],
): readonly ValidationErrorItem[] {
  if (countValues(body, MOST_VALUES) === MOST_VALUES) return found;
  // External rules have run, or were not reached; they may cost, or count what they see.
  const details = schema.validate(body, { abortEarly: false, externals: false }).error?.details ?? [];
  return details.length === 0 ? found : details.slice(0, MOST_PROBLEMS);
}

/** The values inside of a JSON value, at all depths; stops at `most`. */
function countValues(value: unknown, most: number): number {
  let count = 0;
  const open = [value];
  for (let one = open.pop(); one !== undefined && count < most; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    for (const key in one) {
      if (++count === most) break;
      open.push((one as Record<string, unknown>)[key] ?? null);
    }
  }
  return count;
}

function problem(item: ValidationErrorItem): Problem {
  return { code: 'invalid_input', message: sentence(item), where: { field: ['body', ...item.path] } };
}

function sentence({ message, type, context }: ValidationErrorItem): string {
  if (type === 'any.required' || type === 'object.unknown') return message;
  return `${message}; ${describe(context?.value)} came`;
}
