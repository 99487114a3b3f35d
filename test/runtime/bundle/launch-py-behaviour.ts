import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { THRIFT } from '../../../runtime/workers/worker.js';
import { alive } from '../../support/front.js';
import { linkedUpload } from './linked-upload.js';

const driver = (name: string) => fileURLToPath(new URL(`../../platform/${name}`, import.meta.url));

interface Outcome {
  readonly answer?: string;
  readonly kinds?: readonly string[];
  readonly kind?: string;
  readonly message?: string;
  readonly seconds: number;
}

/** What launch.py does, whichever Python runs it: with the standard library alone. */
export function launchPyBehaviour(python: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'katonic-launch-py-'));
  beforeAll(() => linkedUpload('plain', folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    new Promise<{ status: number | string; stdout: string; stderr: string }>((resolve) => {
      const all = { ...process.env, KATONIC_NODE: process.execPath, ...env };
      execFile(python, args, { env: all }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : (error.code ?? 'a signal'), stdout, stderr });
      });
    });
  const driven = async <Report>(name: string, env: NodeJS.ProcessEnv): Promise<Report> => {
    const { status, stdout, stderr } = await run([driver(name), folder], env);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return JSON.parse(stdout) as Report;
  };

  describe('calls', () => {
    let report: Record<string, unknown> & { plain: Record<string, Outcome> };
    const outcome = (name: string) => report[name] as Outcome;
    beforeAll(async () => {
      report = await driven('launch_test.py', { KATONIC_TIMEOUT: '20s', KATONIC_GRACE: '500ms' });
    });

    it('gives the child the environment of a worker of the server', () => expect(report.environment).toEqual(THRIFT));

    it('lets predict get the raw data', () => expect(report.preprocessing).toBe(true));

    it("hands on Node's own JSON text", () => {
      const rest = '"word":"bright","ratio":1e+21,"text":"é☃😀"}';
      expect(report.plain.text?.answer).toBe(`{"said":"hello",${rest}`);
      expect(report.plain.unicode?.answer).toBe(`{"said":"é☃😀",${rest}`);
      expect(report.plain.surrogate?.answer).toBe(`{"said":"half of a \\ud83d",${rest}`);
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

    it('leaves no process behind', async () => {
      await expect.poll(() => alive(report.pid as number), { timeout: 5000 }).toBe(false);
    });
  });

  describe('supervision', () => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      report = await driven('supervision_test.py', { KATONIC_TIMEOUT: '20s' });
    });

    it('leaves no process behind a start that took too long', () => {
      expect(report.late_start).toContain('was not ready within 0.02 seconds');
      expect(report.left_by_late_start).toBe(0);
      expect(report.children).toBe(1);
    });

    it('serves threads and forks together, each process by a child of its own', () => {
      expect(report.wrong_in_forks).toEqual([]);
      expect(report.wrong_in_parent).toEqual([]);
      expect(report.different).toBe(4);
    });

    it.each([
      ['no_node', '/nowhere/node'],
      ['no_descriptors', 'Too many open files'],
    ])('says so while there is none, and goes on when there is: %s', (name, said) => {
      const { told, during, after } = report[name] as { told: boolean; during: Outcome; after: boolean };
      expect(told).toBe(true);
      expect(during).toMatchObject({ kind: 'StartError', message: expect.stringContaining(said) });
      expect(during.seconds).toBeLessThan(1);
      expect(after).toBe(true);
    });

    it('gives an answer that came in the last moment', () => {
      expect(report.late_answer).toMatchObject({ answer: 'late' });
    });

    it('says so once it is closed', () => {
      expect(report.closed).toMatchObject({ kind: 'WorkerLost', message: 'the launch module was closed' });
      expect(report.left).toBe(0);
    });
  });

  describe('a launch module that does not start', () => {
    const broken = mkdtempSync(join(tmpdir(), 'katonic-launch-py-'));
    afterAll(() => rmSync(broken, { recursive: true, force: true }));
    const start = (env: NodeJS.ProcessEnv = {}) => {
      const at = JSON.stringify(broken);
      const script = `import sys, logging; sys.path.insert(0, ${at}); import launch\nlaunch.loadmodel(logging.getLogger("x"))`;
      return run(['-c', script], env);
    };

    it('names the TypeScript file and line', async () => {
      await linkedUpload('plain', broken);
      rmSync(join(broken, 'model'), { recursive: true });
      mkdirSync(join(broken, 'model'));
      const missing = await start();
      expect(missing.status).toBe(1);
      expect(missing.stderr).toMatch(/launch\.UserCodeError: .*ENOENT.*words\.txt.*\(launch\.ts:9 in loadmodel\)/);
      writeFileSync(join(broken, 'app', 'launch.js'), 'export nothing');
      expect((await start()).stderr).toMatch(/launch\.(Start|UserCode)Error: .*launch\.js/);
    });

    it('names a Node.js that is not there, and a setting that cannot be read', async () => {
      expect((await start({ KATONIC_NODE: '/nowhere/node' })).stderr).toMatch(
        /launch\.StartError: Node\.js could not be started: .*\/nowhere\/node/,
      );
      const { stderr } = await start({ KATONIC_TIMEOUT: 'soon' });
      expect(stderr).toContain('KATONIC_TIMEOUT: expected a time such as 30s');
      expect((await start({ KATONIC_MAX_BODY: 'much' })).stderr).toContain('KATONIC_MAX_BODY: expected a size');
    });
  });
}
