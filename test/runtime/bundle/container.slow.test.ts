import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageContainer } from '../../../runtime/bundle/container.js';
import { packageRoot } from '../../../runtime/package-root.js';
import { serveFixture } from '../../support/serve.js';
import { type Stage, stagesOf } from './dockerfile.js';

const run = promisify(execFile);
const PLAIN = fileURLToPath(new URL('./fixtures/plain', import.meta.url));
const TOKEN = 'a token';

// What a build and a start of the image do, in a folder: there is no Docker daemon here.
describe('the files of a container, built and started as the Dockerfile says', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-container-'));
  const dir = join(root, 'package');
  const srv = join(root, 'out', 'package');
  let final: Stage;
  let env: NodeJS.ProcessEnv;
  let end: (() => Promise<unknown>) | undefined;

  beforeAll(async () => {
    cpSync(PLAIN, dir, { recursive: true });
    mkdirSync(join(dir, 'vendor'));
    // As a scaffold of an unpublished generator has it.
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', join(dir, 'vendor')], { cwd: packageRoot });
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
    const tarball = `file:vendor/generator-katonic-classifier-${version}.tgz`;
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { dependencies: object };
    const dependencies = { ...manifest.dependencies, 'generator-katonic-classifier': tarball };
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
    await run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: dir });

    const { path } = await packageContainer(dir, join(root, 'out'));
    expect(path).toBe(join(root, 'out'));
    const [build, last] = stagesOf(readFileSync(join(root, 'out', 'Dockerfile'), 'utf8')) as [Stage, Stage];
    final = last;
    const [command] = build.RUN as [string];
    expect(command).toMatch(/^npm ci --omit=dev --ignore-scripts/);
    await run('sh', ['-c', command], { cwd: srv, maxBuffer: 1 << 26 });

    const given = Object.fromEntries((final.ENV?.[0] ?? '').split(' ').map((pair) => pair.split('=')));
    const data = join(root, 'data');
    mkdirSync(data);
    const { PATH, HOME } = process.env;
    env = { PATH, HOME, ...given, PORT: String(await freePort()), KATONIC_DATA_DIR: data, KATONIC_TOKEN: TOKEN };
    const [program, ...args] = JSON.parse((final.CMD as [string])[0]) as [string, ...string[]];
    const server = spawn(program, args, { cwd: srv, env, stdio: ['ignore', 'inherit', 'inherit'] });
    end = () => {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      return ended;
    };
  });
  afterAll(async () => {
    await end?.();
    rmSync(root, { recursive: true, force: true });
  });

  it('hold what production needs and no more', () => {
    expect(existsSync(join(srv, 'node_modules', 'vitest'))).toBe(false);
    expect(existsSync(join(srv, 'node_modules', 'onnxruntime-node'))).toBe(true);
  });

  it('become healthy, as their own health check says', async () => {
    const [program, ...args] = JSON.parse(/CMD (\[.*\])$/.exec((final.HEALTHCHECK as [string])[0])?.[1] as string) as [
      string,
      ...string[],
    ];
    const healthy = () =>
      run(program, args, { env }).then(
        () => true,
        () => false,
      );
    await expect.poll(healthy, { timeout: 60_000, interval: 500 }).toBe(true);
    await expect(run(program, args, { env: { ...env, PORT: '1' } })).rejects.toMatchObject({ code: 1 });
  });

  it('answer a client as serving does, and only one with the token', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${env.PORT}/api/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"data":"hello"}',
      });
    expect((await ask({})).status).toBe(401);
    const answer = await ask({ authorization: TOKEN });
    const here = await serveFixture(PLAIN);
    try {
      expect(await answer.text()).toBe(await (await here.predict('hello')).text());
    } finally {
      await here.close();
    }
    expect(answer.status).toBe(200);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
