import { normalisation } from '../answers.js';
import { type Facts, type Known, pillow, type Said, type Size } from '../facts.js';
import { refuse } from '../refuse.js';
import { baseOf, type ExportSource } from '../source/source.js';
import { type Dimension, type Input, pictureInput, scoresOutput } from './ends.js';
import { type OnnxFile, readOnnx } from './model-file.js';
import { singleOutput } from './single-output.js';
import { outputForm, walkBack, walkForward } from './walk.js';

/**
 * What any ONNX image classifier tells, with the defaults where it is silent: the tools that write ONNX add to it.
 * Throws {@link KatonicError} `package`.
 */
export async function onnxFacts(source: ExportSource, file: string): Promise<{ facts: Facts; onnx: OnnxFile }> {
  const onnx = await readOnnx(source, file);
  const input = pictureInput(onnx);
  const scores = scoresOutput(onnx);
  const front = walkForward(onnx, input.name);
  const end = walkBack(onnx, scores.name);
  const shape = shapeOf(input, front.layout, file);
  const last = scores.dims.length > 1 ? scores.dims[1] : scores.dims[0];
  const size = typeof last === 'number' ? last : end.size;
  const form = outputForm(end.form, size);
  const single = singleOutput(onnx, scores.name);
  const names = single.classNames;
  const facts: Facts = {
    kind: 'onnx',
    title: `ONNX model${onnx.producer === '' ? '' : ` (${onnx.producer})`}`,
    engine: 'onnx',
    files: onnx.files,
    modelFile: baseOf(file),
    ...shape,
    dtype: input.dtype,
    pixels: pixelsOf(input, front.pixels),
    fit: { value: { fit: 'stretch' }, why: 'the graph does not say how a picture is fitted to its input' },
    order: { value: 'rgb', why: 'the graph does not say, and all but OpenCV decode so' },
    kernel: { value: 'linear', why: 'the graph does not say, and bilinear is the usual default' },
    decoding: pillow,
    output: {
      ...(size === undefined
        ? {}
        : {
            size: {
              value: size,
              from: typeof last === 'number' ? `${file} output ${scores.name}` : `${file} weights of its last layer`,
            },
          }),
      form:
        form === undefined
          ? {
              value: size === 1 ? 'probability' : 'probabilities',
              why: `the graph ends in ${end.op}, which does not tell`,
            }
          : { value: form, from: `${file} ends in ${end.op}` },
    },
    ...(names === undefined || names.length === 0 ? {} : { classNames: { value: names, from: `${file} ZipMap` } }),
    notes: [
      ...(single.rewritten === undefined
        ? []
        : [`the copy in model/ gives the scores ${single.name} alone, without the label and the maps beside them`]),
    ],
    ...(single.rewritten === undefined ? {} : { rewritten: single.rewritten }),
  };
  return { facts, onnx };
}

function pixelsOf(input: Input, front: Facts['pixels'] | undefined): Facts['pixels'] {
  if (input.dtype === 'uint8') {
    const from = `${input.name} takes uint8, so the graph scales them itself`;
    return { value: normalisation('0..255'), from, fixed: true };
  }
  return (
    front ?? {
      value: normalisation('imagenet'),
      why: 'the graph does not scale the pixels, and most PyTorch models are trained so',
    }
  );
}

function shapeOf(
  input: Input,
  hint: 'nhwc' | 'nchw' | undefined,
  file: string,
): Pick<Facts, 'size' | 'channels' | 'layout'> {
  const [, one, two, three] = input.dims;
  const first = isChannels(one);
  const last = isChannels(three);
  const from = `${file} input ${input.text}`;
  const layout: Known<'nhwc' | 'nchw'> =
    first !== last
      ? { value: first ? 'nchw' : 'nhwc', from, fixed: true }
      : hint !== undefined
        ? {
            value: hint,
            from: `${file} ${hint === 'nhwc' ? 'transposes its input' : 'gives its input to a convolution'}`,
            fixed: true,
          }
        : { value: 'nchw', why: `${input.text} does not tell which dimension holds the channels` };
  const [height, width, channels]: Dimension[] = layout.value === 'nchw' ? [two, three, one] : [one, two, three];
  if (typeof channels === 'number' && channels !== 1 && channels !== 3) {
    throw refuse(
      `the input of ${file} is ${input.text}: neither the second nor the last dimension is 1 or 3, the channels of a picture`,
      'Only models that take grey or colour pictures are served.',
      file,
    );
  }
  return {
    layout,
    channels:
      typeof channels === 'number'
        ? { value: channels as 1 | 3, from, fixed: true }
        : { value: 3, why: `${input.text} leaves the channels free` },
    size: sizeOf(height, width, input, from),
  };
}

function isChannels(side: Dimension): boolean {
  return side === 1 || side === 3;
}

function sizeOf(height: Dimension, width: Dimension, input: Input, from: string): Known<Size> {
  if (typeof height === 'number' && typeof width === 'number') {
    return { value: { width, height }, from, fixed: true } satisfies Said<Size>;
  }
  return {
    value: { width: typeof width === 'number' ? width : 224, height: typeof height === 'number' ? height : 224 },
    why: `${input.text} takes any size, and 224 is what most models are trained on`,
  };
}
