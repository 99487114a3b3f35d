import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { openModel } from '../../../runtime/engines/index.js';
import { readImage } from '../../../runtime/images/images.js';

const data = process.env.KATONIC_TEST_DATA;
const TYPES: Record<string, string> = { '.jpg': 'jpeg', '.png': 'png', '.webp': 'webp' };
const SHAPE = [1, 224, 224, 3];

it.skipIf(!data)('gives the probabilities of a browser for real photographs and a real export', async () => {
  const model = await openModel(join(data as string, 'teachable-machine', 'model.json'), { engine: 'tfjs' });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
  });
  const page = await browser.newPage();
  let largest = 0;
  for (const path of photographs(data as string)) {
    const bytes = readFileSync(path);
    const url = `data:image/${TYPES[extname(path)]};base64,${bytes.toString('base64')}`;
    const rgba = (await page.evaluate(`(${inBrowser})(${JSON.stringify(url)}, 224)`)) as number[];
    const theirs = await model.run(
      Float32Array.from(
        rgba.filter((_, index) => index % 4 !== 3),
        (value) => value / 127.5 - 1,
      ),
      SHAPE,
    );
    const recipe = {
      width: 224,
      height: 224,
      fit: 'crop-first',
      kernel: 'canvas',
      alpha: 'drop',
      scale: 1 / 127.5,
      mean: 1,
    } as const;
    const tensor = await readImage(bytes, recipe);
    const ours = await model.run(tensor.data, tensor.shape);
    const top = (values: ArrayLike<unknown>) =>
      Array.from(values as ArrayLike<number>).indexOf(Math.max(...Array.from(values as ArrayLike<number>)));
    expect(top(ours.data)).toBe(top(theirs.data));
    theirs.data.forEach((value, index) => {
      largest = Math.max(largest, Math.abs(Number(value) - Number(ours.data[index])));
    });
  }
  await browser.close();
  await model.dispose();
  expect(largest).toBeLessThan(0.02);
});

function photographs(folder: string): string[] {
  const trashnet = join(folder, 'trashnet');
  const some = readdirSync(trashnet).filter((name) => statSync(join(trashnet, name)).isDirectory());
  return [
    ...readdirSync(join(folder, 'images')).map((name) => join(folder, 'images', name)),
    ...some.flatMap((name) =>
      readdirSync(join(trashnet, name))
        .slice(0, 4)
        .map((file) => join(trashnet, name, file)),
    ),
  ].filter((path) => TYPES[extname(path)] !== undefined);
}

/** `cropTo` of the library of Teachable Machine, as text for the browser. */
const inBrowser = `async (url, size) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const scale = size / Math.min(image.width, image.height);
  const [width, height] = [Math.ceil(image.width * scale), Math.ceil(image.height * scale)];
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  context.drawImage(image, ~~((width - size) / 2) * -1, ~~((height - size) / 2) * -1, width, height);
  return Array.from(context.getImageData(0, 0, size, size).data);
}`;
