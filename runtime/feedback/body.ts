import Joi from 'joi';
import { KatonicError, type Problem } from '../errors.js';
import type { LabelSet } from './labels.js';
import type { Label } from './scoring.js';

/** A feedback body that was found right, in one of its three forms. */
export type FeedbackBody =
  /** The platform's: two lists of equal length. */
  | {
      readonly form: 'labels';
      readonly predicted: readonly Label[];
      readonly actual: readonly Label[];
      readonly warnings: readonly string[];
    }
  /** By the id that the prediction answered with. */
  | {
      readonly form: 'ids';
      readonly ids: readonly string[];
      readonly actual: readonly Label[];
      readonly warnings: readonly string[];
    }
  /** The platform's of 2022: inputs and their true labels. */
  | {
      readonly form: 'data';
      readonly data: readonly unknown[];
      readonly actual: readonly Label[];
      readonly warnings: readonly string[];
    };

/** A body with every label wrong gets this many sentences, not thousands. */
const MOST_PROBLEMS = 100;

/** Pictures of the older body: each is a prediction, and one caller must not fill the queue. */
export const MOST_INPUTS = 64;

const list = Joi.array().min(1).required();

const forms = {
  labels: Joi.object({ predicted_label: list, true_label: list }),
  ids: Joi.object({
    id: Joi.alternatives(Joi.string(), Joi.array().items(Joi.string()).min(1)).required(),
    true_label: Joi.alternatives(Joi.number().unsafe(), Joi.string(), Joi.array().min(1)).required(),
  }),
  data: Joi.object({
    data: Joi.required(),
    label: Joi.alternatives(Joi.number().unsafe(), Joi.string(), list).required(),
  }),
};

const REMEDY =
  'Send {"predicted_label": [1, 2], "true_label": [1, 3]}: two lists of equal length with codes of labels_file.json.';

/**
 * Checks the parsed body of a feedback request.
 *
 * @throws KatonicError `invalid_input`, each wrong field and index among its `problems`.
 */
export function readFeedbackBody(body: unknown, labels: LabelSet): FeedbackBody {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw refusal([problem(['body'], `expected a JSON object, got ${kind(body)}`)]);
  }
  const form = 'id' in body ? 'ids' : 'data' in body || 'label' in body ? 'data' : 'labels';
  const { error } = forms[form].validate(body, { abortEarly: false, convert: false });
  if (error !== undefined) {
    throw refusal(error.details.map(({ path, message }) => problem(['body', ...path], `${message}${got(body, path)}`)));
  }
  const reader = new LabelReader(labels);
  const read = readers[form](body as Record<string, unknown>, reader);
  if (reader.problems.length > 0) throw refusal(reader.problems);
  return { ...read, warnings: reader.warnings() };
}

type WithoutWarnings<Body> = Body extends unknown ? Omit<Body, 'warnings'> : never;

const readers = {
  labels(body: Record<string, unknown>, reader: LabelReader): WithoutWarnings<FeedbackBody> {
    const [predicted, actual] = [body.predicted_label as unknown[], body.true_label as unknown[]];
    reader.equalLengths('true_label', actual, 'predicted_label', predicted);
    return {
      form: 'labels',
      predicted: reader.read('predicted_label', predicted),
      actual: reader.read('true_label', actual),
    };
  },
  ids(body: Record<string, unknown>, reader: LabelReader): WithoutWarnings<FeedbackBody> {
    const ids = asList(body.id) as string[];
    const actual = asList(body.true_label);
    reader.equalLengths('true_label', actual, 'id', ids);
    return { form: 'ids', ids, actual: reader.read('true_label', actual, Array.isArray(body.true_label)) };
  },
  data(body: Record<string, unknown>, reader: LabelReader): WithoutWarnings<FeedbackBody> {
    const actual = asList(body.label);
    // One label with a list as long as a feature vector: the list is one input.
    const data = Array.isArray(body.data) && body.data.length === actual.length ? body.data : [body.data];
    reader.equalLengths('label', actual, 'data', data);
    reader.atMost('data', data, MOST_INPUTS);
    return { form: 'data', data, actual: reader.read('label', actual, Array.isArray(body.label)) };
  },
};

/** Reads lists of labels and gathers what is wrong in them. */
class LabelReader {
  readonly problems: Problem[] = [];
  readonly #labels: LabelSet;
  #asText = 0;

  constructor(labels: LabelSet) {
    this.#labels = labels;
  }

  read(field: string, values: readonly unknown[], indexed = true): Label[] {
    return values.map((value, i) => {
      const label = typeof value === 'number' || typeof value === 'string' ? this.#labels.known(value) : undefined;
      if (label === undefined) this.#refuse(indexed ? ['body', field, i] : ['body', field], value);
      else if (typeof label !== typeof value) this.#asText++;
      return label ?? 0;
    });
  }

  equalLengths(field: string, values: readonly unknown[], other: string, others: readonly unknown[]): void {
    if (values.length === others.length) return;
    this.problems.push(
      problem(['body', field], `expected as many as ${other} has (${others.length}), got ${values.length}`),
    );
  }

  atMost(field: string, values: readonly unknown[], most: number): void {
    if (values.length <= most) return;
    this.problems.push(problem(['body', field], `expected at most ${most} inputs, got ${values.length}`));
  }

  warnings(): string[] {
    if (this.#asText === 0) return [];
    const wanted = typeof this.#labels.labels[0] === 'string' ? 'text' : 'integers';
    return [
      `${this.#asText} labels were taken as the codes they spell; labels_file.json has ${wanted}, and so should feedback`,
    ];
  }

  #refuse(field: (string | number)[], value: unknown): void {
    if (this.problems.length >= MOST_PROBLEMS) return;
    const named = this.#labels.classes.find(({ name }) => name === value);
    const hint = named === undefined ? '' : `, which is a class name: its code is ${JSON.stringify(named.code)}`;
    this.problems.push(problem(field, `expected ${expected(this.#labels.labels)}, got ${shown(value)}${hint}`));
  }
}

function expected(labels: readonly Label[]): string {
  if (labels.length === 0) return 'a label of labels_file.json, which has none';
  const some = labels.slice(0, 12).map((label) => JSON.stringify(label));
  return `a label of labels_file.json (${some.join(', ')}${labels.length > some.length ? ', ...' : ''})`;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function problem(field: (string | number)[], message: string): Problem {
  return { code: 'invalid_input', message, where: { field }, remedy: REMEDY };
}

function refusal(problems: readonly Problem[]): KatonicError {
  return new KatonicError({ ...(problems[0] as Problem), problems });
}

function got(body: object, path: readonly (string | number)[]): string {
  const value = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], body);
  return value === undefined ? '' : `; got ${shown(value)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function kind(value: unknown): string {
  return value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : value === null
        ? 'null'
        : `a ${typeof value}`;
}
