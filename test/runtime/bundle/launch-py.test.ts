import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { THRIFT } from '../../../runtime/workers/worker.js';
import { pythonOrSkip } from '../../platform/python.js';
import { linkedUpload } from './linked-upload.js';

const python = pythonOrSkip('launch.py against a real child process');
const DRIVER = fileURLToPath(new URL('../../platform/launch_test.py', import.meta.url));

interface Outcome {
  readonly answer?: string;
  readonly kinds?: readonly string[];
  readonly message?: string;
  readonly seconds: number;
}

describe.skipIf(python === undefined)('launch.py, with the standard library alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-launch-py-'));
  let report: Record<string, unknown> & { plain: Record<string, Outcome> };
  const outcome = (name: string) => report[name] as Outcome;

  beforeAll(async () => {
    await linkedUpload('plain', folder);
    const env = { ...process.env, KATONIC_NODE: process.execPath, KATONIC_TIMEOUT: '2s', KATONIC_GRACE: '500ms' };
    const { status, stdout, stderr } = spawnSync(python as string, [DRIVER, folder], { env, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    report = JSON.parse(stdout) as typeof report;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives the child the environment of a worker of the server', () => expect(report.environment).toEqual(THRIFT));

  it('lets predict get the raw data', () => expect(report.preprocessing).toBe(true));

  it("hands on Node's own JSON text", () => {
    const rest = '"word":"bright","ratio":1e+21,"text":"é☃😀"}';
    expect(report.plain.text?.answer).toBe(`{"said":"hello",${rest}`);
    expect(report.plain.unicode?.answer).toBe(`{"said":"é☃😀",${rest}`);
    expect(report.plain.object?.answer).toBe(`{"said":{"a":[1,null]},${rest}`);
    expect(report.plain.bytes?.answer).toBe(`{"said":{"bytes":3},${rest}`);
  });

  it('turns problems into Python exceptions', () => {
    const { number, refuse, throw: thrown, unserializable } = report.plain;
    expect(number?.kinds).toContain('ValueError');
    expect(number?.message).toContain('the number 7 came');
    expect(refuse?.kinds).toContain('ValueError');
    expect(refuse?.message).toContain('this word is refused');
    expect(unserializable?.kinds).toContain('ValueError');
    expect(thrown?.kinds).toEqual(expect.arrayContaining(['UserCodeError', 'RuntimeError']));
    expect(thrown?.kinds).not.toContain('ValueError');
    expect(thrown?.message).toMatch(/the word was throw \(launch\.ts:22 in predict\)/);
  });

  it('hands logs and prints to the logger', () => {
    expect(report.logs).toContainEqual(['INFO', 'opening the words']);
    expect(report.logs).toContainEqual(['WARNING', 'asked to log']);
    expect(report.logs).toContainEqual(['INFO', 'printed']);
  });

  it('answers several threads at once, and large bodies', () => {
    expect(report.threads).toBe(true);
    expect(report.big).toBe(true);
  });

  it('replaces a child that was killed; the call in flight says so', () => {
    expect(outcome('killed').kinds).toEqual(expect.arrayContaining(['WorkerLost', 'RuntimeError']));
    expect(outcome('killed').message).toContain('killed by signal 9');
    expect(report.replaced).toBe(true);
    expect(outcome('exit').message).toMatch(/process\.exit\(3\) was called.*launch\.ts:23/);
    expect(outcome('after_exit').answer).toContain('"said":"hello"');
  });

  it('ends a child that hangs', () => {
    expect(outcome('hang').kinds).toEqual(expect.arrayContaining(['PredictTimeout', 'TimeoutError']));
    expect(outcome('hang').seconds).toBeGreaterThan(1.9);
    expect(outcome('hang').seconds).toBeLessThan(4);
    expect(outcome('after_hang').answer).toContain('"said":"hello"');
  });

  it('gives a forked process a child of its own', () => expect(report.fork).toBe(true));

  it('leaves no process behind', async () => {
    await expect.poll(() => isAlive(report.pid as number), { timeout: 5000 }).toBe(false);
  });
});

describe.skipIf(python === undefined)('launch.py, where the launch module does not start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-launch-py-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (code: string, env: NodeJS.ProcessEnv = {}) => {
    const script = `import sys, logging; sys.path.insert(0, ${JSON.stringify(folder)}); import launch\n${code}`;
    return spawnSync(python as string, ['-c', script], {
      env: { ...process.env, KATONIC_NODE: process.execPath, ...env },
      encoding: 'utf8',
    });
  };
  const load = 'launch.loadmodel(logging.getLogger("x"))';

  it('names the TypeScript file and line', async () => {
    await linkedUpload('plain', folder);
    rmSync(join(folder, 'model'), { recursive: true });
    mkdirSync(join(folder, 'model'));
    const missing = start(load);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toMatch(/launch\.UserCodeError: .*ENOENT.*words\.txt.*\(launch\.ts:9 in loadmodel\)/);
    writeFileSync(join(folder, 'app', 'launch.js'), 'export nothing');
    expect(start(load).stderr).toMatch(/launch\.(Start|UserCode)Error: .*launch\.js/);
  });

  it('names a Node.js that is not there, and a setting that cannot be read', async () => {
    expect(start(load, { KATONIC_NODE: '/nowhere/node' }).stderr).toMatch(
      /launch\.StartError: Node\.js could not be started: .*\/nowhere\/node/,
    );
    expect(start(load, { KATONIC_TIMEOUT: 'soon' }).stderr).toContain('KATONIC_TIMEOUT: expected a time such as 30s');
    expect(start(load, { KATONIC_MAX_BODY: 'much' }).stderr).toContain('KATONIC_MAX_BODY: expected a size');
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
