import { join } from 'node:path';
import {
  classify,
  type ImageRecipe,
  type LaunchModule,
  type Logger,
  openModel,
  readClasses,
  readImage,
} from 'generator-katonic-classifier/runtime';

/** How a picture becomes what the model takes. */
const recipe = {
  width: 64,
  height: 64,
  fit: 'crop', // resize to cover 64 x 64, then cut the centre
  scale: 1 / 127.5, // 0..255 becomes -1..1
  mean: 1,
} satisfies ImageRecipe;

/** Opens the model, and reads its classes from katonic.json: circle 1 to cross 6. */
export async function loadmodel(logger: Logger) {
  logger.info('opening model/model.json');
  const network = await openModel(join(__dirname, 'model', 'model.json'));
  return { network, classes: await readClasses(__dirname) };
}

export function preprocessing(data: string | Uint8Array) {
  return readImage(data, recipe);
}

export async function predict(
  features: Awaited<ReturnType<typeof preprocessing>>,
  { network, classes }: Awaited<ReturnType<typeof loadmodel>>,
) {
  const output = await network.run(features.data, features.shape);
  return classify(output, { classes, form: 'probabilities' }); // the model's last layer is a softmax
}

({ loadmodel, preprocessing, predict }) satisfies LaunchModule;
