import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../runtime/bundle/manifest.js';
import { packagePackage } from '../../runtime/bundle/package.js';
import type { BundleReport } from '../../runtime/bundle/report.js';
import { verifyBundle } from '../../runtime/bundle/verify.js';
import { fixture, type Served, serveFixture } from '../support/serve.js';
import { makeVenv, type Platform, startPlatform, unzip } from './platform.js';
import { pythonOrSkip } from './python.js';

const python = pythonOrSkip('uploads in a stand-in for the platform') as string;
const UPLOADED = fileURLToPath(new URL('../runtime/bundle/fixtures/picture', import.meta.url));
const PICTURES = [
  fixture('exports/pictures'),
  ...(process.env.KATONIC_TEST_DATA ? [join(process.env.KATONIC_TEST_DATA, 'images')] : []),
];

const MODELS = {
  ONNX: { 'model.onnx': 'exports/pytorch-mobilenet/model.onnx' },
  'TensorFlow.js': {
    'model.json': 'exports/teachable-machine/model.json',
    'weights.bin': 'exports/teachable-machine/weights.bin',
  },
};

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
    report = await packagePackage(dir, { out: zip });
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    unzip(python, zip, upload);
    inside = makeVenv(python, join(root, 'venv'), ['fastapi', 'uvicorn'], join(upload, 'requirements.txt'));

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

  it('is the same, byte for byte, when built again', async () => {
    const again = await packagePackage(dir, { out: join(root, 'again.zip') });
    expect(again.sha256).toBe(report.sha256);
  });

  it('is ready to commit as a folder, which replaces itself', async () => {
    const folder = join(root, 'repository');
    await packagePackage(dir, { out: folder });
    execFileSync('git', ['init', '-q'], { cwd: folder });
    await packagePackage(dir, { out: folder });
    expect(await verifyBundle(folder)).toEqual([]);
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
    await expect.poll(() => children.filter(isAlive), { timeout: 5000 }).toEqual([]);
  });

  it.skipIf(kind !== 'ONNX').each(['pydantic<2', 'pydantic>=2,<3'])('has a schema.py for %s', (version) => {
    const own = makeVenv(python, join(root, `venv-${version.includes('<2') ? 1 : 2}`), [version]);
    const script = [
      'import schema, pydantic',
      'assert schema.PredictSchema(data="x").data == "x"',
      'for body in ({}, {"data": ["x"]}, {"data": "x", "more": 1}):',
      '    try: schema.PredictSchema(**body)',
      '    except pydantic.ValidationError: continue',
      '    raise SystemExit("accepted: %s" % body)',
    ].join('\n');
    const { status, stderr } = spawnSync(own, ['-W', 'error', '-c', script], { cwd: upload, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe.skipIf(python === undefined)('launch.py', () => {
  it('needs nothing newer than Python 3.8', () => {
    const root = mkdtempSync(join(tmpdir(), 'katonic-vermin-'));
    try {
      makeVenv(python, join(root, 'venv'), ['vermin']);
      const file = fileURLToPath(new URL('../../templates/upload/launch.py', import.meta.url));
      const { status, stdout, stderr } = spawnSync(
        join(root, 'venv', 'bin', 'vermin'),
        ['-t=3.8-', '--no-tips', file],
        {
          encoding: 'utf8',
        },
      );
      expect(status, stdout + stderr).toBe(0);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
