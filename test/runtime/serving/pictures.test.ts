import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Settings } from '../../../runtime/settings.js';
import { serveFixture, temporaryPackage } from '../../support/serve.js';
import { tempFolder } from '../feedback/helpers.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAMAAADz0U65AAAAA1BMVEWAgICQdD0xAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQI12NgoA4AAABIAAH/myMhAAAAAElFTkSuQmCC',
  'base64',
);
const GIF = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');

async function serving(settings: Partial<Settings>) {
  const pkg = temporaryPackage(`
    import { InputError } from '${new URL('../../../dist/runtime/public.js', import.meta.url).href}';
    export function loadmodel() {}
    export function predict(data) {
      if (data === 'refused') throw new InputError('refused');
      return { predicted_label: 1 };
    }`);
  onTestFinished(() => pkg.remove());
  const dataDir = settings.dataDir ?? tempFolder();
  const served = await serveFixture(pkg.dir, { dataDir, ...settings });
  const send = async (path: string, body: string | Uint8Array | FormData, type?: string) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const response = await fetch(served.url + path, { method: 'POST', body, headers });
    await response.arrayBuffer();
    return response.headers.get('x-request-id') as string;
  };
  return {
    served,
    send,
    json: (data: unknown) => send('/predict', JSON.stringify({ data }), 'application/json'),
    dataDir,
  };
}

it('keeps what each prediction was asked about, under its id', async () => {
  let fetched = 0;
  const host = createServer((_req, res) => {
    fetched++;
    res.end(PNG);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void host.close());
  await new Promise((resolve) => host.once('listening', resolve));
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/cat.png?signature=abc`;

  const { served, send, json, dataDir } = await serving({ keepPictures: 100 });
  const form = new FormData();
  form.append('file', new Blob([GIF]), 'cat.jpg');
  const v2 = (...data: string[]) =>
    JSON.stringify({ inputs: [{ name: 'data', datatype: 'BYTES', shape: [data.length], data }] });
  const infer = `/v2/models/${served.pkg.name}/infer`;
  const expected = new Map<string, string | Buffer>([
    [`${await send('/predict', new Uint8Array(PNG), 'image/jpeg')}.png`, PNG],
    [`${await send('/api/v1/predict', form)}.gif`, GIF],
    [`${await json(PNG.toString('base64'))}.png`, PNG],
    [`${await json(`data:image/png;base64,${PNG.toString('base64')}`)}.png`, PNG],
    [`${await json(` ${url} `)}.url`, `${url}\n`],
    [`${await send(infer, v2(PNG.toString('base64')), 'application/json')}.png`, PNG],
  ]);
  const several = await send(infer, v2(url, PNG.toString('base64')), 'application/json');
  expected.set(`${several}-0.url`, `${url}\n`).set(`${several}-1.png`, PNG);
  for (const data of ['no picture', 'refused', [1, 2, 3], 7, 'data:text/plain,hello', '']) await json(data);
  await send('/predict', 'not JSON', 'application/json');
  await served.close();

  const folder = join(dataDir, 'pictures');
  expect(readdirSync(folder).sort()).toEqual([...expected.keys()].sort());
  for (const [name, content] of expected) {
    expect(readFileSync(join(folder, name)).equals(Buffer.from(content)), name).toBe(true);
    if (process.platform !== 'win32') expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
  expect(fetched).toBe(0);
});

it('never keeps more than it may: the oldest go, those of an earlier start first, and other files stay', async () => {
  const dataDir = tempFolder();
  const folder = join(dataDir, 'pictures');
  mkdirSync(folder);
  const old = ['11111111-1111-4111-8111-111111111111.png', '00000000-0000-4000-8000-000000000000.url', 'notes.txt'];
  for (const [i, name] of old.entries()) {
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), i + 1, i + 1);
  }
  const { served, json } = await serving({ keepPictures: 3, dataDir });
  const first = await json(PNG.toString('base64'));
  const second = await json(PNG.toString('base64'));
  await expect
    .poll(() => readdirSync(folder).sort())
    .toEqual([old[1], `${first}.png`, `${second}.png`, 'notes.txt'].sort());
  const ids = await Promise.all(Array.from({ length: 10 }, () => json(PNG.toString('base64'))));
  await served.close();
  const kept = readdirSync(folder).filter((name) => name !== 'notes.txt');
  expect(kept).toHaveLength(3);
  expect(kept.every((name) => ids.includes(name.slice(0, 36)))).toBe(true);
});

it('keeps none unless asked', async () => {
  const { served, json, dataDir } = await serving({});
  await json(PNG.toString('base64'));
  await served.close();
  expect(readdirSync(dataDir)).not.toContain('pictures');
});

it('serves without them where they cannot be kept, and says so', async () => {
  const dataDir = tempFolder();
  writeFileSync(join(dataDir, 'pictures'), 'a file in place of the folder');
  const { served, json } = await serving({ keepPictures: 5, dataDir });
  onTestFinished(() => served.close());
  expect(await json(PNG.toString('base64'))).toBeTruthy();
  expect(served.logger.lines).toContainEqual(
    expect.objectContaining({
      level: 'warning',
      message: expect.stringContaining(`pictures are not kept in ${dataDir}`),
    }),
  );
});
