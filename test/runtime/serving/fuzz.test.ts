import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp, { type SharpOptions } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { residentMb } from '../../support/memory.js';
import { type Served, serveFixture, type TemporaryPackage, temporaryPackage } from '../../support/serve.js';

/** Short in `npm test`; KATONIC_FUZZ_RUNS=10000 for a long run. */
const RUNS = Number(process.env.KATONIC_FUZZ_RUNS ?? 250);
const DATA = process.env.KATONIC_TEST_DATA;
/** From here on memory has had the time to settle. */
const LONG = 5000;
/** Between the second and the last fifth: 16 kB a request over 6,000 requests. */
const MOST_GROWTH_MB = 100;
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
const damaged = fc
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

/** Some are whole, so that what comes after decoding is reached as well. */
const mutated = fc.oneof(
  { weight: 4, arbitrary: damaged },
  { weight: 1, arbitrary: fc.nat().map((which) => pictures[which % pictures.length] as Buffer) },
);

interface Sent {
  /** Default `/predict`. */
  readonly path?: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

const json = (value: unknown): Sent => ({ type: 'application/json', body: JSON.stringify(value) ?? '' });
const to =
  (path: string) =>
  (sent: Sent): Sent => ({ ...sent, path });
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

const predictions = fc.oneof(asText, asUri, asBytes, asForm, anyJson, anyText, anyBytes, brokenForm);

/** Mostly labels that there are, so that some bodies are right. */
const label = fc.oneof({ weight: 4, arbitrary: fc.constantFrom<unknown>(0, 1, '0', '1') }, fc.jsonValue());
const labels = fc.oneof({ weight: 4, arbitrary: fc.array(label, { maxLength: 6 }) }, fc.jsonValue());
const encoded = mutated.map((bytes) => bytes.toString('base64'));
const input = fc.oneof(encoded, fc.jsonValue());
const feedback = fc
  .oneof(
    fc.record({ predicted_label: labels, true_label: labels }, { requiredKeys: [] }).map(json),
    fc.array(fc.constantFrom(0, 1), { minLength: 1 }).map((list) => json({ predicted_label: list, true_label: list })),
    fc.record({ id: fc.oneof(fc.uuid(), fc.array(fc.uuid()), fc.jsonValue()), true_label: labels }).map(json),
    fc.record({ data: fc.oneof(input, fc.array(input, { maxLength: 3 })), label: labels }).map(json),
    encoded.map((data) => json({ data: [data], label: [1] })),
    anyJson,
    anyText,
    anyBytes,
  )
  .map(to('/feedback'));

const INFER = '/v2/models/temporary/infer';
const HEADER_LENGTH = 'inference-header-content-length';
const tensorOf = (data: readonly unknown[]) => ({ name: 'data', datatype: 'BYTES', shape: [data.length], data });
/** The binary extension: a JSON header, then each element with its length before it. */
const inBinary = fc
  .record({
    pictures: fc.array(mutated, { minLength: 1, maxLength: 3 }),
    length: fc.option(fc.integer()),
    claim: fc.option(fc.nat()),
  })
  .map(({ pictures: elements, length, claim }): Sent => {
    const raw = Buffer.concat(
      elements.flatMap((bytes) => {
        const before = Buffer.alloc(4);
        before.writeUInt32LE(bytes.length);
        return [before, bytes];
      }),
    );
    const parameters = { binary_data_size: claim ?? raw.length };
    const shape = [elements.length];
    const head = Buffer.from(JSON.stringify({ inputs: [{ name: 'data', datatype: 'BYTES', shape, parameters }] }));
    return {
      type: 'application/octet-stream',
      headers: { [HEADER_LENGTH]: String(length ?? head.length) },
      body: Buffer.concat([head, raw]),
    };
  });
const inferences = fc
  .oneof(
    fc.array(input, { maxLength: 4 }).map((data) => json({ inputs: [tensorOf(data)] })),
    fc
      .record({ datatype: fc.oneof(fc.constant('BYTES'), fc.string()), shape: fc.jsonValue(), data: fc.jsonValue() })
      .map((tensor) => json({ id: 'x', inputs: [{ name: 'data', ...tensor }], outputs: [{ name: 'answer' }] })),
    inBinary,
    fc
      .tuple(anyBytes, fc.string({ unit: 'grapheme-ascii' }))
      .map(([sent, length]) => ({ ...sent, headers: { [HEADER_LENGTH]: length.trim() } })),
    anyJson,
    anyText,
  )
  .map(to(INFER));

const requests = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: predictions },
    { weight: 1, arbitrary: feedback },
    { weight: 1, arbitrary: inferences },
  ),
  { minLength: ABREAST, maxLength: ABREAST },
);

/** How often each path answered each status. */
const seen = new Map<string, number>();

async function send({ path = '/predict', type, headers, body }: Sent): Promise<number> {
  const response = await fetch(served.url + path, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
  });
  const text = await response.text();
  const { status } = response;
  const key = `${path} ${status}`;
  seen.set(key, (seen.get(key) ?? 0) + 1);
  if (status === 200) return status;
  if (status < 400 || status >= 500) expect.fail(`${path} ${status}: ${text}`);
  const answer = JSON.parse(text) as { detail?: unknown; error?: unknown };
  expect(path === INFER ? answer.error : answer.detail).toBeDefined();
  return status;
}

/** Resident memory in MB: of this process, which is the front, and of the workers. */
function resident(): number[] {
  return [process.pid, ...served.pool.stats().workers.map(({ pid }) => pid as number)].map(residentMb);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

describe('whatever is sent', () => {
  it(
    `gets 2xx or 4xx, and no worker dies (${RUNS} requests)`,
    async () => {
      const memory: number[][] = [];
      const pids = served.pool.stats().workers.map(({ pid }) => pid);
      await fc.assert(
        fc.asyncProperty(requests, async (sent) => {
          await Promise.all(sent.map(send));
          if (process.platform === 'linux') memory.push(resident());
        }),
        { numRuns: Math.ceil(RUNS / ABREAST), endOnFailure: true },
      );
      expect(served.pool.stats().restarts).toBe(0);
      expect(served.pool.stats().workers.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
      const picture = pictures[2] as Buffer;
      const fine: Sent[] = [
        { type: 'image/png', body: picture },
        { path: '/feedback', ...json({ predicted_label: [1], true_label: [0] }) },
        { path: INFER, ...json({ inputs: [tensorOf([picture.toString('base64')])] }) },
      ];
      for (const sent of fine) expect(await send(sent)).toBe(200);
      const part = (from: number, to: number) => {
        const some = memory.slice(from * memory.length, to * memory.length);
        return (some[0] ?? []).map((_, process) => Math.round(median(some.map((at) => at[process] as number))));
      };
      const [early, late] = [part(0.2, 0.4), part(0.8, 1)];
      const answers = [...seen].sort().map(([key, count]) => `${key}: ${count}`);
      console.log(
        `fuzz: ${RUNS} requests; ${answers.join(', ')}; MB of the front and the workers ${early.join(' ')}, at the end ${late.join(' ')}`,
      );
      if (RUNS < LONG) return;
      for (const [process, mb] of late.entries()) expect(mb - (early[process] as number)).toBeLessThan(MOST_GROWTH_MB);
    },
    Math.max(30_000, RUNS * 100),
  );
});
