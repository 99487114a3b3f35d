import type { Answers } from '../../generators/app/answers.js';
import { parseCodes, typeOf } from '../../generators/app/classes.js';
import type { Provisions } from '../../generators/app/plan.js';
import type { ExportReading, OutputForm } from '../../runtime/exports/reading.js';
import type { ImageRecipe } from '../../runtime/images/recipe.js';

/** A reading as data, for plans: no such model is on the disk. */
export function readingOf(
  engine: ExportReading['engine'],
  form: OutputForm,
  classNames: readonly string[],
  recipe: ImageRecipe,
): ExportReading {
  const file = engine === 'onnx' ? 'model.onnx' : 'model.json';
  return {
    kind: engine === 'onnx' ? 'onnx' : 'tfjs-layers',
    title: `a model for ${engine}`,
    engine,
    files: [{ from: `/models/${file}`, to: file }],
    modelFile: file,
    recipe,
    output: { size: form === 'probability' || form === 'logit' ? 1 : classNames.length, form },
    classNames,
    said: [`${classNames.length} classes`],
    assumed: [],
    findings: [],
    dispose: async () => undefined,
  };
}

export function answersOf(
  reading: ExportReading,
  names: readonly string[],
  more: Partial<Answers['model']> = {},
): Answers {
  return {
    folder: '/packages/pets',
    name: 'pets',
    description: 'Tells pets apart',
    type: typeOf(names.length),
    classes: parseCodes('0', names),
    model: { source: 'export', reading, standIn: false, chosen: [], ...more },
  };
}

export const provisions: Provisions = {
  runtime: { spec: '1.2.3' },
  allowScripts: { sharp: false },
  exampleFolder: '/examples/shapes',
  samples: ['circle.jpg', 'cross.jpg', 'heart.jpg', 'square.jpg', 'star.jpg', 'triangle.jpg'],
};
