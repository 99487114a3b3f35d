import type { Builder, Value } from '../builder.js';
import type { Constant } from '../graph.js';
import type { LayerConfig } from './config.js';

/** One call of one layer. */
export interface LayerCall {
  readonly b: Builder;
  readonly config: LayerConfig;
  /** The first input: all that most layers have. */
  readonly x: Value;
  readonly inputs: readonly Value[];
  /** A weight of this layer, for example `kernel`. @throws Unsupported when the file does not hold it. */
  weight(name: string): Constant;
}

export type Layer = (call: LayerCall) => Value;
/** Class name to conversion. */
export type LayerFamily = Readonly<Record<string, Layer>>;
