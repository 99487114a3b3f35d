import type { ExportReader, Facts, Said } from '../facts.js';
import { namesBeside, namesOf } from '../names.js';
import { onnxFacts } from '../onnx/onnx-facts.js';
import { parsePythonLiteral } from '../python-literal.js';
import { count, refuse } from '../refuse.js';
import type { ExportSource } from '../source/source.js';

/** An ONNX file of any converter: torch.onnx.export, tf2onnx, skl2onnx, PaddlePaddle, MATLAB and others. */
export const plainOnnx: ExportReader = {
  recognises: async (source) => (await findOnnx(source)) !== undefined,
  read: async (source) => {
    const file = (await findOnnx(source))!;
    const { facts, onnx } = await onnxFacts(source, file);
    const names = (await namesBeside(source, file)) ?? namesInside(onnx.metadata, file) ?? facts.classNames;
    return { ...facts, ...guessesFor(onnx.producer, facts), ...(names === undefined ? {} : { classNames: names }) };
  },
};

/** The ONNX file that was named, or the only one that is there. Throws {@link KatonicError} `package` where there are several. */
export async function findOnnx(source: ExportSource): Promise<string | undefined> {
  if (source.chosen !== undefined) return /\.onnx$/i.test(source.chosen) ? source.chosen : undefined;
  const found = source.files.filter((file) => /\.onnx$/i.test(file));
  if (found.length > 1 && !found.includes('model.onnx')) {
    throw refuse(
      `${source.shown} holds ${count(found.length, 'ONNX file')}: ${found.slice(0, 6).join(', ')}`,
      `Name one of them, for example --model ${source.shown}/${found[0]}.`,
      found[0],
    );
  }
  return found.includes('model.onnx') ? 'model.onnx' : found[0];
}

/** Keras and its converters mean other defaults than PyTorch. */
function guessesFor(producer: string, facts: Facts): Partial<Facts> {
  if (/pytorch/i.test(producer)) {
    return 'why' in facts.fit
      ? { fit: { value: { fit: 'crop' }, why: 'the graph does not say, and torchvision cuts the centre' } }
      : {};
  }
  if (/tf2onnx|keras/i.test(producer) && 'why' in facts.pixels) {
    return {
      pixels: {
        value: { scale: 1 / 255, mean: 0, std: 1 },
        why: 'the graph does not scale the pixels, and 0..1 is what most Keras code gives',
      },
    };
  }
  return {};
}

/** Names that an exporter wrote into the file itself. */
function namesInside(metadata: ReadonlyMap<string, string>, file: string): Said<readonly string[]> | undefined {
  for (const key of ['names', 'labels', 'classes', 'class_names', 'id2label']) {
    const text = metadata.get(key);
    if (text === undefined) continue;
    const names =
      namesOf(parsePythonLiteral(text)) ??
      (text.includes(',') ? text.split(',').map((name) => name.trim()) : undefined);
    if (names !== undefined && names.length > 1) return { value: names, from: `${file} metadata ${key}` };
  }
  return undefined;
}
