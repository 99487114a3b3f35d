import type { Facts } from '../facts.js';
import { refuse } from '../refuse.js';

type Side = number | undefined;

/** What an NHWC input shape says; a free height or width is asked for. Throws {@link KatonicError} `package`. */
export function tfjsShape(
  height: Side,
  width: Side,
  channels: Side,
  file: string,
  from: string,
): Pick<Facts, 'size' | 'channels' | 'layout' | 'dtype'> {
  if (channels !== undefined && channels !== 1 && channels !== 3) {
    throw refuse(
      `${file} takes an input of ${height ?? '?'} x ${width ?? '?'} with ${channels} channels, pictures have 1 or 3`,
      channels > 3 && (height === 1 || height === 3)
        ? 'It seems to take channels first, which TensorFlow.js layers on a CPU do not: convert it with channels last.'
        : 'Only models that take grey or colour pictures are served.',
      file,
    );
  }
  return {
    size:
      height !== undefined && width !== undefined
        ? { value: { width, height }, from, fixed: true }
        : {
            value: { width: width ?? 224, height: height ?? 224 },
            why: 'the model takes any size, and 224 is what most are trained on',
          },
    channels:
      channels === undefined
        ? { value: 3, why: 'the model does not say how many channels it takes' }
        : { value: channels, from, fixed: true },
    layout: { value: 'nhwc', from: 'TensorFlow.js', fixed: true },
    dtype: 'float32',
  };
}
