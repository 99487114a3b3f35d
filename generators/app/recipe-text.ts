import type { Assumption } from '../../runtime/exports/reading.js';
import type { ImageRecipe } from '../../runtime/images/recipe.js';

const CHOSEN = 'chosen, not read from the model';

const notes: { readonly [Key in keyof ImageRecipe]?: (recipe: ImageRecipe) => string | undefined } = {
  width: () => 'pixels',
  fit: ({ fit }) => fitNotes[fit ?? 'crop'],
  resize: () => 'the short side, before the crop',
  order: ({ order }) => (order === 'bgr' ? 'blue first' : undefined),
  scale: () => 'a value is (pixel * scale - mean) / std',
  dtype: ({ dtype }) => (dtype === 'uint8' ? 'pixels as they are: the model normalises by itself' : undefined),
  layout: ({ layout }) => (layout === 'nchw' ? 'channels, height, width' : 'height, width, channels'),
  colourProfile: ({ colourProfile }) => (colourProfile === 'ignore' ? 'as Pillow does' : 'as browsers do'),
  alpha: ({ alpha }) => (alpha === 'drop' ? 'the colour under transparent parts' : 'transparent parts get this colour'),
  orientation: ({ orientation }) => `EXIF orientation: ${orientation === 'ignore' ? 'as Pillow does' : 'turn upright'}`,
};

const fitNotes = {
  crop: 'resize to cover, then cut the centre',
  stretch: 'resize without keeping the aspect ratio',
  'crop-first': 'cut the centre square, then resize',
  pad: 'fit inside, fill the rest',
} as const;

const keys = [
  'width',
  'height',
  'fit',
  'resize',
  'centre',
  'background',
  'kernel',
  'channels',
  'order',
  'scale',
  'mean',
  'std',
  'layout',
  'dtype',
  'colourProfile',
  'orientation',
  'alpha',
] as const satisfies readonly (keyof ImageRecipe)[];

/** Readers spell these out; what the runtime takes anyway only makes the recipe longer. */
const defaults: ImageRecipe = {
  width: 0,
  height: 0,
  kernel: 'linear',
  channels: 3,
  order: 'rgb',
  scale: 1 / 255,
  mean: 0,
  std: 1,
  dtype: 'float32',
  centre: 'round',
  colourProfile: 'srgb',
  orientation: 'apply',
};

/** What an answer sets in the recipe. */
const answered: Readonly<Partial<Record<Assumption['field'], readonly (keyof ImageRecipe)[]>>> = {
  size: ['width', 'height'],
  fit: ['fit'],
  kernel: ['kernel'],
  channels: ['channels'],
  order: ['order'],
  range: ['scale', 'mean', 'std'],
  layout: ['layout'],
};

/**
 * The recipe as the lines of an object literal, each with what it means; an answer that was chosen because the model does
 * not give it is written out even where it is the default, and says so.
 */
export function recipeLines(recipe: ImageRecipe, chosen: readonly Assumption['field'][]): string {
  const marked = new Set(chosen.flatMap((field) => answered[field] ?? []));
  const lines: string[] = [];
  for (const key of keys) {
    const value = recipe[key] ?? (marked.has(key) ? defaults[key] : undefined);
    const plain = JSON.stringify(value) === JSON.stringify(defaults[key]);
    if (value === undefined || (plain && !marked.has(key) && key !== 'scale')) continue;
    const note = [notes[key]?.(recipe), marked.has(key) ? CHOSEN : undefined].filter((part) => part !== undefined);
    lines.push(`  ${key}: ${literal(value)},${note.length === 0 ? '' : ` // ${note.join('; ')}`}`);
  }
  return lines.join('\n');
}

/** A TypeScript literal; fractions as people write them. */
function literal(value: unknown): string {
  if (typeof value === 'number') return fraction(value);
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  const entries = Object.entries(value as object).map(([key, inner]) => `${key}: ${literal(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

function fraction(value: number): string {
  const inverse = Math.round((1 / value) * 2) / 2;
  return value > 0 && value < 0.1 && 1 / inverse === value ? `1 / ${inverse}` : String(value);
}
