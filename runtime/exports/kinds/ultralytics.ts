import { normalisation } from '../answers.js';
import { type ExportReader, type Facts, upright } from '../facts.js';
import { namesOf } from '../names.js';
import { readMetadata } from '../onnx/metadata.js';
import { onnxFacts } from '../onnx/onnx-facts.js';
import { parsePythonLiteral } from '../python-literal.js';
import { refuse } from '../refuse.js';
import type { ExportSource } from '../source/source.js';
import { findOnnx } from './plain-onnx.js';

/**
 * Ultralytics (YOLOv8-cls, YOLO11-cls and others), `yolo export format=onnx`. Its own transforms resize the short side
 * to `imgsz` (Pillow, bilinear), cut the centre and take 0..1; OpenCV decodes, which turns pictures upright.
 */
export const ultralytics: ExportReader = {
  recognises: async (source) => {
    const file = await findOnnx(source);
    if (file === undefined) return false;
    const metadata = await readMetadata(source, file);
    return (
      /ultralytics/i.test(metadata.get('author') ?? '') ||
      (metadata.has('task') && metadata.has('names') && metadata.has('stride'))
    );
  },
  read,
};

async function read(source: ExportSource): Promise<Facts> {
  const file = (await findOnnx(source))!;
  const task = (await readMetadata(source, file)).get('task');
  if (task !== undefined && task !== 'classify') {
    throw refuse(
      `${file} is an Ultralytics model for the task ${task}, not for classification`,
      'Train or export a classification model, such as yolov8n-cls.pt: its task is classify.',
      file,
    );
  }
  const { facts, onnx } = await onnxFacts(source, file);
  const names = namesOf(parsePythonLiteral(onnx.metadata.get('names') ?? ''));
  if (onnx.metadata.has('names') && names === undefined) {
    throw refuse(
      `the names in the metadata of ${file} cannot be read: ${onnx.metadata.get('names')?.slice(0, 80)}`,
      "Names are written as {0: 'cat', 1: 'dog'}: export the model again, or give --classes.",
      file,
    );
  }
  const size = sizeIn(onnx.metadata.get('imgsz'));
  const fixed = 'fixed' in facts.size && facts.size.fixed === true;
  const from = "Ultralytics' classification transforms";
  const { width, height } = fixed || size === undefined ? facts.size.value : size;
  const disagrees = fixed && size !== undefined && (size.width !== width || size.height !== height);
  return {
    ...facts,
    kind: 'ultralytics-onnx',
    title: `Ultralytics classification model${onnx.metadata.has('version') ? ` (${onnx.metadata.get('version')})` : ''}`,
    size: fixed || size === undefined ? facts.size : { value: size, from: `${file} metadata imgsz` },
    pixels: facts.dtype === 'uint8' ? facts.pixels : { value: normalisation('0..1'), from },
    // torchvision's Resize takes one number for the short side, and two as they are.
    fit: { value: width === height ? { fit: 'crop', resize: width } : { fit: 'stretch' }, from },
    order: { value: 'rgb', from },
    kernel: { value: 'linear', from },
    decoding: upright,
    ...(names === undefined ? {} : { classNames: { value: names, from: `${file} metadata names` } }),
    findings: disagrees
      ? [
          {
            severity: 'warning',
            rule: 'export/disagrees',
            message: `the metadata of ${file} says imgsz ${size.height} x ${size.width}, its graph takes ${height} x ${width}: the graph is followed`,
            remedy: 'Export the model again if the size is wrong.',
            file,
          },
        ]
      : [],
  };
}

/** `[224, 224]` is height, then width; `224` is both. */
function sizeIn(text: string | undefined): { width: number; height: number } | undefined {
  const value = text === undefined ? undefined : parsePythonLiteral(text);
  const sides = typeof value === 'number' ? [value] : Array.isArray(value) ? value : [];
  const [height, width = height] = sides as unknown[];
  return typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0
    ? { width, height }
    : undefined;
}
