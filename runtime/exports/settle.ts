import { type Finding, KatonicError } from '../errors.js';
import type { ImageRecipe } from '../images/recipe.js';
import { type ExportAnswers, normalisation } from './answers.js';
import { settleClasses } from './classes.js';
import { describe } from './describe.js';
import { type Facts, isSaid, type Known, type Size } from './facts.js';
import type { Assumption, ExportReading, OutputForm } from './reading.js';
import { refuse } from './refuse.js';

/**
 * The reading of an export: each thing from the answer, else from the export, else from the default, which is then an
 * assumption. An answer against the export wins with a warning that states both; against the graph it is refused.
 * Throws {@link KatonicError} `usage` or `package`.
 */
export function settle(facts: Facts, answers: Partial<ExportAnswers>): Omit<ExportReading, 'dispose'> {
  const said: string[] = [];
  const assumed: Assumption[] = [];
  const findings: Finding[] = [...(facts.findings ?? [])];

  function choose<T>(
    field: Assumption['field'],
    known: Known<T>,
    answer: T | undefined,
    text: (value: T) => string,
  ): T {
    const ours = text(known.value);
    if (answer === undefined) {
      if (isSaid(known)) said.push(`${ours} (${known.from})`);
      else assumed.push({ field, value: ours, why: known.why, flag: `--${field}` });
      return known.value;
    }
    const given = text(answer);
    if (isSaid(known) && given !== ours) {
      if (known.fixed === true) throw against(`--${field}`, given, ours, known.from);
      findings.push({
        severity: 'warning',
        rule: 'export/answer-differs',
        message: `the export says ${ours} (${known.from}), --${field} says ${given}: --${field} is used`,
        remedy: `Leave --${field} out to use what the export says.`,
      });
    }
    said.push(`${given} (--${field})`);
    return answer;
  }

  const size = choose<Size>('size', facts.size, sizeOf(answers.size), describe.size);
  const channels = choose('channels', facts.channels, answers.channels, describe.channels);
  const layout = choose('layout', facts.layout, answers.layout, describe.layout);
  const range = answers.range === undefined ? undefined : normalisation(answers.range);
  const pixels = choose('range', facts.pixels, range, describe.pixels);
  const fit = choose(
    'fit',
    facts.fit,
    // The same fit keeps what the export says beside it: the size before a crop.
    answers.fit === undefined || answers.fit === facts.fit.value.fit
      ? answers.fit && facts.fit.value
      : { fit: answers.fit },
    describe.fit,
  );
  const order = channels === 1 ? 'rgb' : choose('order', facts.order, answers.order, describe.order);
  const kernel = choose('kernel', facts.kernel, answers.kernel, describe.kernel);
  const names = settleClasses(facts, answers.classes, { said, assumed, findings });
  const form = choose('activation', facts.output.form, formOf(answers, names.outputs), describe.form);

  const recipe: ImageRecipe = {
    ...size,
    ...(sameSize(size, facts.size.value) ? fit : { fit: fit.fit }),
    kernel,
    channels,
    order,
    ...perChannel(pixels, channels),
    layout,
    dtype: facts.dtype,
    ...facts.decoding,
  };
  checkRecipe(recipe, facts.modelFile);
  return {
    kind: facts.kind,
    title: facts.title,
    engine: facts.engine,
    files: facts.files,
    modelFile: facts.modelFile,
    recipe,
    output: { ...(facts.output.name === undefined ? {} : { name: facts.output.name }), size: names.outputs, form },
    ...(names.classNames === undefined ? {} : { classNames: names.classNames }),
    said: [...said, ...(facts.notes ?? [])],
    assumed,
    findings,
  };
}

/** Damaged metadata can hold any number; one that no picture can be brought to would fail at the first request. */
function checkRecipe(recipe: ImageRecipe, file: string): void {
  const { width, height, resize = width, scale = 1, mean = 0, std = 1 } = recipe;
  const sides = [width, height, ...(typeof resize === 'number' ? [resize] : [resize.width, resize.height])];
  const side = sides.find((each) => !Number.isInteger(each) || each < 1 || each > 8_192);
  if (side !== undefined) {
    throw refuse(
      `the files beside ${file} ask for pictures of ${width} x ${height}, resized to ${JSON.stringify(resize)}: ${side} is no number of pixels between 1 and 8192`,
      'Correct the metadata, or export the model again.',
      file,
    );
  }
  const divisors = [std].flat();
  if (![scale, mean, std].flat().every(Number.isFinite) || divisors.includes(0)) {
    throw refuse(
      `the files beside ${file} ask for pixels * ${scale}, minus ${JSON.stringify(mean)}, divided by ${JSON.stringify(std)}, which gives no numbers`,
      'Correct mean and standard deviation in the metadata, or export the model again.',
      file,
    );
  }
}

function sizeOf(answer: ExportAnswers['size'] | undefined): Size | undefined {
  return typeof answer === 'number' ? { width: answer, height: answer } : answer;
}

function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

/** A single channel has a single mean: the average of three stands for it. */
function perChannel(pixels: Facts['pixels']['value'], channels: 1 | 3): Facts['pixels']['value'] {
  const one = (value: number | readonly number[]): number | readonly number[] =>
    channels === 1 && typeof value !== 'number' ? value.reduce((sum, part) => sum + part, 0) / value.length : value;
  return { scale: pixels.scale, mean: one(pixels.mean), std: one(pixels.std) };
}

function formOf(answers: Partial<ExportAnswers>, outputs: number): OutputForm | undefined {
  switch (answers.activation) {
    case undefined:
      return undefined;
    case 'none':
      return outputs === 1 ? 'probability' : 'probabilities';
    case 'softmax':
      if (outputs === 1) throw against('--activation', 'softmax', 'one output', 'its graph');
      return 'logits';
    case 'sigmoid':
      return outputs === 1 ? 'logit' : 'independent-logits';
  }
}

function against(flag: string, given: string, ours: string, from: string): KatonicError {
  return new KatonicError({
    code: 'usage',
    message: `${flag} says ${given}, but the model demands ${ours} (${from})`,
    remedy: `Leave ${flag} out, or export the model again with ${given}.`,
  });
}
