import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp, { type SharpOptions } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serveFixture, type TemporaryPackage, temporaryPackage } from '../../support/serve.js';

/** Short in `npm test`; KATONIC_FUZZ_RUNS=10000 for a long run. */
const RUNS = Number(process.env.KATONIC_FUZZ_RUNS ?? 250);
const DATA = process.env.KATONIC_TEST_DATA;
/** Requests at once: more than a worker takes, fewer than the queue refuses. */
const ABREAST = 6;

const LAUNCH = `
import { readImage } from 'generator-katonic-classifier/runtime';
export const loadmodel = () => ({});
export const preprocessing = (data) => readImage(data, { width: 32, height: 32 });
export const predict = ({ shape }) => ({ predicted_label: 1, shape });
`;

let pkg: TemporaryPackage;
let served: Served;
let pictures: Buffer[];

beforeAll(async () => {
  const noise = {
    create: {
      width: 60,
      height: 40,
      channels: 3,
      background: '#336699',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  } as const;
  const drawn = () => sharp(noise as unknown as SharpOptions);
  pictures = await Promise.all([
    drawn().jpeg().toBuffer(),
    drawn()
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .toBuffer(),
    drawn().png().toBuffer(),
    drawn().png({ palette: true }).toBuffer(),
    drawn().webp().toBuffer(),
    drawn().webp({ lossless: true }).toBuffer(),
    drawn().gif().toBuffer(),
    drawn().tiff().toBuffer(),
    drawn().avif({ effort: 0 }).toBuffer(),
  ]);
  if (DATA !== undefined) {
    const folder = join(DATA, 'images');
    pictures.push(...readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  }
  pkg = temporaryPackage(LAUNCH);
  served = await serveFixture(pkg.dir, { workers: 2, maxBody: 2_000_000, maxPixels: 4_000_000, fetchTimeoutMs: 1000 });
});
afterAll(async () => {
  await served.close();
  pkg.remove();
});

/** A picture with some bytes changed, a piece cut out, doubled or cut off. */
const mutated = fc
  .record({
    which: fc.nat(),
    edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 12 }),
    header: fc.boolean(),
    cut: fc.option(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))),
    end: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ which, edits, header, cut, end }) => {
    let bytes = Buffer.from(pictures[which % pictures.length] as Buffer);
    const reach = header ? Math.min(64, bytes.length) : bytes.length;
    for (const [at, value] of edits) bytes[Math.floor(at * (reach - 1))] = value;
    if (cut !== null) {
      const [from, to] = cut.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b) as [number, number];
      bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    }
    return end === null ? bytes : bytes.subarray(0, Math.floor(end * bytes.length));
  });

interface Sent {
  readonly type: string;
  readonly body: Uint8Array | string;
}

const json = (value: unknown): Sent => ({ type: 'application/json', body: JSON.stringify(value) ?? '' });
const asText = mutated.map((bytes) => json({ data: bytes.toString('base64') }));
const asUri = mutated.map((bytes) => json({ data: `data:image/jpeg;base64,${bytes.toString('base64')}` }));
const asBytes = mutated.map((body): Sent => ({ type: 'image/jpeg', body }));
const asForm = mutated.map((bytes): Sent => {
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n';
  return {
    type: 'multipart/form-data; boundary=b',
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')]),
  };
});
const anyJson = fc
  .oneof(
    fc.jsonValue(),
    fc.record({ data: fc.jsonValue() }),
    fc.record({ data: fc.webUrl({ validSchemes: ['ftp', 'file', 'javascript'] }) }),
  )
  .map(json);
const anyText = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('['.repeat(50_000)))
  .map((body): Sent => ({ type: 'application/json', body }));
const anyBytes = fc.uint8Array({ maxLength: 400 }).map((body): Sent => ({ type: 'application/octet-stream', body }));
const brokenForm = fc
  .uint8Array({ maxLength: 300 })
  .map(
    (body): Sent => ({ type: 'multipart/form-data; boundary=b', body: Buffer.concat([Buffer.from('--b\r\n'), body]) }),
  );

const requests = fc.array(fc.oneof(asText, asUri, asBytes, asForm, anyJson, anyText, anyBytes, brokenForm), {
  minLength: ABREAST,
  maxLength: ABREAST,
});

async function send({ type, body }: Sent): Promise<void> {
  const response = await fetch(`${served.url}/predict`, { method: 'POST', headers: { 'content-type': type }, body });
  const answer = (await response.json()) as { detail?: unknown };
  const { status } = response;
  if (status !== 200 && (status < 400 || status >= 500)) expect.fail(`${status}: ${JSON.stringify(answer)}`);
  if (status !== 200) expect(answer.detail).toBeDefined();
}

describe('whatever is sent', () => {
  it(
    `gets 2xx or 4xx, and no worker dies (${RUNS} requests)`,
    async () => {
      const pids = served.pool.stats().workers.map(({ pid }) => pid);
      await fc.assert(
        fc.asyncProperty(requests, async (sent) => {
          await Promise.all(sent.map(send));
        }),
        { numRuns: Math.ceil(RUNS / ABREAST), endOnFailure: true },
      );
      expect(served.pool.stats().restarts).toBe(0);
      expect(served.pool.stats().workers.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
      const fine = await fetch(`${served.url}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: pictures[2] as Buffer,
      });
      expect(fine.status).toBe(200);
      console.log(
        `fuzz: ${RUNS} requests; RSS of the workers in MB: ${served.pool
          .stats()
          .workers.map(({ rssBytes }) => Math.round(rssBytes / 1e6))
          .join(', ')}`,
      );
    },
    Math.max(30_000, RUNS * 100),
  );
});
