import { KatonicError } from '../errors.js';
import { describe } from './user-errors.js';

/** What monitoring keeps of one answer, where the answer has the form of a `Classification`. */
export interface Recorded {
  readonly label?: number | string;
  readonly confidence?: number;
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** Above this an answer is a mistake (a tensor, a picture as numbers), and would stall the process that writes it. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
const MAX_DEPTH = 500;

/**
 * The JSON text of what `predict` returned, and what monitoring keeps of it. A string that parses as a JSON object or array
 * is handed on byte for byte; any other string is encoded. Throws {@link KatonicError} `user_code` for a value that JSON
 * cannot carry, naming the place inside the value.
 */
export function answerText(value: unknown): { text: string; recorded?: Recorded } {
  if (typeof value === 'string') {
    checkSize(value.length);
    const parsed = /^\s*[[{]/.test(value) ? parse(value) : undefined;
    if (parsed === undefined) return { text: JSON.stringify(value) };
    return withRecord(value, parsed);
  }
  const plain = toPlain(value, '', new Set());
  const text = JSON.stringify(plain);
  checkSize(text.length);
  return withRecord(text, plain);
}

function withRecord(text: string, value: unknown): { text: string; recorded?: Recorded } {
  const recorded = recordOf(value);
  return recorded === undefined ? { text } : { text, recorded };
}

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    // A text that only looks like JSON is a text.
    return undefined;
  }
}

/** What an answer in the form of a `Classification` says; undefined for any other form. */
function recordOf(value: unknown): Recorded | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { predicted_label: label, confidence, probabilities } = value as Record<string, unknown>;
  const isNumbers = (map: unknown): map is Record<string, number> =>
    typeof map === 'object' && map !== null && !Array.isArray(map) && Object.values(map).every(Number.isFinite);
  const recorded = {
    ...(typeof label === 'number' || typeof label === 'string' ? { label } : {}),
    ...(typeof confidence === 'number' ? { confidence } : {}),
    ...(isNumbers(probabilities) ? { probabilities } : {}),
  };
  return recorded.label === undefined ? undefined : recorded;
}

/** A copy that JSON can carry, or the error that says where it cannot. `seen` holds the objects above. */
function toPlain(value: unknown, path: string, seen: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw refuse(
        path,
        `${value}, which JSON has no number for`,
        'Check the features for NaN, and divisions by zero.',
      );
    case 'bigint':
      throw refuse(path, describe(value), 'Convert it with Number(...).');
    case 'object':
      return value === null ? null : objectToPlain(value, path, seen);
    case 'undefined':
      if (path === '') throw refuse(path, 'undefined', 'Does every branch of predict return something?');
      throw refuse(path, 'undefined', 'Leave the key out, or use null.');
    default:
      throw refuse(path, describe(value), 'Return numbers, texts, lists and plain objects.');
  }
}

function objectToPlain(value: object, path: string, seen: Set<object>): unknown {
  if (seen.has(value))
    throw refuse(path, 'an object that contains itself', 'Return a copy of the parts that are needed.');
  if (seen.size >= MAX_DEPTH)
    throw refuse(path.slice(0, 80), `nested more than ${MAX_DEPTH} deep`, 'Return a flat object.');
  seen.add(value);
  const plain = contentToPlain(value, path, seen);
  seen.delete(value);
  return plain;
}

function contentToPlain(value: object, path: string, seen: Set<object>): unknown {
  if (value instanceof Error) {
    throw refuse(path, `${value.name}: ${value.message} (an Error that was returned)`, 'Throw it instead.');
  }
  if (isTensor(value)) {
    const remedy =
      'Return its values: `Array.from(await tensor.data())`, and dispose of it. `openModel` gives typed arrays at once.';
    throw refuse(path, 'a tensor', remedy);
  }
  if (value instanceof Promise) throw refuse(path, 'a Promise', 'Put `await` before it.');
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return typedToPlain(value, path);
  if (Array.isArray(value)) return value.map((item, index) => toPlain(item, `${path}[${index}]`, seen));
  if (value instanceof Map) return toPlain(Object.fromEntries(value), path, seen);
  if (value instanceof Set) return toPlain([...value], path, seen);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return toPlain(toJSON.call(value), path, seen);
  const plain: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // As JSON.stringify has it: an optional field that is not set is left out.
    if (item === undefined) continue;
    const at = /^[A-Za-z_$][\w$]*$/.test(key)
      ? path === ''
        ? key
        : `${path}.${key}`
      : `${path}[${JSON.stringify(key)}]`;
    // Object.defineProperty, since a key may be __proto__.
    Object.defineProperty(plain, key, { value: toPlain(item, at, seen), enumerable: true });
  }
  return plain;
}

function typedToPlain(value: ArrayBufferView, path: string): number[] {
  const numbers = Array.from(value as Float32Array) as (number | bigint)[];
  const wrong = numbers.findIndex((number) => typeof number === 'number' && !Number.isFinite(number));
  if (wrong >= 0) toPlain(numbers[wrong], `${path}[${wrong}]`, new Set());
  return numbers.map((number, index) => {
    if (typeof number === 'number') return number;
    if (Number.isSafeInteger(Number(number))) return Number(number);
    throw refuse(`${path}[${index}]`, describe(number), 'It does not fit into a JSON number: return it as text.');
  });
}

/** A tensor of TensorFlow.js or of ONNX Runtime, by its form. */
function isTensor(value: object): boolean {
  const { dataSync, data, dims } = value as { dataSync?: unknown; data?: unknown; dims?: unknown };
  return typeof dataSync === 'function' || (Array.isArray(dims) && data !== undefined && 'type' in value);
}

function checkSize(length: number): void {
  if (length <= MAX_CHARACTERS) return;
  const mega = (characters: number) => `${Math.round(characters / 1024 / 1024)} MB`;
  const remedy = 'Return what the caller needs: a label, the top probabilities.';
  throw refuse('', `${mega(length)} of JSON, above the limit of ${mega(MAX_CHARACTERS)}`, remedy);
}

function refuse(path: string, came: string, remedy: string): KatonicError {
  const place = path === '' ? 'the answer' : `the answer's ${path}`;
  return new KatonicError({
    code: 'user_code',
    message: `expected predict to return a value that JSON can carry; ${place} is ${came}`,
    remedy,
    where: { function: 'predict' },
  });
}
