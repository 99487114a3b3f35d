import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compiled, packageRoot } from '../../../runtime/package-root.js';
import { chromiumOrSkip, launchChromium } from '../../support/chromium.js';
import { type Served, serveFixture, temporaryPackage } from '../../support/serve.js';

const missing = chromiumOrSkip('the page in a browser') === undefined;
const shapes = join(packageRoot, 'examples/shapes');
const sample = (name: string) => join(shapes, 'samples', `${name}.jpg`);

let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complains of: scripts that fail, and what the Content-Security-Policy stopped. */
let complaints: string[];

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await open(context);
});
afterEach(() => context.close());

async function open(on: BrowserContext): Promise<Page> {
  const made = await on.newPage();
  complaints = [];
  made.on('pageerror', (error) => complaints.push(error.message));
  made.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  return made;
}

const verdict = () => page.locator('.verdict strong');
const choose = (file: string | { name: string; mimeType: string; buffer: Buffer }) =>
  page.setInputFiles('input[type=file]', file);

describe.skipIf(missing)('with the shapes example', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveFixture(shapes);
  });
  afterAll(() => served.close());

  it('classifies a picture, shows it as the model sees it, and turns a press into feedback', async () => {
    await page.goto(served.url);
    await choose(sample('star'));
    await expect.poll(() => verdict().textContent()).toBe('star');
    const seen = page.getByAltText('As the model sees it, after crop and resize');
    await seen.waitFor();
    expect(await seen.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])).toEqual([
      64, 64,
    ]);
    expect(await page.getByRole('list', { name: 'Classes by probability' }).getByRole('listitem').count()).toBe(6);
    await page.getByRole('button', { name: 'Wrong' }).click();
    await page.getByRole('button', { name: 'heart', exact: true }).click();
    await page.getByText('Recorded: it is heart, not star.').waitFor();
    const row = page.locator('.matrix tbody tr').filter({ has: page.getByRole('rowheader', { name: 'heart' }) });
    await expect.poll(() => row.locator('td').allTextContents()).toEqual(['·', '·', '·', '1', '·', '·']);
    await choose(sample('star'));
    await page.getByRole('button', { name: 'Right', exact: true }).click();
    const star = page.locator('.matrix tbody tr').filter({ has: page.getByRole('rowheader', { name: 'star' }) });
    await expect.poll(() => star.locator('td').allTextContents()).toEqual(['·', '·', '·', '1', '·', '·']);
    expect(complaints).toEqual([]);
  });

  it('takes a sample, a pasted, a dropped and a camera picture', async () => {
    await page.goto(served.url);
    await page.getByRole('button', { name: 'Sample circle.jpg' }).click();
    await expect.poll(() => verdict().textContent()).toBe('circle');
    for (const [event, name] of [
      ['paste', 'cross'],
      ['drop', 'triangle'],
    ] as const) {
      const bytes = [...(await readFile(sample(name)))];
      await page.evaluate(
        ([kind, content]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(content)], 'picture.jpg', { type: 'image/jpeg' }));
          const target = kind === 'paste' ? document : (document.querySelector('.drop') as Element);
          target.dispatchEvent(
            kind === 'paste'
              ? new ClipboardEvent('paste', { clipboardData: data })
              : new DragEvent('drop', { dataTransfer: data, bubbles: true }),
          );
        },
        [event, bytes] as const,
      );
      await expect.poll(() => verdict().textContent()).toBe(name);
    }
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await page.getByRole('button', { name: 'Take the picture' }).click();
    await page.getByAltText('What you chose').waitFor();
    expect(complaints).toEqual([]);
  });

  it('says what a wrong picture and a forbidden URL should have been', async () => {
    await page.goto(served.url);
    await choose({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture at all') });
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/picture|image/i);
    await page.locator('.drop').getByText('notes.txt').waitFor();
    await page.getByLabel('URL of a picture').fill('http://127.0.0.1:1/picture.jpg');
    await page.getByRole('button', { name: 'Fetch' }).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/not on the public internet/);
    expect(complaints).toEqual([]);
  });

  it('works from the keyboard alone', async () => {
    await page.goto(served.url);
    await page.getByRole('button', { name: 'Choose a picture' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Choose a picture');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => verdict().textContent()).toBe('circle');
  });

  it.each(['light', 'dark'] as const)('has nothing for axe to find in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(served.url);
    await choose(sample('square'));
    await page.getByRole('button', { name: 'Right', exact: true }).click();
    await page.locator('.matrix').waitFor();
    for (const summary of await page.locator('details > summary').all()) await summary.click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  it.each([390, 768, 1440])('does not scroll sideways at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 844 });
    await page.goto(served.url);
    await choose(sample('cross'));
    await verdict().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(
      0,
    );
  });

  it('asks nobody else for anything, and weighs at most 150 kB compressed', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(served.url);
    await page.getByRole('button', { name: 'Choose a picture' }).waitFor();
    expect(asked.filter((url) => !url.startsWith(served.url))).toEqual([]);
    const files = await Promise.all(
      ['index.html', 'main.js', 'page.css', 'icon.svg'].map((name) => readFile(compiled(`page/${name}`))),
    );
    expect(files.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)).toBeLessThan(150_000);
  });
});

it.skipIf(missing)('shows five of a thousand classes, and finds the true one by its name', async () => {
  const classes = Array.from({ length: 1000 }, (_, code) => ({ name: `class number ${code}`, code }));
  const made = temporaryPackage(
    `
    export const loadmodel = () => null;
    export const preprocessing = () => false;
    export const predict = () => ({
      predicted_label: 7, predicted_class: 'class number 7', confidence: 0.5,
      probabilities: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => ['class number ' + i, i === 7 ? 0.5 : 0.5 / 999])),
    });`,
    {
      'labels_file.json': JSON.stringify({ labels: classes.map(({ code }) => code) }),
      'katonic.json': JSON.stringify({ modelType: 'multi-class', classes }),
    },
  );
  const served = await serveFixture(made.dir);
  try {
    await page.goto(served.url);
    await choose(sample('star'));
    await expect.poll(() => verdict().textContent()).toBe('class number 7');
    const bars = page.getByRole('list', { name: 'Classes by probability' }).getByRole('listitem');
    expect(await bars.count()).toBe(5);
    await page.getByRole('button', { name: 'Show all 1000' }).click();
    expect(await bars.count()).toBe(1000);
    await page.getByRole('button', { name: 'Wrong' }).click();
    await page.getByLabel('What is it?').fill('class number 812');
    await page.getByRole('button', { name: 'Record' }).click();
    await page.getByText('Recorded: it is class number 812, not class number 7.').waitFor();
    await expect.poll(() => page.locator('.matrix tbody tr').count()).toBe(2);
    expect(complaints).toEqual([]);
  } finally {
    await served.close();
    made.remove();
  }
});

it.skipIf(missing)('says so when the server is gone', async () => {
  const served = await serveFixture(shapes);
  await page.goto(served.url);
  await page.getByText('onnxruntime').or(page.getByText('tfjs')).first().waitFor();
  await served.close();
  await choose(sample('star'));
  await page.getByText('the server does not answer', { exact: true }).waitFor();
});

it.skipIf(missing)('asks for the token where one is needed, and uses it', async () => {
  const served = await serveFixture(shapes, { token: 'two words' });
  try {
    await page.goto(served.url);
    await choose(sample('star'));
    await expect.poll(() => page.getByRole('alert').first().textContent()).toMatch(/Authorization|token/i);
    await page.getByLabel('Token').fill('two words');
    await page.getByRole('button', { name: 'Use' }).click();
    await choose(sample('star'));
    await expect.poll(() => verdict().textContent()).toBe('star');
  } finally {
    await served.close();
  }
});
