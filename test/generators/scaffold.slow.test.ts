import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../runtime/package-root.js';

/** yo changes the user when it is root: then the whole test runs as another one, as its users do. */
const USER = 1000;
const root = process.getuid?.() === 0;
const yo = join(packageRoot, 'node_modules', 'yo', 'lib', 'cli.js');
const exportsFolder = join(packageRoot, 'test', 'fixtures', 'exports');

let home: string;
let tarball: string;
/** Global prefixes: one with the checkout linked, one with the tarball installed. */
let linked: string;
let installed: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'scaffolds-'));
  chmodSync(home, 0o755);
  if (root) chownSync(home, USER, USER);
  run('npm', ['pack', packageRoot, '--ignore-scripts', '--silent', '--pack-destination', home]);
  tarball = join(home, readdirSync(home).find((name) => name.endsWith('.tgz')) as string);
  linked = join(home, 'linked');
  run('mkdir', ['-p', join(linked, 'lib', 'node_modules')]);
  symlinkSync(packageRoot, join(linked, 'lib', 'node_modules', 'generator-katonic-classifier'));
  installed = join(home, 'installed');
  run('npm', ['install', '--global', '--prefix', installed, '--prefer-offline', '--no-audit', '--no-fund', tarball]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function asUser(command: string, args: readonly string[]): [string, string[]] {
  if (!root) return [command, [...args]];
  return ['setpriv', [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', command, ...args]];
}

function environment(prefix?: string): NodeJS.ProcessEnv {
  const { KATONIC_SLOW_TESTS: _, NODE_OPTIONS: __, ...env } = process.env;
  for (const name of Object.keys(env)) if (/^(npm_|VITEST|NODE_ENV$|KATONIC_)/.test(name)) delete env[name];
  return {
    ...env,
    HOME: home,
    NO_UPDATE_NOTIFIER: '1',
    ...(prefix === undefined ? {} : { npm_config_prefix: prefix }),
  };
}

/** Runs to the end; throws with the output when the exit code is not 0. */
function run(command: string, args: readonly string[], cwd = home, prefix?: string): string {
  const [file, list] = asUser(command, args);
  return execFileSync(file, list, {
    cwd,
    env: environment(prefix),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 500_000,
  });
}

function folder(name: string): string {
  const path = join(home, name);
  run('mkdir', ['-p', path]);
  return path;
}

const read = (dir: string, file: string) => readFileSync(join(dir, file), 'utf8');

/** Everything that a scaffold promises, in a package that was just made and installed; `picture` is one of its samples. */
async function works(dir: string, picture: string): Promise<void> {
  expect(existsSync(join(dir, 'test', 'golden.json')), 'golden answers after the install').toBe(true);
  expect(run('npm', ['test'], dir)).toMatch(/# fail 0|fail 0/);
  run('npx', ['--package', 'typescript', 'tsc', '--noEmit', '-p', '.'], dir);
  run('npm', ['run', 'check'], dir);
  run('npm', ['run', 'package'], dir);
  expect(readdirSync(dir).some((name) => name.endsWith('.zip'))).toBe(true);
  const golden = JSON.parse(read(dir, 'test/golden.json'))[picture];
  const answer = await served(dir, async (url) => {
    const body = readFileSync(join(dir, 'samples', picture));
    const response = await fetch(`${url}/api/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body,
    });
    expect(response.status).toBe(200);
    return (await response.json()) as { predicted_class: string; confidence: number };
  });
  expect(answer.predicted_class).toBe(golden.predicted_class);
  expect(answer.confidence).toBeCloseTo(golden.confidence, 2);
}

async function served<T>(dir: string, ask: (url: string) => Promise<T>): Promise<T> {
  const [file, args] = asUser('npm', ['run', 'serve', '--', '--port', '0']);
  const child = spawn(file, args, { cwd: dir, env: environment(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const banner = await output(child, /http:\/\/127\.0\.0\.1:\d+/, 120_000);
    return await ask(banner);
  } finally {
    process.kill(-(child.pid as number), 'SIGTERM');
  }
}

function output(child: ChildProcess, wanted: RegExp, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`no ${wanted} in: ${text}`)), timeout);
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = wanted.exec(text)?.[0];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`exit ${code}: ${text}`)));
  });
}

describe('a scaffold works right away', () => {
  it('from yo and a linked checkout: the example, by --yes', async () => {
    const dir = folder('shapes');
    run('node', [yo, 'katonic-classifier', '--yes'], dir, linked);
    expect(JSON.parse(read(dir, 'katonic.json')).modelType).toBe('multi-class');
    const golden = JSON.parse(read(dir, 'test/golden.json')) as Record<string, { predicted_class: string }>;
    for (const [picture, { predicted_class }] of Object.entries(golden)) expect(picture).toBe(`${predicted_class}.jpg`);
    await works(dir, 'circle.jpg');
  });

  it('from yo and a globally installed tarball: an ONNX export, by flags', async () => {
    const dir = join(home, 'photos');
    run(
      'node',
      [yo, 'katonic-classifier', 'photos', '--yes', '--model', join(exportsFolder, 'huggingface-vit'), '--codes', '1'],
      home,
      installed,
    );
    expect(JSON.parse(read(dir, 'package.json')).dependencies['onnxruntime-node']).toMatch(/^\d/);
    await works(dir, 'circle.jpg');
  });

  it("from npx and a tarball: a stand-in for two classes, without the package's own install", async () => {
    const dir = join(home, 'pets');
    run('npx', [
      '--yes',
      '--package',
      tarball,
      'generator-katonic-classifier',
      'pets',
      '--yes',
      '--classes',
      'cat,dog',
      '--skip-install',
    ]);
    expect(existsSync(join(dir, 'node_modules'))).toBe(false);
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], dir);
    run('npm', ['run', 'golden'], dir);
    await works(dir, 'circle.jpg');
  });
});

describe('in a terminal', () => {
  /** Types an answer whenever its question shows up, and returns the screen. */
  async function type(dir: string, answers: readonly (readonly [question: string, keys: string])[]): Promise<string> {
    const [file, args] = asUser('script', [
      '--quiet',
      '--return',
      '--command',
      `node ${yo} katonic-classifier --skip-install`,
      '/dev/null',
    ]);
    const child = spawn(file, args, { cwd: dir, env: { ...environment(installed), COLUMNS: '120' }, stdio: 'pipe' });
    let screen = '';
    let from = 0;
    const left = [...answers];
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      const next = left[0];
      if (next === undefined || !screen.slice(from).includes(next[0])) return;
      left.shift();
      from = screen.length;
      setTimeout(() => child.stdin.write(next[1]), 300);
    });
    const timer = setTimeout(() => child.kill(), 120_000);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearTimeout(timer);
    expect(left, screen).toEqual([]);
    expect(code, screen).toBe(0);
    return screen;
  }

  it('asks, refuses a wrong answer at its question, and asks about a file that was changed', async () => {
    const dir = folder('typed');
    const screen = await type(dir, [
      ['Folder', '\r'],
      ['Package name', '\u0015My Pets\r'],
      ['npm refuses', '\u0015pets\r'],
      ['Description', '\r'],
      ['Model', '\r'],
      ['Binary or multi-class', '\u001b[B\r'],
      ['Class names', '\u0015cat\r'],
      ['at least two classes', '\u0015cat, dog\r'],
      ['Codes', '\u00151,1\r'],
      ['stands for', '\u00150\r'],
    ]);
    expect(screen).toContain('stands in for yours');
    expect(JSON.parse(read(dir, 'labels_file.json'))).toEqual({ labels: [0, 1] });
    run('cp', ['schema.ts', 'launch.ts'], dir);
    await type(dir, [
      ...['Folder', 'Package name', 'Description', 'Model', 'Binary or multi-class', 'Class names', 'Codes'].map(
        (question) => [question, '\r'] as const,
      ),
      ['Overwrite launch.ts?', 'y\r'],
    ]);
    expect(read(dir, 'launch.ts')).toContain('loadmodel');
  });
});
