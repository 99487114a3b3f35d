import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';
import { type Served, serveFixture } from '../../support/serve.js';

const example = join(packageRoot, 'examples/shapes');
const star = readFileSync(join(example, 'samples/star.jpg'));
let served: Served;

beforeAll(async () => {
  served = await serveFixture(example, { maxPixels: 1_000_000 });
});
afterAll(() => served.close());

const send = (body: Uint8Array | string) =>
  fetch(`${served.url}/predict`, { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } });
const square = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();

it('classifies a picture, as bytes and as text', async () => {
  expect(await (await send(star)).json()).toMatchObject({ predicted_class: 'star' });
  for (const prefix of ['', 'data:image/jpeg;base64,']) {
    const answer = await served.predict(prefix + star.toString('base64'));
    expect(await answer.json()).toMatchObject({ predicted_class: 'star' });
  }
});

describe('what is no picture that can be read', () => {
  it.each<[string, () => Uint8Array | string | Promise<Uint8Array>, number, string]>([
    ['text', () => 'hello', 422, 'not_an_image'],
    ['nothing', () => '', 422, 'invalid_input'],
    ['a web page', () => '<!doctype html><p>hello', 422, 'not_an_image'],
    ['a drawing', () => '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 422, 'not_an_image'],
    ['half a picture', () => star.subarray(0, star.length / 2), 422, 'not_an_image'],
    ['more pixels than the limit', () => square(1001), 413, 'too_large'],
  ])('%s is refused by name of the field', async (_, make, status, code) => {
    const response = await send(await make());
    const answer = (await response.json()) as { code: string; detail: unknown; remedy: string };
    expect([response.status, answer.code]).toEqual([status, code]);
    if (status === 422) expect(answer.detail).toMatchObject([{ loc: ['body', 'data'] }]);
    expect(answer.remedy).not.toBe('');
    expect((await send(star)).status).toBe(200);
  });

  it('a picture of just so many pixels is read', async () => {
    expect((await send(await square(1000))).status).toBe(200);
  });
});
