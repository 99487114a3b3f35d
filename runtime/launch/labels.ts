import Joi from 'joi';
import type { Finding } from '../errors.js';
import { error, warning } from './findings.js';

export type ModelType = 'binary' | 'multi-class' | 'others';
export type Code = number | string;

/** What `katonic.json` holds: what labels_file.json has no room for. */
export interface KatonicFile {
  readonly modelType?: ModelType;
  /** In the order of the model's outputs. The file may also have the object form `{"cat": 0, "dog": 1}`. */
  readonly classes?: readonly Class[];
}

export interface Class {
  readonly name: string;
  /** As labels_file.json lists it. */
  readonly code: Code;
}

export interface Labels {
  readonly codes: readonly Code[];
  readonly classes: readonly Class[];
}

export const LABELS_FILE = 'labels_file.json';
export const KATONIC_FILE = 'katonic.json';

const code = Joi.alternatives(Joi.number().integer(), Joi.string());
const katonicSchema = Joi.object({
  modelType: Joi.string().valid('binary', 'multi-class', 'others'),
  classes: Joi.when(Joi.array(), {
    // biome-ignore lint/suspicious/noThenProperty: joi's own name for a branch
    then: Joi.array()
      .items(Joi.object({ name: Joi.string().required(), code: code.required() }).unknown())
      .min(2),
    otherwise: Joi.object().pattern(Joi.string(), code).min(2),
  }),
}).unknown();

/** Checks the parsed katonic.json; the value is empty where it is wrong. */
export function checkKatonicFile(parsed: unknown): { value: KatonicFile; findings: Finding[] } {
  const result = katonicSchema.validate(parsed, { abortEarly: false, convert: false });
  if (result.error === undefined) return { value: withClassList(result.value), findings: [] };
  const findings = result.error.details.map(({ message }) =>
    error('katonic/content', message, {
      file: KATONIC_FILE,
      remedy:
        'katonic.json looks like {"modelType": "binary", "classes": [{"name": "cat", "code": 0}, {"name": "dog", "code": 1}]}.',
    }),
  );
  return { value: {}, findings };
}

function withClassList(
  katonic: Omit<KatonicFile, 'classes'> & { classes?: Class[] | Record<string, Code> },
): KatonicFile {
  const { classes, ...rest } = katonic;
  if (classes === undefined) return rest;
  const list = Array.isArray(classes) ? classes : Object.entries(classes).map(([name, code]) => ({ name, code }));
  return { ...rest, classes: list };
}

/** Checks the parsed labels_file.json; no codes where it is wrong. */
export function checkLabelsFile(parsed: unknown): { codes: Code[]; findings: Finding[] } {
  const at = { file: LABELS_FILE, remedy: 'Write {"labels": [0, 1]}: one integer for each class.' };
  const labels = (parsed as { labels?: unknown } | null)?.labels;
  if (!Array.isArray(labels)) {
    return { codes: [], findings: [error('labels/form', 'expected {"labels": [...]}, a list of codes', at)] };
  }
  const findings: Finding[] = [];
  const wrong = labels.filter((label) => !Number.isSafeInteger(label) && (typeof label !== 'string' || label === ''));
  if (wrong.length > 0) {
    findings.push(error('labels/kind', `a label must be an integer; ${list(wrong)} came`, at));
  } else if (labels.some((label) => typeof label === 'string')) {
    const remedy = 'Encode the classes as integers and put their names in katonic.json.';
    findings.push(
      warning('labels/strings', 'labels are text; the platform describes them as encoded integers', { ...at, remedy }),
    );
  }
  const twice = labels.filter((label, index) => labels.findIndex((other) => String(other) === String(label)) !== index);
  if (twice.length > 0) findings.push(error('labels/unique', `each label may stand once; twice: ${list(twice)}`, at));
  if (labels.length < 2) {
    findings.push(error('labels/count', `at least two labels are needed; ${labels.length} came`, at));
  }
  const broken = findings.some(({ severity }) => severity === 'error');
  return { codes: broken ? [] : (labels as Code[]), findings };
}

/** The model type that is said, or the one that the number of labels gives. */
export function modelTypeOf(katonic: KatonicFile, codes: readonly Code[]): ModelType {
  return katonic.modelType ?? (codes.length === 2 ? 'binary' : codes.length > 2 ? 'multi-class' : 'others');
}

/** Names beside codes, in the order of labels_file.json; without katonic.json the codes are the names. */
export function joinLabels(katonic: KatonicFile, codes: readonly Code[]): { labels: Labels; findings: Finding[] } {
  const findings: Finding[] = [];
  const at = { file: LABELS_FILE };
  if (katonic.modelType === 'binary' && codes.length > 2) {
    const remedy = 'Keep two labels, or set "modelType": "multi-class" in katonic.json.';
    findings.push(
      error('labels/binary', `a binary model has exactly two labels; ${codes.length} came`, { ...at, remedy }),
    );
  }
  if (katonic.modelType === 'multi-class' && codes.length === 2) {
    const remedy = 'Add the missing labels, or set "modelType": "binary" in katonic.json.';
    findings.push(
      error('labels/multi-class', 'a multi-class model has more than two labels; 2 came', { ...at, remedy }),
    );
  }
  const { classes } = katonic;
  if (classes === undefined || codes.length === 0) {
    return { labels: { codes, classes: codes.map((code) => ({ name: String(code), code })) }, findings };
  }
  const named = new Map<Code, string>();
  for (const { name, code } of classes) {
    const other = named.get(code);
    if (other !== undefined) findings.push(mismatch(`"${other}" and "${name}" have the same code ${code}`));
    named.set(code, name);
    if (!codes.includes(code))
      findings.push(mismatch(`the code ${JSON.stringify(code)} of "${name}" is not in ${LABELS_FILE}`));
  }
  for (const code of codes) {
    if (!named.has(code)) findings.push(mismatch(`the label ${JSON.stringify(code)} of ${LABELS_FILE} has no name`));
  }
  return {
    labels: { codes, classes: codes.map((code) => ({ name: named.get(code) ?? String(code), code })) },
    findings,
  };
}

function mismatch(message: string): Finding {
  const remedy = `The codes in ${KATONIC_FILE} and in ${LABELS_FILE} must be the same ones.`;
  return error('katonic/classes', message, { file: KATONIC_FILE, remedy });
}

function list(values: readonly unknown[]): string {
  const shown = values.slice(0, 5).map((value) => JSON.stringify(value));
  return values.length > shown.length
    ? `${shown.join(', ')} and ${values.length - shown.length} more`
    : shown.join(', ');
}
