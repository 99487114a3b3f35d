import { normalisation } from '../answers.js';
import type { ExportReader } from '../facts.js';
import { readNames } from '../names.js';
import { findModelJson, readModelJson } from '../tfjs/model-json.js';
import { graphFacts } from './tfjs-graph.js';

/**
 * Google AutoML and Vertex AI, "TensorFlow.js" edge export: a graph model with dict.txt. Its own library
 * (@tensorflow/tfjs-automl 1.3.0) cuts the centre square, resizes it to 224 x 224 and takes `pixel / 127.5 - 1`.
 */
export const automl: ExportReader = {
  recognises: async (source) => {
    const file = source.has('dict.txt') ? await findModelJson(source) : undefined;
    return file !== undefined && (await readModelJson(source, file)).format === 'graph';
  },
  read: async (source) => {
    const { facts } = await graphFacts(source);
    const from = "Google's library for these exports, tfjs-automl";
    return {
      ...facts,
      kind: 'automl-tfjs',
      title: 'Google AutoML / Vertex AI image model (TensorFlow.js)',
      size: 'from' in facts.size ? facts.size : { value: { width: 224, height: 224 }, from },
      channels: 'from' in facts.channels ? facts.channels : { value: 3, from },
      pixels: { value: normalisation('-1..1'), from },
      fit: { value: { fit: 'crop-first' }, from },
      order: { value: 'rgb', from },
      kernel: { value: 'tensorflow', from },
      output: 'from' in facts.output.form ? facts.output : { ...facts.output, form: { value: 'probabilities', from } },
      classNames: await readNames(source, 'dict.txt'),
    };
  },
};
