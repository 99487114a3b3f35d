import type { ElementType } from '../graph.js';
import { Unsupported } from '../unsupported.js';

interface RawAttribute {
  readonly i?: number | string;
  readonly f?: number | string;
  readonly b?: boolean;
  readonly s?: string | readonly number[];
  readonly type?: string | number;
  readonly shape?: { readonly dim?: readonly { readonly size?: number | string }[]; readonly unknownRank?: boolean };
  readonly list?: { readonly i?: readonly (number | string)[]; readonly s?: readonly (string | readonly number[])[] };
}

/** A node of a graph model, as TensorFlow.js writes it. */
export interface RawNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, RawAttribute>>;
}

/** By name and by number in TensorFlow's `types.proto`; TensorFlow.js computes every integer as int32. */
const TYPES: Readonly<Record<string, ElementType>> = {
  DT_FLOAT: 'float32',
  DT_HALF: 'float32',
  DT_DOUBLE: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_INT8: 'int32',
  DT_UINT8: 'int32',
  DT_BOOL: 'bool',
  1: 'float32',
  19: 'float32',
  2: 'float32',
  3: 'int32',
  9: 'int32',
  6: 'int32',
  4: 'int32',
  10: 'bool',
};

/** Reads the attributes of one node of a graph model. */
export class OpAttributes {
  constructor(readonly node: RawNode) {}

  number(key: string, fallback: number): number {
    const attribute = this.#raw(key);
    const value = attribute?.i ?? attribute?.f;
    return value === undefined ? fallback : Number(value);
  }

  flag(key: string, fallback = false): boolean {
    return this.#raw(key)?.b ?? fallback;
  }

  numbers(key: string, fallback: readonly number[] = []): readonly number[] {
    const list = this.#raw(key)?.list;
    return list === undefined ? fallback : (list.i ?? []).map(Number);
  }

  text(key: string, fallback: string): string {
    const value = this.#raw(key)?.s;
    return value === undefined ? fallback : decode(value);
  }

  texts(key: string): readonly string[] {
    return (this.#raw(key)?.list?.s ?? []).map(decode);
  }

  type(key: string, fallback: ElementType): ElementType {
    const type = this.#raw(key)?.type;
    if (type === undefined) return fallback;
    const found = TYPES[type];
    if (found === undefined) throw new Unsupported(this.node.op, this.node.name, `is of type ${type}`);
    return found;
  }

  /** Free dimensions are `null`; `undefined` when the rank is free. */
  shape(key: string): readonly (number | null)[] | undefined {
    const shape = this.#raw(key)?.shape;
    if (shape === undefined || shape.unknownRank === true) return undefined;
    return (shape.dim ?? []).map(({ size }) => (size === undefined || Number(size) < 0 ? null : Number(size)));
  }

  #raw(key: string): RawAttribute | undefined {
    return this.node.attr?.[key];
  }
}

/** Text is base64 in model.json, or a list of its bytes. */
function decode(value: string | readonly number[]): string {
  return typeof value === 'string'
    ? Buffer.from(value, 'base64').toString('latin1')
    : Buffer.from(value).toString('latin1');
}
