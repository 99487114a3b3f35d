import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { launchChromium } from '../support/chromium.js';

const tfjs = join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs/package.json')), 'dist/tf.min.js');

/** What a Teachable Machine export answers for pictures in Chromium: its web library's crop, then TensorFlow.js. */
export async function browserAnswers(model: string, pictures: readonly string[]): Promise<number[][]> {
  const { imageSize } = JSON.parse(readFileSync(join(model, 'metadata.json'), 'utf8')) as { imageSize: number };
  const browser = await launchChromium(['--force-color-profile=srgb']);
  try {
    const page = await browser.newPage();
    await page.route('http://model.test/**', (route) => {
      const path = decodeURIComponent(new URL(route.request().url()).pathname).slice(1);
      if (path === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
      const picture = /^pictures\/(\d+)$/.exec(path)?.[1];
      return route.fulfill({
        body: readFileSync(picture === undefined ? join(model, path) : (pictures[Number(picture)] as string)),
      });
    });
    await page.goto('http://model.test/');
    await page.addScriptTag({ path: tfjs });
    const answers: number[][] = [];
    for (const index of pictures.keys()) {
      answers.push((await page.evaluate(`(${inPage})('/pictures/${index}', ${imageSize})`)) as number[]);
    }
    return answers;
  } finally {
    await browser.close();
  }
}

/** `cropTo` and `predict` of the library of Teachable Machine, as text for the browser. */
const inPage = `async (url, size) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const scale = size / Math.min(image.width, image.height);
  const [width, height] = [Math.ceil(image.width * scale), Math.ceil(image.height * scale)];
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  canvas.getContext('2d').drawImage(image, ~~((width - size) / 2) * -1, ~~((height - size) / 2) * -1, width, height);
  await tf.setBackend('cpu');
  window.model ??= await tf.loadLayersModel('/model.json');
  const pixels = tf.browser.fromPixels(canvas).expandDims(0).toFloat().div(127).sub(1);
  return Array.from(await window.model.predict(pixels).data());
}`;
