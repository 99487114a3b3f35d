import { KatonicError } from '../errors.js';

/**
 * Thrown while a TensorFlow.js model is converted, when something in it has no counterpart here. The model itself
 * is not wrong: it opens with TensorFlow.js as before, and `reason` is what the banner says.
 */
export class Unsupported extends KatonicError {
  override readonly name: string = 'Unsupported';
  /** The operator or layer class in the way, for example `LSTM`. */
  readonly operator: string;

  constructor(operator: string, node: string, why = 'has no counterpart in this converter') {
    super({
      code: 'engine',
      message: `${operator}${node === '' ? '' : ` "${node}"`} ${why}`,
      remedy: 'Open the model with TensorFlow.js (--engine tfjs), or export it to ONNX where it was trained.',
    });
    this.operator = operator;
  }
}
