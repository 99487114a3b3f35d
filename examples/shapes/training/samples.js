// Draws the sample pictures: `npm run samples` in examples/shapes.
import { writeFile } from 'node:fs/promises';
import { drawJpeg } from './data.js';
import { classNames, seeded } from './draw.js';

const random = seeded(40);
for (const name of classNames) {
  await writeFile(new URL(`../samples/${name}.jpg`, import.meta.url), await drawJpeg(name, random, 3));
}
