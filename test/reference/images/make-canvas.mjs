// What a browser's canvas makes of the pictures: the reference for models that were trained in a browser.
//   node test/reference/images/make-canvas.mjs     (Chromium 156 at /usr/bin/chromium, or CHROMIUM; writes canvas/)
// `crop-` is cropTo of @teachablemachine/image 0.8; `stretch-` is drawImage to the whole canvas. Raw RGB as getImageData gives it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const out = join(here, 'canvas');
const types = { '.jpg': 'jpeg', '.png': 'png', '.webp': 'webp', '.gif': 'gif' };
const cases = [
  ...[
    'photo.jpg',
    'turned.jpg',
    'profile.jpg',
    'grey.jpg',
    'cmyk.jpg',
    'alpha.png',
    'palette.png',
    'sixteen.png',
    'lossy.webp',
    'animated.gif',
  ].map((name) => ['crop', name, 64]),
  ['stretch', 'photo.jpg', 64],
  ['crop', 'photo.jpg', 96],
  ['crop', 'palette.png', 150],
];

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});
const page = await browser.newPage();
for (const [fit, name, size] of cases) {
  const url = `data:image/${types[extname(name)]};base64,${readFileSync(join(here, 'pictures', name), 'base64')}`;
  const rgba = await page.evaluate(
    async ([url, fit, size]) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = size;
      canvas.height = size;
      const context = canvas.getContext('2d');
      if (fit === 'stretch') context.drawImage(image, 0, 0, size, size);
      else {
        const scale = size / Math.min(image.width, image.height);
        const width = Math.ceil(image.width * scale);
        const height = Math.ceil(image.height * scale);
        context.drawImage(image, ~~((width - size) / 2) * -1, ~~((height - size) / 2) * -1, width, height);
      }
      return Array.from(context.getImageData(0, 0, size, size).data);
    },
    [url, fit, size],
  );
  writeFileSync(join(out, `${fit}-${name}-${size}.rgb`), Uint8Array.from(rgba.filter((_, index) => index % 4 !== 3)));
}
console.log(`${cases.length} cases, Chromium ${browser.version()}`);
await browser.close();
