import type { Pair } from '../primitives/window.js';
import { Unsupported } from '../unsupported.js';

/** Reads the `config` of one layer, with Keras' names (snake_case) and TensorFlow.js's defaults. */
export class LayerConfig {
  constructor(
    readonly raw: Readonly<Record<string, unknown>>,
    readonly className: string,
    readonly name: string,
  ) {}

  number(key: string, fallback: number): number {
    return this.optionalNumber(key) ?? fallback;
  }

  optionalNumber(key: string): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw this.#unknown(key, value);
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#value(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') throw this.#unknown(key, value);
    return value;
  }

  text(key: string, fallback: string): string {
    const value = this.#value(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'string') throw this.#unknown(key, value);
    return value;
  }

  /** One number for both axes, or one an axis. */
  pair(key: string, fallback: Pair): Pair {
    const value = this.#value(key);
    if (value === undefined) return fallback;
    if (typeof value === 'number') return [value, value];
    const numbers = this.numbers(key, []);
    if (numbers.length === 1) return [numbers[0]!, numbers[0]!];
    if (numbers.length !== 2) throw this.#unknown(key, value);
    return [numbers[0]!, numbers[1]!];
  }

  numbers(key: string, fallback: readonly number[]): readonly number[] {
    const value = this.#value(key);
    if (value === undefined) return fallback;
    if (typeof value === 'number') return [value];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'number')) throw this.#unknown(key, value);
    return value as number[];
  }

  /** A target shape: a free dimension is written as -1 or null. */
  numbersOrFree(key: string): readonly number[] {
    const value = this.#value(key);
    if (!Array.isArray(value)) throw this.#unknown(key, value);
    return value.map((item) => (typeof item === 'number' ? item : -1));
  }

  /** Before and after the height, then the width: Keras also takes one number, or one an axis. */
  margins(key: string, fallback: Pair): readonly [Pair, Pair] {
    const value = this.#value(key);
    if (Array.isArray(value) && Array.isArray(value[0])) {
      const [height, width] = value as [number[], number[]];
      return [
        [height[0]!, height[1]!],
        [width[0]!, width[1]!],
      ];
    }
    const [height, width] = this.pair(key, fallback);
    return [
      [height, height],
      [width, width],
    ];
  }

  padding(): 'same' | 'valid' {
    const padding = this.text('padding', 'valid').toLowerCase();
    if (padding !== 'same' && padding !== 'valid') throw this.#unknown('padding', padding);
    return padding;
  }

  /** The name of the activation; Keras writes a name or an object with one. */
  activation(key = 'activation'): string {
    const value = this.#value(key);
    if (value === undefined) return 'linear';
    if (typeof value === 'object' && 'class_name' in value) {
      const { class_name: className, config } = value as { class_name: unknown; config?: unknown };
      const name = className === 'function' ? config : className;
      if (typeof name === 'string') return name;
    }
    return this.text(key, 'linear');
  }

  /** TensorFlow.js computes channels first on some backends only. */
  requireChannelsLast(): void {
    const format = this.text('data_format', 'channels_last');
    if (format.replaceAll('_', '').toLowerCase() !== 'channelslast') throw this.#unknown('data_format', format);
  }

  #value(key: string): object | string | number | boolean | undefined {
    return (this.raw[key] ?? undefined) as object | undefined;
  }

  #unknown(key: string, value: unknown): Unsupported {
    return new Unsupported(this.className, this.name, `has ${key} = ${JSON.stringify(value)}, which is not converted`);
  }
}
