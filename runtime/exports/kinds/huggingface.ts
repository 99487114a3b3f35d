import type { Finding } from '../../errors.js';
import { normalisation } from '../answers.js';
import { type ExportReader, type Facts, isSaid, type Known, pillow, type Said, type Size, upright } from '../facts.js';
import { namesOf } from '../names.js';
import { onnxFacts } from '../onnx/onnx-facts.js';
import { count, refuse } from '../refuse.js';
import { baseOf, type ExportSource, isObject, type JsonObject } from '../source/source.js';
import { type Processor, readProcessor } from './huggingface-processor.js';
import { timmConfig } from './huggingface-timm.js';

/**
 * A Hugging Face folder with an ONNX graph: `optimum-cli export onnx`, or a repository made for transformers.js.
 * config.json names the classes, preprocessor_config.json says what its image processor does.
 */
export const huggingFace: ExportReader = {
  recognises: async (source) => {
    if (!source.has('config.json')) return false;
    const config = await source.json('config.json').catch(() => undefined);
    return (
      config !== undefined && ['architectures', 'model_type', 'id2label', 'pretrained_cfg'].some((key) => key in config)
    );
  },
  read,
};

const architecture = /For(Multi|Masked)?ImageClassification(WithTeacher)?$|^TimmWrapper/;

/** The names that optimum and transformers.js give a graph, the most exact first. */
const graphNames = [
  'model',
  'model_fp16',
  'model_quantized',
  'model_int8',
  'model_uint8',
  'model_q8',
  'model_q4',
  'model_q4f16',
  'model_bnb4',
];

async function read(source: ExportSource): Promise<Facts> {
  const config = await source.json('config.json');
  checkArchitecture(config);
  const { file, others } = findGraph(source);
  const { facts } = await onnxFacts(source, file);
  const preprocessor = ['preprocessor_config.json', 'processor_config.json'].find((each) => source.has(each));
  const timm = timmConfig(config);
  const processor =
    preprocessor === undefined
      ? timm
      : await processorOf(source, preprocessor, { config, timm, channels: facts.channels.value });
  const multiLabel = config.problem_type === 'multi_label_classification';
  const architectureName = Array.isArray(config.architectures)
    ? String(config.architectures[0])
    : String(config.model_type ?? config.architecture);
  const form = facts.output.form;
  const named = classNames(config, timm?.names);
  return {
    ...facts,
    kind: 'huggingface-onnx',
    title: `Hugging Face ${architectureName} (ONNX)`,
    channels:
      'from' in facts.channels
        ? facts.channels
        : { value: config.num_channels === 1 ? 1 : 3, from: 'config.json num_channels' },
    layout: 'from' in facts.layout ? facts.layout : { value: 'nchw', from: 'transformers' },
    size: 'fixed' in facts.size && facts.size.fixed ? facts.size : (processor?.size ?? modelSize(config) ?? facts.size),
    pixels:
      facts.dtype === 'uint8'
        ? facts.pixels
        : (processor?.pixels ?? { value: normalisation('imagenet'), why: 'there is no preprocessor_config.json' }),
    fit: processor?.fit ?? { value: { fit: 'stretch' }, why: 'there is no preprocessor_config.json' },
    order: processor?.order ?? { value: 'rgb', from: 'transformers' },
    kernel: processor?.kernel ?? { value: 'linear', why: 'there is no preprocessor_config.json' },
    decoding: processor === timm && timm !== undefined && !wrapped(config) ? pillow : upright,
    output: {
      ...facts.output,
      form:
        multiLabel && form.value === 'logits'
          ? { value: 'independent-logits', from: 'config.json problem_type multi_label_classification' }
          : form,
    },
    ...(named === undefined ? {} : { classNames: named }),
    notes: [...(facts.notes ?? []), ...(others.length > 0 ? [`graph ${file}; not used: ${others.join(', ')}`] : [])],
    findings: [
      ...(processor?.findings ?? []),
      ...sizeFindings(facts, processor?.size, preprocessor ?? 'preprocessor_config.json'),
      ...quantizedFinding(file),
    ],
  };
}

function checkArchitecture(config: JsonObject): void {
  const names = Array.isArray(config.architectures) ? config.architectures.map(String) : [];
  if (names.length === 0 || names.some((name) => architecture.test(name))) return;
  throw refuse(
    `config.json names the architecture ${names.join(', ')}, which does not classify pictures (…ForImageClassification does)`,
    'Give a model for image classification: optimum-cli export onnx --model NAME --task image-classification OUT.',
    'config.json',
  );
}

function findGraph(source: ExportSource): { file: string; others: string[] } {
  const found = source.files.filter((file) => /\.onnx$/i.test(file));
  const ranked = ['', 'onnx/'].flatMap((folder) => graphNames.map((name) => `${folder}${name}.onnx`));
  const byRank = graphNames.flatMap((name) => ranked.filter((file) => baseOf(file) === `${name}.onnx`));
  const chosen = source.chosen !== undefined && /\.onnx$/i.test(source.chosen) ? source.chosen : undefined;
  const file = chosen ?? byRank.find((each) => found.includes(each)) ?? (found.length === 1 ? found[0] : undefined);
  if (file !== undefined) return { file, others: found.filter((each) => each !== file) };
  if (found.length > 1) {
    throw refuse(
      `${source.shown} holds ${count(found.length, 'ONNX file')}, none of them named model.onnx: ${found.slice(0, 6).join(', ')}`,
      `Name one of them, for example --model ${source.shown}/${found[0]}.`,
      found[0],
    );
  }
  const weights = source.files.find((each) => /\.(safetensors|bin|h5|msgpack|pt|pth)$/i.test(each));
  throw refuse(
    `config.json is there, but no .onnx file beside it or in onnx/${weights === undefined ? '' : ` (${weights} holds weights for Python)`}`,
    `Export it first: pip install optimum[exporters], then optimum-cli export onnx --model ${source.shown} --task image-classification OUT, and give --model OUT.`,
    'config.json',
  );
}

interface Beside {
  readonly config: JsonObject;
  readonly timm: Processor | undefined;
  readonly channels: 1 | 3;
}

/** timm's own settings where the file only wraps them. */
async function processorOf(
  source: ExportSource,
  file: string,
  { config, timm, channels }: Beside,
): Promise<Processor | undefined> {
  const json = await source.json(file);
  const own = isObject(json.image_processor) ? json.image_processor : json;
  if (own.image_processor_type === 'TimmWrapperImageProcessor') return timm ?? timmConfig(own);
  return readProcessor(own, file, channels, config.model_type);
}

/** A timm model inside of `transformers`, whose pipelines turn pictures upright before timm's transforms. */
function wrapped(config: JsonObject): boolean {
  return config.model_type === 'timm_wrapper' || /^TimmWrapper/.test(String([config.architectures].flat()[0]));
}

function classNames(config: JsonObject, timm: readonly string[] | undefined): Said<readonly string[]> | undefined {
  if (timm !== undefined) return { value: timm, from: 'config.json label_names' };
  if (config.id2label === undefined) return undefined;
  const names = namesOf(config.id2label);
  if (names === undefined) {
    throw refuse(
      'id2label in config.json does not name the classes 0, 1, 2 … without a gap',
      'Correct it, or give the names with --classes.',
      'config.json',
    );
  }
  // transformers writes LABEL_0, LABEL_1 where nobody named the classes.
  return names.every((name, index) => name === `LABEL_${index}`)
    ? undefined
    : { value: names, from: 'config.json id2label' };
}

function modelSize(config: JsonObject): Said<{ width: number; height: number }> | undefined {
  const size = config.image_size;
  return typeof size === 'number'
    ? { value: { width: size, height: size }, from: 'config.json image_size' }
    : undefined;
}

function sizeFindings(facts: Facts, size: Known<Size> | undefined, file: string): Finding[] {
  const graph = facts.size;
  if (!('fixed' in graph) || size === undefined || !isSaid(size)) return [];
  if (graph.value.width === size.value.width && graph.value.height === size.value.height) return [];
  return [
    {
      severity: 'warning',
      rule: 'export/disagrees',
      message: `${file} gives ${size.value.width} x ${size.value.height}, the graph takes ${graph.value.width} x ${graph.value.height}: the graph is followed`,
      remedy: 'Check that both come from the same export.',
      file,
    },
  ];
}

function quantizedFinding(file: string): Finding[] {
  if (!/quantized|int8|uint8|q8|q4|bnb4/.test(baseOf(file))) return [];
  return [
    {
      severity: 'note',
      rule: 'export/quantized',
      message: `only the quantised graph ${file} is there: it is smaller and less exact than model.onnx`,
      remedy: 'Export model.onnx as well if the answers should be those of the original.',
      file,
    },
  ];
}
