import { createReadStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';
import { chromiumOrSkip, launchChromium } from '../../support/chromium.js';
import { type Served, serveFixture, type TemporaryPackage } from '../../support/serve.js';
import { thousandClasses } from './thousand.js';

/**
 * Every state of the page, at the widths of a phone, a tablet and a desktop, light and dark: nothing for axe to find,
 * nothing that scrolls sideways. `KATONIC_SCREENSHOTS=<folder>` keeps a picture of each, to be looked at.
 */
const folder = process.env.KATONIC_SCREENSHOTS;
const missing = chromiumOrSkip('every state of the page in a browser') === undefined;

const shapes = join(packageRoot, 'examples/shapes');
const sample = (name: string) => join(shapes, 'samples', `${name}.jpg`);
const choose = (page: Page, name: string) => page.setInputFiles('input[type=file]', sample(name));
const verdict = (page: Page) => page.locator('.verdict strong').waitFor();

interface State {
  readonly of: 'shapes' | 'thousand';
  /** Brings a freshly opened page into the state. */
  readonly enter: (page: Page) => Promise<void>;
}

const states: Readonly<Record<string, State>> = {
  empty: { of: 'shapes', enter: async () => {} },
  answered: {
    of: 'shapes',
    enter: async (page) => {
      await choose(page, 'star');
      await page.getByAltText('As the model sees it, after crop and resize').waitFor();
    },
  },
  chooser: {
    of: 'shapes',
    enter: async (page) => {
      await choose(page, 'heart');
      await page.getByRole('button', { name: 'Wrong' }).click();
    },
  },
  recorded: {
    of: 'shapes',
    enter: async (page) => {
      await choose(page, 'heart');
      await page.getByRole('button', { name: 'Right', exact: true }).click();
      await page.getByText('Recorded: heart was right.').waitFor();
    },
  },
  error: {
    of: 'shapes',
    enter: async (page) => {
      const buffer = Buffer.from('no picture at all');
      await page.setInputFiles('input[type=file]', { name: 'notes.txt', mimeType: 'text/plain', buffer });
      await page.getByRole('alert').waitFor();
    },
  },
  camera: {
    of: 'shapes',
    enter: async (page) => {
      await page.getByRole('button', { name: 'Camera' }).click();
      await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
      const frame = await page.locator('.drop').boundingBox();
      const button = await page.getByRole('button', { name: 'Take the picture' }).boundingBox();
      expect(button!.y + button!.height).toBeLessThan(frame!.y + frame!.height);
    },
  },
  fetched: {
    of: 'shapes',
    enter: async (page) => {
      await page.getByLabel('URL of a picture').fill(`http://127.0.0.1:${port}/square.jpg`);
      await page.getByRole('button', { name: 'Fetch' }).click();
      await page.getByAltText('The fetched picture, as the model sees it').waitFor();
    },
  },
  loading: {
    of: 'shapes',
    enter: async (page) => {
      await page.route('**/predict', () => {});
      await choose(page, 'triangle');
      await page.locator('p', { hasText: 'Classifying…' }).waitFor();
    },
  },
  away: {
    of: 'shapes',
    enter: async (page) => {
      await page.context().setOffline(true);
      await choose(page, 'cross');
      await page.getByText('the server does not answer', { exact: true }).waitFor();
    },
  },
  opened: {
    of: 'shapes',
    enter: async (page) => {
      await choose(page, 'circle');
      await verdict(page);
      for (const summary of await page.locator('details > summary').all()) await summary.click();
    },
  },
  'thousand-empty': { of: 'thousand', enter: async () => {} },
  thousand: {
    of: 'thousand',
    enter: async (page) => {
      await choose(page, 'star');
      await page.getByRole('button', { name: 'Wrong' }).click();
    },
  },
  'thousand-all': {
    of: 'thousand',
    enter: async (page) => {
      await choose(page, 'star');
      await page.getByRole('button', { name: 'Show all 1,000' }).click();
    },
  },
};

let browser: Browser;
/** Where pictures by URL come from. */
let port: number;
const elsewhere = createServer((_req, res) => void createReadStream(sample('square')).pipe(res));
let thousand: TemporaryPackage;
const served = {} as Record<State['of'], Served>;

beforeAll(async () => {
  if (missing) return;
  if (folder) mkdirSync(folder, { recursive: true });
  browser = await launchChromium();
  thousand = thousandClasses();
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  port = (elsewhere.address() as AddressInfo).port;
  served.shapes = await serveFixture(shapes, { allowHosts: [`127.0.0.1:${port}`] });
  served.thousand = await serveFixture(thousand.dir);
  await feedback(served.shapes, [1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6], [1, 1, 2, 2, 3, 4, 4, 4, 4, 5, 3, 6, 6, 6]);
  const labels = Array.from({ length: 90 }, (_, index) => index * 7);
  const mistaken = (label: number) => (label % 5 === 0 ? (label + 7) % 630 : label);
  await feedback(served.thousand, labels.map(mistaken), labels);
  for (let count = 0; count < 12; count++) await served.shapes.predict('data:,not a picture');
}, 60_000);
afterAll(async () => {
  if (missing) return;
  await browser.close();
  await Promise.all(Object.values(served).map((one) => one.close()));
  thousand.remove();
  elsewhere.close();
});

async function feedback(on: Served, predicted: number[], actual: number[]): Promise<void> {
  const response = await fetch(`${on.url}/api/v1/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ predicted_label: predicted, true_label: actual }),
  });
  expect(response.status).toBe(200);
}

const sizes = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
];

describe.skipIf(missing).each(Object.entries(states))('%s', (name, { of, enter }) => {
  it('has nothing for axe to find and fits, at every width, light and dark', async () => {
    const context = await browser.newContext({ viewport: sizes[0]!, reducedMotion: 'reduce' });
    try {
      const page = await context.newPage();
      await page.goto(served[of].url);
      await page.locator('.tiles').first().waitFor();
      await enter(page);
      for (const size of sizes) {
        await page.setViewportSize(size);
        expect([size.width, await sideways(page)]).toEqual([size.width, 0]);
        if (size.width === 1440 && name !== 'opened') expect(await below(page, size.height)).toEqual([]);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          if (folder) {
            const path = join(folder, `${name}-${size.width}-${colorScheme}.png`);
            await page.screenshot({ path, fullPage: size.width < 1440 || name === 'opened' });
          }
          // Axe looks at nothing that differs at the width between.
          const found = size.width === 768 ? [] : await findings(page);
          expect([size.width, colorScheme, found]).toEqual([size.width, colorScheme, []]);
        }
      }
    } finally {
      await context.close();
    }
  });
});

async function findings(page: Page): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

/** How many pixels the page is wider than the window. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What of picture, answer and the first figures is not seen without scrolling. */
async function below(page: Page, height: number): Promise<string[]> {
  const parts = ['.picture', '.answer', '.tiles'];
  const boxes = await Promise.all(parts.map((part) => page.locator(part).first().boundingBox()));
  return parts.filter((_, index) => {
    const box = boxes[index];
    return !box || box.y + box.height > height;
  });
}
