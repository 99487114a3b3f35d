import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serveFixture, type TemporaryPackage, temporaryPackage } from '../../../support/serve.js';

const LAUNCH = `
import { readImage } from 'generator-katonic-classifier/runtime';
export const loadmodel = () => ({});
export const preprocessing = (data) => readImage(data, { width: 8, height: 8 });
export const predict = ({ shape }) => ({ predicted_label: 1, shape });
`;

let pkg: TemporaryPackage;
let served: Served;
let picture: Buffer;

beforeAll(async () => {
  picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#aa3355' } })
    .png()
    .toBuffer();
  pkg = temporaryPackage(LAUNCH);
  mkdirSync(join(pkg.dir, 'samples'));
  writeFileSync(join(pkg.dir, 'samples', 'a picture.png'), picture);
  served = await serveFixture(pkg.dir);
});
afterAll(async () => {
  await served.close();
  pkg.remove();
});

describe('the sample pictures of a package', () => {
  it('are listed and served, and nothing else is', async () => {
    const summary = (await (await fetch(served.url)).json()) as { samples: string[] };
    expect(summary.samples).toEqual(['a picture.png']);
    const sample = await fetch(`${served.url}/samples/a%20picture.png`);
    expect(sample.headers.get('content-type')).toBe('image/png');
    expect(sample.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(Buffer.from(await sample.arrayBuffer()).equals(picture)).toBe(true);
    for (const name of ['b.png', '..%2flaunch.js', '%2fetc%2fpasswd', '']) {
      expect([name, (await fetch(`${served.url}/samples/${name}`)).status]).toEqual([name, 404]);
    }
  });

  it('warm the model up, before the server is ready', () => {
    expect(served.info.warmUp).toMatchObject({ done: true, detail: 'samples/a picture.png', ms: expect.any(Number) });
  });

  it('stop the server from starting when the model cannot answer to them, saying which one', async () => {
    writeFileSync(join(pkg.dir, 'samples', 'a picture.png'), 'no picture at all');
    await expect(serveFixture(pkg.dir)).rejects.toMatchObject({
      code: 'not_an_image',
      message: expect.stringMatching(/^the warm-up prediction of samples\/a picture\.png failed: /),
    });
  });
});

describe('the page', () => {
  it('goes to browsers that ask for HTML, under a strict policy; programs get JSON', async () => {
    const asBrowser = await fetch(served.url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(asBrowser.headers.get('vary')).toBe('Accept');
    expect(asBrowser.headers.get('content-type')).toMatch(/^text\/html/);
    const policy = asBrowser.headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'; script-src 'self'/);
    expect(policy).toContain("img-src 'self' blob:;");
    for (const accept of ['*/*', 'application/json']) {
      const asProgram = await fetch(served.url, { headers: { accept } });
      expect(asProgram.headers.get('content-type')).toMatch(/^application\/json/);
    }
  });

  it('shows the picture as the model sees it', async () => {
    const headers = { 'content-type': 'image/png' };
    const preview = await fetch(`${served.url}/api/v1/preview`, {
      method: 'POST',
      headers,
      body: new Uint8Array(picture),
    });
    expect([preview.status, preview.headers.get('content-type')]).toEqual([200, 'image/png']);
    const { width, height } = await sharp(Buffer.from(await preview.arrayBuffer())).metadata();
    expect([width, height]).toEqual([8, 8]);
  });
});
