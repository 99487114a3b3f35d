import type { Builder, Value } from '../builder.js';
import type { Constant } from '../graph.js';
import { numbers } from '../tensors.js';
import { Unsupported } from '../unsupported.js';
import type { OpAttributes } from './attributes.js';

/** One node of a graph model, its inputs converted. */
export interface OpCall {
  readonly b: Builder;
  readonly op: string;
  readonly name: string;
  readonly attributes: OpAttributes;
  readonly inputs: readonly Value[];
}

/** Gives one value an output. */
export type Operation = (call: OpCall) => Value | readonly Value[];
/** Operator name to conversion. */
export type OperationFamily = Readonly<Record<string, Operation>>;

export function input(call: OpCall, index: number): Value {
  const value = call.inputs[index];
  if (value === undefined) throw new Unsupported(call.op, call.name, `has no input ${index}`);
  return value;
}

/** An input that has to be in the file: a kernel, for example. */
export function constantInput(call: OpCall, index: number): Constant {
  const { constant } = input(call, index);
  if (constant === undefined) throw new Unsupported(call.op, call.name, `computes its input ${index} at run time`);
  return constant;
}

/** The elements of an input that says a shape, axes or paddings; `null` where it is known only at run time. */
export function partlyKnown(call: OpCall, index: number): readonly (number | null)[] {
  const value = input(call, index);
  if (value.known !== undefined) return value.known;
  if (value.constant !== undefined) return numbers(value.constant);
  throw new Unsupported(call.op, call.name, `computes its input ${index} at run time`);
}

export function knownNumbers(call: OpCall, index: number): number[] {
  const known = partlyKnown(call, index);
  if (known.some((item) => item === null))
    throw new Unsupported(call.op, call.name, `has an input ${index} that depends on the batch`);
  return known as number[];
}

/** Axes counted from the front. */
export function positiveAxes(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}
