import { expect, it } from 'vitest';
import { recipeLines } from '../../../generators/app/recipe-text.js';

it('writes fractions and lists as people do, and leaves defaults out', () => {
  const recipe = {
    width: 224,
    height: 160,
    fit: 'crop',
    resize: 256,
    kernel: 'cubic',
    channels: 3,
    order: 'bgr',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    layout: 'nchw',
    colourProfile: 'ignore',
    orientation: 'ignore',
    alpha: 'drop',
  } as const;
  expect(recipeLines(recipe, [])).toMatchInlineSnapshot(`
    "  width: 224, // pixels
      height: 160,
      fit: 'crop', // resize to cover, then cut the centre
      resize: 256, // the short side, before the crop
      kernel: 'cubic',
      order: 'bgr', // blue first
      scale: 1 / 255, // a value is (pixel * scale - mean) / std
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      layout: 'nchw', // channels, height, width
      colourProfile: 'ignore', // as Pillow does
      orientation: 'ignore', // EXIF orientation: as Pillow does
      alpha: 'drop', // the colour under transparent parts"
  `);
});

it('writes what was chosen even where it is the default, and says so', () => {
  expect(recipeLines({ width: 64, height: 64 }, ['fit', 'range', 'order'])).toMatchInlineSnapshot(`
    "  width: 64, // pixels
      height: 64,
      order: 'rgb', // chosen, not read from the model
      scale: 1 / 255, // a value is (pixel * scale - mean) / std; chosen, not read from the model
      mean: 0, // chosen, not read from the model
      std: 1, // chosen, not read from the model"
  `);
});

it('shortens only what is exactly a fraction', () => {
  const scale = (value: number) => recipeLines({ width: 1, height: 1, scale: value }, []).split('\n')[2];
  expect(scale(1 / 127.5)).toContain('scale: 1 / 127.5,');
  expect(scale(0.0039)).toContain('scale: 0.0039,');
  expect(scale(1)).toContain('scale: 1,');
});
