import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../runtime/bundle/manifest.js';
import { packagePackage } from '../../runtime/bundle/package.js';
import { pydanticSchema } from '../../runtime/bundle/pydantic.js';
import type { BundleReport } from '../../runtime/bundle/report.js';
import { verifyBundle } from '../../runtime/bundle/verify.js';
import { alive } from '../support/front.js';
import { fixture, type Served, serveFixture } from '../support/serve.js';
import { installInto, makeVenv } from './environments.js';
import { type Platform, startPlatform, unzip } from './platform.js';
import { pythonOrSkip } from './python.js';

const python = pythonOrSkip('uploads in a stand-in for the platform') as string;
const UPLOADED = fileURLToPath(new URL('../runtime/bundle/fixtures/picture', import.meta.url));
const PICTURES = [
  fixture('exports/pictures'),
  ...(process.env.KATONIC_TEST_DATA ? [join(process.env.KATONIC_TEST_DATA, 'images')] : []),
];

const REQUIREMENTS = fileURLToPath(new URL('../../templates/upload/requirements.txt', import.meta.url));

const MODELS = {
  ONNX: { 'model.onnx': 'exports/pytorch-mobilenet/model.onnx' },
  'TensorFlow.js': {
    'model.json': 'exports/teachable-machine/model.json',
    'weights.bin': 'exports/teachable-machine/weights.bin',
  },
};

const shared = mkdtempSync(join(tmpdir(), 'katonic-platform-python-'));
let environment: Promise<string> | undefined;
/** What the platform does first, once for all uploads: their requirements are the same file. */
function platformPython(): Promise<string> {
  environment ??= makeVenv(python, join(shared, 'venv'), ['-r', REQUIREMENTS, 'fastapi', 'uvicorn']);
  return environment;
}
afterAll(() => rmSync(shared, { recursive: true, force: true }));

describe.skipIf(python === undefined).each(Object.entries(MODELS))('an upload with a model in %s', (kind, model) => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-platform-'));
  const dir = join(root, 'package');
  const upload = join(root, 'upload');
  const zip = join(root, 'upload.zip');
  let report: BundleReport;
  let inside: string;
  let pictures: Server;
  let host: string;
  let local: Served;
  let platform: Platform;

  beforeAll(async () => {
    cpSync(UPLOADED, dir, { recursive: true });
    for (const name of ['model', 'samples']) mkdirSync(join(dir, name));
    for (const [name, from] of Object.entries(model)) copyFileSync(fixture(from), join(dir, 'model', name));
    copyFileSync(fixture('exports/pictures/landscape.jpg'), join(dir, 'samples', 'landscape.jpg'));
    writeFileSync(join(dir, 'samples', 'README.md'), 'Comes before the pictures, and is none.');
    [report, inside] = await Promise.all([packagePackage(dir, { out: zip }), platformPython()]);
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    unzip(python, zip, upload);
    expect(readFileSync(join(upload, 'requirements.txt'))).toEqual(readFileSync(REQUIREMENTS));

    const files = new Map(
      PICTURES.flatMap((folder) => readdirSync(folder).map((name) => [`/${name}`, join(folder, name)])),
    );
    pictures = createServer((req, res) => {
      const file = files.get(req.url ?? '');
      if (file === undefined) res.writeHead(404).end();
      else res.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => pictures.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(pictures.address() as AddressInfo).port}`;
    process.env.KATONIC_ALLOW_HOST = host;
    local = await serveFixture(dir, { allowHosts: [host] });
    platform = await startPlatform(inside, upload, { KATONIC_ALLOW_HOST: host });
  });
  afterAll(async () => {
    await Promise.all([local?.close(), platform?.stop()]);
    pictures?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('is small, for linux-x64-glibc alone, and as its manifest says', async () => {
    expect(report.bytes).toBeLessThan(80e6);
    expect(await verifyBundle(zip)).toEqual([]);
    const strange = listFiles(upload).filter((path) =>
      /darwin|win32|arm64|musl|cuda|tensorrt|typescript|ts-node|yeoman|\.map$|\.d\.ts$/.test(path),
    );
    expect(strange.filter((path) => !path.startsWith('app/src/'))).toEqual([]);
    const engines = ['onnxruntime-node', '@tensorflow/tfjs', '@tensorflow/tfjs-node'];
    expect(engines.filter((name) => existsSync(join(upload, 'app/node_modules', name)))).toEqual(['onnxruntime-node']);
  });

  it('is the same, byte for byte, when built again from a copy elsewhere', async () => {
    const elsewhere = join(root, 'a longer way', 'to it');
    cpSync(dir, elsewhere, { recursive: true });
    const again = await packagePackage(elsewhere, { out: join(root, 'again.zip') });
    expect(again.sha256).toBe(report.sha256);
  });

  it('has the picture to warm up with where the child looks for it', () => {
    expect(readdirSync(join(upload, 'app', 'samples'))).toEqual(['landscape.jpg']);
  });

  it.skipIf(kind !== 'ONNX')('is the same as a folder, ready to commit, in place of an earlier one', async () => {
    const folder = join(root, 'repository');
    unzip(python, zip, folder);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    await packagePackage(dir, { out: folder });
    expect(await verifyBundle(folder)).toEqual([]);
    expect(readFileSync(join(folder, 'manifest.json'))).toEqual(readFileSync(join(upload, 'manifest.json')));
    execFileSync('git', ['-c', 'core.excludesFile=/dev/null', 'add', '-A'], { cwd: folder });
    const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: folder, encoding: 'utf8' })
      .split('\0')
      .filter(Boolean);
    expect(tracked.sort()).toEqual(listFiles(folder, (path) => path === '.git'));
  });

  it('answers as local serving does, byte for byte', async () => {
    const seen = new Set<string>();
    for (const folder of PICTURES) {
      for (const name of readdirSync(folder)) {
        const uri = `data:application/octet-stream;base64,${readFileSync(join(folder, name)).toString('base64')}`;
        for (const data of [uri, `http://${host}/${name}`]) {
          const [here, there] = await Promise.all([local.predict(data), platform.predict(data)]);
          const [expected, answer] = await Promise.all([here.text(), there.text()]);
          expect(here.status, expected).toBe(200);
          expect(there.status, answer).toBe(200);
          expect(answer).toBe(expected);
          seen.add(answer);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it.each([
    ['text that is no picture', 'data:image/png;base64,aGVsbG8='],
    ['a picture that is not there', 'gone'],
    ['a wrong type', 7],
  ])('refuses %s', async (_what, data) => {
    const sent = data === 'gone' ? `http://${host}/gone.jpg` : data;
    const answer = await platform.predict(sent);
    expect(answer.status).toBe(422);
    const { detail } = (await answer.json()) as { detail: unknown };
    if (typeof detail === 'string')
      expect(await (await local.predict(sent)).text()).toContain(JSON.stringify(detail.split(' - ')[0]).slice(1, 40));
  });

  it('answers many at once, and goes on when its child is killed', async () => {
    const data = `http://${host}/landscape.jpg`;
    const expected = await (await local.predict(data)).text();
    const many = await Promise.all(Array.from({ length: 24 }, async () => (await platform.predict(data)).text()));
    expect(new Set(many)).toEqual(new Set([expected]));
    const [child] = platform.children();
    process.kill(child as number, 'SIGKILL');
    // A call that had reached the child fails; from then on another one answers.
    await expect.poll(() => platform.log(), { timeout: 10_000 }).toContain('killed by signal 9; it is started again');
    expect(await (await platform.predict(data)).text()).toBe(expected);
    expect(platform.children()).not.toContain(child);
  });

  it('takes feedback beside it', async () => {
    const answer = await fetch(`${platform.url}/api/v1/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ predicted_label: [1, 2], true_label: [1, 1] }),
    });
    expect(await answer.json()).toEqual({ received: 2, accuracy: 0.5 });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('ends its child when Python ends by %s', async (signal) => {
    const other = await startPlatform(inside, upload);
    const children = other.children();
    expect(children).toHaveLength(1);
    await other.stop(signal);
    await expect.poll(() => children.filter(alive), { timeout: 5000 }).toEqual([]);
  });

  it.skipIf(kind !== 'ONNX').each([1, 2])('has a schema.py for pydantic %i', async (major) => {
    const packages = join(root, 'pydantic-1');
    // Version 2 comes with the platform's FastAPI.
    if (major === 1) await installInto(inside, packages, ['pydantic<2']);
    const script = [
      'import schema, pydantic',
      `assert pydantic.VERSION.startswith("${major}."), pydantic.VERSION`,
      'assert schema.PredictSchema(data="x").data == "x"',
      'for body in ({}, {"data": ["x"]}, {"data": "x", "more": 1}):',
      '    try: schema.PredictSchema(**body)',
      '    except pydantic.ValidationError: continue',
      '    raise SystemExit("accepted: %s" % body)',
    ].join('\n');
    const env = { ...process.env, PYTHONPATH: major === 1 ? packages : '' };
    const { status, stderr } = spawnSync(inside, ['-W', 'error', '-c', script], { cwd: upload, encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe.skipIf(python === undefined)('launch.py and schema.py', () => {
  it('need nothing newer than Python 3.8', async () => {
    const inside = await platformPython();
    const packages = join(shared, 'vermin');
    await installInto(inside, packages, ['vermin']);
    const launch = fileURLToPath(new URL('../../templates/upload/launch.py', import.meta.url));
    const schema = join(shared, 'schema.py');
    // Every form that is generated: models inside models, choices, lists, rules, defaults, names that are taken.
    const body = Joi.object({
      data: Joi.alternatives(Joi.string().max(9), Joi.binary()).required().description('a picture'),
      top: Joi.number().integer().min(1).default(3),
      kind: Joi.string().valid('a', 'b'),
      flags: Joi.array().items(Joi.boolean()),
      more: Joi.object({ inner: Joi.string().allow(null).required() }).unknown(),
      free: Joi.object(),
      class: Joi.any(),
    });
    type Standard = { '~standard': { jsonSchema: { input(options: { target: string }): unknown } } };
    const json = (body as unknown as Standard)['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    writeFileSync(schema, pydanticSchema(json).source);
    const { status, stdout, stderr } = spawnSync(
      inside,
      [join(packages, 'bin', 'vermin'), '-t=3.8-', '--no-tips', launch, schema],
      {
        encoding: 'utf8',
        env: { ...process.env, PYTHONPATH: packages },
      },
    );
    expect(status, stdout + stderr).toBe(0);
  });
});
