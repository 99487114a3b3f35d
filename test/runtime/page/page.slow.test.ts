import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compiled, packageRoot } from '../../../runtime/package-root.js';
import { chromiumOrSkip, launchChromium } from '../../support/chromium.js';
import { type Served, serveFixture, temporaryPackage } from '../../support/serve.js';
import { nameOf, thousandClasses } from './thousand.js';

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
/** The words on what has the focus. */
const focused = () => page.evaluate(() => document.activeElement?.textContent);
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

  it('takes a sample, a pasted, a camera picture, and one dropped anywhere on the page', async () => {
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
          const target = kind === 'paste' ? document : (document.querySelector('.figures') as Element);
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

  it('works from the keyboard alone, and never loses the focus', async () => {
    await page.goto(served.url);
    await page.getByRole('button', { name: 'Choose a picture' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Choose a picture');
    await page.getByRole('button', { name: 'Camera' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    expect(await focused()).toBe('Take the picture');
    await page.keyboard.press('Enter');
    await page.getByAltText('What you chose').waitFor();
    expect(await focused()).toBe('Camera');
    for (const _ of ['url', 'fetch', 'sample']) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => verdict().textContent()).toBe('circle');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('title'))).toBe('circle.jpg');
    for (const _ of ['cross', 'heart', 'square', 'star', 'triangle', 'right', 'wrong'])
      await page.keyboard.press('Tab');
    expect(await focused()).toBe('Wrong');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('square');
    await page.getByRole('button', { name: 'Cancel' }).focus();
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Wrong');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Recorded: it is square, not circle.');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Wrong');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Recorded: circle was right.');
    expect(complaints).toEqual([]);
  });

  it('shows the answer to the last picture, however late that to an earlier one comes', async () => {
    await page.goto(served.url);
    let slow = true;
    let late: Promise<unknown> = Promise.resolve();
    await page.route('**/predict', async (route) => {
      if (!slow) return route.continue();
      slow = false;
      const response = await route.fetch();
      late = new Promise((resolve) => setTimeout(resolve, 1000)).then(() =>
        route.fulfill({ response }).catch(() => {}),
      );
      await late;
    });
    await choose(sample('star'));
    await expect.poll(() => slow).toBe(false);
    await choose(sample('heart'));
    await expect.poll(() => verdict().textContent()).toBe('heart');
    const seen = await page.getByAltText('As the model sees it').getAttribute('src');
    await late;
    await page.waitForTimeout(300);
    expect(await verdict().textContent()).toBe('heart');
    expect(await page.getByAltText('As the model sees it').getAttribute('src')).toBe(seen);
  });

  it('takes no feedback on the answer before while the next picture is classified, and says so when it is lost', async () => {
    await page.goto(served.url);
    await choose(sample('star'));
    await page.getByRole('button', { name: 'Right', exact: true }).waitFor();
    let lose: () => void = () => {};
    const lost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    await page.route('**/predict', (route) => lost.then(() => route.abort('connectionreset')));
    await choose(sample('heart'));
    await page.locator('p', { hasText: 'Classifying…' }).waitFor();
    expect(await page.getByRole('button', { name: 'Right', exact: true }).count()).toBe(0);
    lose();
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/The server does not answer/);
  });

  it('keeps the answer where the preview is refused, and says that it is not there', async () => {
    await page.goto(served.url);
    await page.route('**/preview', (route) => route.fulfill({ status: 429, json: { detail: 'the queue is full' } }));
    await choose(sample('cross'));
    await page.getByText('no preview').waitFor();
    expect(await verdict().textContent()).toBe('cross');
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByTitle('the queue is full').count()).toBe(1);
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
  const made = thousandClasses();
  const served = await serveFixture(made.dir);
  try {
    await page.goto(served.url);
    await choose(sample('star'));
    await expect.poll(() => verdict().textContent()).toBe(nameOf(7));
    const bars = page.getByRole('list', { name: 'Classes by probability' }).getByRole('listitem');
    expect(await bars.count()).toBe(5);
    await page.getByRole('button', { name: 'Show all 1,000' }).click();
    expect(await bars.count()).toBe(1000);
    await page.getByRole('button', { name: 'Wrong' }).click();
    // The likely classes have a button each, and the first of them has the focus.
    expect(await focused()).toBe(nameOf(0));
    await page.getByLabel('Another class, by name or code').fill(nameOf(812));
    await page.getByRole('button', { name: 'Record' }).click();
    await page.getByText(`Recorded: it is ${nameOf(812)}, not ${nameOf(7)}.`).waitFor();
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

it('takes the word of the launch module, not the most probable class, and feeds that back', async () => {
  const made = temporaryPackage(
    `
    export const loadmodel = () => null;
    export const preprocessing = () => false;
    export const predict = () => ({ predicted_label: 1, predicted_class: 'defect', probabilities: { fine: 0.7, defect: 0.3 } });`,
    {
      'katonic.json': JSON.stringify({
        modelType: 'binary',
        classes: [
          { name: 'fine', code: 0 },
          { name: 'defect', code: 1 },
        ],
      }),
    },
  );
  const served = await serveFixture(made.dir);
  try {
    await page.goto(served.url);
    await choose(sample('star'));
    await expect.poll(() => verdict().textContent()).toBe('defect');
    expect(await page.locator('.verdict .number').textContent()).toBe('30.0% · code 1');
    expect(await page.locator('.bars .predicted .name').textContent()).toBe('defect 1');
    await page.getByRole('button', { name: 'Right', exact: true }).click();
    await page.getByText('Recorded: defect was right.').waitFor();
    const figures = (await (await fetch(`${served.url}/api/v1/monitoring`)).json()) as {
      feedback: { accuracy: number };
    };
    expect(figures.feedback.accuracy).toBe(1);
  } finally {
    await served.close();
    made.remove();
  }
});

it('copies the code where the browser has no clipboard, over plain HTTP in a network', async () => {
  // 0.0.0.0 is this machine too, and no origin that a browser trusts.
  const served = await serveFixture(shapes, { host: '0.0.0.0', token: 'secret' });
  try {
    const url = served.url.replace(/\/\/[^:]+/, '//0.0.0.0');
    await page.goto(url);
    expect(await page.evaluate(() => 'clipboard' in navigator)).toBe(false);
    await page.getByLabel('Token').fill('secret');
    await page.getByRole('button', { name: 'Use' }).click();
    await choose(sample('star'));
    await page.getByText('Use it from code').click();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    await page.getByLabel('URL of a picture').focus();
    await page.keyboard.press('Control+V');
    expect(await page.getByLabel('URL of a picture').inputValue()).toMatch(/^curl http:\/\/0\.0\.0\.0/);
    expect(complaints).toEqual([]);
  } finally {
    await served.close();
  }
});

it('says that the model is loading until it is, and classifies the picture that waited', async () => {
  const made = temporaryPackage(`
    export const loadmodel = () => new Promise((resolve) => setTimeout(resolve, 4000));
    export const preprocessing = () => false;
    export const predict = () => ({ predicted_label: 1 });`);
  // Known before the server is ready, which is when serveFixture would tell it.
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  const url = `http://127.0.0.1:${port}`;
  const starting = serveFixture(made.dir, { port });
  try {
    await expect
      .poll(
        () =>
          fetch(url).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    await page.goto(url);
    await page.getByText('the model is loading', { exact: true }).waitFor();
    await choose(sample('star'));
    await page.getByText('The model is loading; the picture waits for it.').waitFor();
    await expect.poll(() => verdict().textContent(), { timeout: 20_000 }).toBe('1');
    await page.getByText('ready', { exact: true }).waitFor();
  } finally {
    await (await starting).close();
    made.remove();
  }
});

it('moves tiles, charts and the table by class when feedback comes', async () => {
  const served = await serveFixture(shapes);
  const tile = (name: string) => page.locator('.tiles div').filter({ hasText: name }).locator('dd').textContent();
  const chart = (name: RegExp) => page.getByRole('img', { name });
  const ink = (name: RegExp) =>
    chart(name)
      .locator('canvas')
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, value) => sum + value, 0);
      });
  try {
    await page.goto(served.url);
    await expect.poll(() => tile('Requests')).toBe('0');
    await chart(/^No requests/).waitFor();
    const blank = await ink(/^No requests/);
    await choose(sample('star'));
    await page.getByRole('button', { name: 'Right', exact: true }).click();
    await expect.poll(() => tile('Accuracy')).toBe('100%');
    await expect.poll(() => tile('Requests')).toBe('1');
    await chart(/^Requests per minute: at most 1\./).waitFor();
    await chart(/^Latency per minute: the slowest p95 is [\d.]+ m?s\./).waitFor();
    expect(await ink(/^Requests per minute/)).not.toBe(blank);
    const cells = (name: string) =>
      page
        .locator('.per-class tbody tr')
        .filter({ has: page.getByRole('rowheader', { name }) })
        .locator('td')
        .allTextContents();
    expect(await cells('star')).toEqual(['1.00', '1.00', '1.00', '1']);
    await choose(sample('star'));
    await page.getByRole('button', { name: 'Wrong' }).click();
    await page.getByRole('button', { name: 'heart', exact: true }).click();
    await expect.poll(() => tile('Accuracy')).toBe('50.0%');
    await expect.poll(() => cells('heart')).toEqual(['0.00', '0.00', '0.00', '1']);
    expect(await cells('star')).toEqual(['0.50', '1.00', '0.67', '1']);
    await page.getByText('100%: 2 of 2 predictions have feedback').waitFor();
    await page.getByRole('button', { name: 'All' }).click();
    await chart(/^Requests per day: at most 2\./).waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await served.close();
  }
});
