import { normalisation } from '../answers.js';
import { browser, type ExportReader, type Facts } from '../facts.js';
import { namesBeside } from '../names.js';
import { refuse } from '../refuse.js';
import { baseOf, type ExportSource } from '../source/source.js';
import { type GraphFacts, readGraph } from '../tfjs/graph.js';
import { findModelJson, readModelJson, type TfjsModel } from '../tfjs/model-json.js';
import { tfjsShape } from '../tfjs/shape.js';

/** A TensorFlow.js graph model: tensorflowjs_converter of a SavedModel, a frozen graph, a hub module or a Keras model. */
export const tfjsGraph: ExportReader = {
  recognises: async (source) => {
    const file = await findModelJson(source);
    return file !== undefined && (await readModelJson(source, file)).format === 'graph';
  },
  read: async (source) => {
    const { facts, model } = await graphFacts(source);
    const names = await namesBeside(source, model.file);
    return names === undefined ? facts : { ...facts, classNames: names };
  },
};

/** What any graph model tells, with the defaults where it is silent: the tools that write graph models add to it. */
export async function graphFacts(source: ExportSource): Promise<{ facts: Facts; model: TfjsModel; graph: GraphFacts }> {
  const file = (await findModelJson(source))!;
  const model = await readModelJson(source, file);
  if (model.format !== 'graph') {
    throw refuse(
      `${file} is a layers model, a graph model was expected here`,
      'Check that the files beside it belong to it.',
      file,
    );
  }
  const graph = await readGraph(source, model);
  if (graph.input.length !== 4 && graph.input.length !== 0) {
    throw refuse(
      `${file} takes an input of shape [${graph.input.map((side) => (side < 0 ? '?' : side)).join(', ')}], a picture has batch, height, width and channels`,
      'Only models that take one picture are served.',
      file,
    );
  }
  const [batch, height, width, channels] = graph.input.map((side) => (side > 0 ? side : undefined));
  if (batch !== undefined && batch > 1) {
    throw refuse(
      `${file} takes ${batch} pictures at once`,
      'Export it for one picture or with a free batch dimension.',
      file,
    );
  }
  if (!/^(DT_FLOAT|float32|1)$/.test(graph.inputDtype)) {
    throw refuse(
      `${file} takes ${graph.inputDtype} values, TensorFlow.js is given pictures as float32`,
      'Convert it with a float32 input.',
      file,
    );
  }
  const facts: Facts = {
    kind: 'tfjs-graph',
    title: 'TensorFlow.js graph model',
    engine: 'tfjs',
    files: model.files,
    modelFile: baseOf(file),
    ...tfjsShape(height, width, channels, file, graph.inputFrom),
    pixels: graph.pixels ?? {
      value: normalisation('0..1'),
      why: 'the graph does not scale the pixels, and 0..1 is what most training code gives',
    },
    fit: { value: { fit: 'stretch' }, why: 'the graph does not say, and image_dataset_from_directory stretches' },
    order: { value: 'rgb', why: 'the graph does not say, and pictures are decoded so' },
    kernel: { value: 'tensorflow', why: 'the graph does not say, and resizeBilinear is the usual call' },
    decoding: browser,
    output: {
      ...(graph.outputName === undefined ? {} : { name: graph.outputName }),
      ...(graph.outputs === undefined ? {} : { size: { value: graph.outputs, from: graph.outputsFrom } }),
      form:
        graph.form === undefined
          ? { value: 'probabilities', why: `the graph ends in ${graph.lastOp}, which does not tell` }
          : { value: graph.form, from: `${file} ends in ${graph.lastOp}` },
    },
    notes: [model.made],
  };
  return { facts, model, graph };
}
