import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { packageRoot } from '../../runtime/package-root.js';
import { type Run, track } from '../runtime/cli/run-cli.js';

const made: string[] = [];
afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))));

const CHECKOUT = { name: 'checkout', version: '1.0.0', type: 'module', dependencies: { part: 'file:part' } };
const LOCK = JSON.stringify({
  name: 'checkout',
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': { name: 'checkout', version: '1.0.0', dependencies: { part: 'file:part' } },
    'node_modules/part': { resolved: 'part', link: true },
    part: { version: '1.0.0' },
  },
});

/** A checkout with the real run.js and npm, one dependency on its own disk, and a build that takes no time. */
async function makeCheckout(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'katonic-run-'));
  made.push(dir);
  const contents = {
    'package.json': JSON.stringify(CHECKOUT),
    'package-lock.json': LOCK,
    'part/package.json': '{ "name": "part", "version": "1.0.0" }',
    'runtime/cli/cli.js': `
      console.log('cli', JSON.stringify(process.argv.slice(2)));
      if (process.argv.includes('wait')) {
        const timer = setInterval(() => {}, 1000);
        process.on('SIGTERM', () => { console.log('stopped'); clearInterval(timer); process.exitCode = 7; });
        console.log('waiting');
      } else process.exitCode = 3;`,
    'generators/x.js': '',
    'scripts/build.js': `import { cpSync } from 'node:fs'; cpSync('runtime', 'dist/runtime', { recursive: true });`,
    ...files,
  };
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  await copyFile(join(packageRoot, 'scripts/run.js'), join(dir, 'scripts/run.js'));
  return dir;
}

function run(dir: string, ...args: string[]): Run {
  return track(
    spawn(process.execPath, ['scripts/run.js', ...args], { cwd: dir, env: { PATH: process.env.PATH, HOME: dir } }),
  );
}

it('installs, builds and runs; each only when it is missing or stale', async () => {
  const dir = await makeCheckout();
  const first = run(dir, 'serve', '--port', '0', '--watch');
  expect(await first.ended).toBe(3);
  expect(first.output.err).toMatch(
    /^Installing dependencies \(npm ci\), because there are no dependencies yet[\s\S]*\nCompiling .*because there is no build yet.*\n$/,
  );
  expect(first.output.out).toBe('cli ["serve","examples/shapes","--port","0","--watch"]\n');

  const second = run(dir, 'serve', 'somewhere', '--port', '9000');
  expect(await second.ended).toBe(3);
  expect(second.output).toEqual({ err: '', out: 'cli ["serve","somewhere","--port","9000"]\n' });

  await writeFile(join(dir, 'runtime/more.js'), '');
  const third = run(dir, 'package');
  await third.ended;
  expect(third.output.err).toMatch(/^Compiling TypeScript to dist\/, because the sources have changed.*\n$/);

  await writeFile(join(dir, 'package-lock.json'), `${LOCK}\n`);
  const fourth = run(dir, 'package');
  await fourth.ended;
  expect(fourth.output.err).toMatch(/because package-lock\.json has changed/);
}, 120_000);

it('hands signals on, and the exit code back', async () => {
  const waiting = run(await makeCheckout(), 'serve', 'wait');
  await waiting.until(/waiting/);
  waiting.child.kill('SIGTERM');
  expect(await waiting.ended).toBe(7);
  expect(waiting.output.out).toContain('stopped');
}, 120_000);

it('ends what it runs when the npm above it is gone', async () => {
  const dir = await makeCheckout();
  const script = 'node scripts/run.js serve wait';
  await writeFile(join(dir, 'package.json'), JSON.stringify({ ...CHECKOUT, scripts: { serve: script } }));
  const npm = track(
    spawn('npm', ['run', 'serve'], { cwd: dir, env: { PATH: process.env.PATH, HOME: dir }, detached: true }),
  );
  await npm.until(/waiting/);
  npm.child.kill('SIGTERM');
  await npm.until(/stopped/);
  expect(npm.output.out).toContain('stopped');
}, 120_000);

it('says what to do when npm ci fails, when the build fails, and for a command it does not know', async () => {
  const broken = run(
    await makeCheckout({
      'package.json': '{ "name": "checkout", "version": "1.0.0", "dependencies": { "joi": "1.0.0" } }',
    }),
    'serve',
  );
  expect(await broken.ended).toBe(1);
  expect(broken.output.err).toMatch(
    /error: npm ci failed \(exit code 1\)[\s\S]*fix: Check the connection.*lock\.json does not fit package\.json: npm install/,
  );

  const unbuilt = run(await makeCheckout({ 'scripts/build.js': 'process.exitCode = 1;' }), 'serve');
  expect(await unbuilt.ended).toBe(1);
  expect(unbuilt.output.err).toMatch(/error: the build failed/);

  const unknown = run(await makeCheckout(), 'sevre');
  expect(await unknown.ended).toBe(1);
  expect(unknown.output.err).toMatch(/error: expected one of serve, .*"sevre" came/);
}, 120_000);
