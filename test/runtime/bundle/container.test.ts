import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageContainer } from '../../../runtime/bundle/container.js';
import { verifyBundle } from '../../../runtime/bundle/verify.js';

const PLAIN = fileURLToPath(new URL('./fixtures/plain', import.meta.url));
const LAUNCH = `import { brightest } from './lib/brightest.js';
export const loadmodel = () => brightest;
export const preprocessing = () => false;
export const predict = (data) => data;
`;
const SCHEMA = "import Joi from 'joi';\nexport const PredictSchema = Joi.object({ data: Joi.any().required() });\n";

describe('the files of a container', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-container-'));
  const dir = join(root, 'package');
  const out = join(root, 'out');
  const read = (path: string) => readFileSync(join(out, path), 'utf8');
  const manifest = (dependencies: Record<string, string>) =>
    writeFileSync(
      join(dir, 'package.json'),
      JSON.stringify({ name: '@me/Shape_s', version: '2.0.0', type: 'module', dependencies }),
    );

  beforeAll(() => {
    // In JavaScript: there are no types to check, which takes most of the time otherwise.
    for (const folder of ['lib', 'model', 'vendor']) mkdirSync(join(dir, folder), { recursive: true });
    writeFileSync(join(dir, 'launch.js'), LAUNCH);
    writeFileSync(join(dir, 'lib', 'brightest.js'), 'export const brightest = 1;\n');
    for (const name of ['labels_file.json', 'katonic.json', 'model/words.txt'])
      cpSync(join(PLAIN, name), join(dir, name));
    writeFileSync(join(dir, 'schema.js'), SCHEMA);
    writeFileSync(join(dir, 'vendor', 'runtime.tgz'), 'tarball');
    writeFileSync(join(dir, '.env'), 'SECRET=1');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('hold the sources, the vendored runtime and nothing else', async () => {
    manifest({ joi: '18.3.2', 'generator-katonic-classifier': 'file:vendor/runtime.tgz' });
    const { path, findings } = await packageContainer(dir, out);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(path).toBe(out);
    for (const file of ['launch.js', 'lib/brightest.js', 'model/words.txt', 'vendor/runtime.tgz', '.npmrc']) {
      expect(existsSync(join(out, 'package', file)), file).toBe(true);
    }
    expect(existsSync(join(out, 'package', '.env'))).toBe(false);
    expect(await verifyBundle(out)).toEqual([]);
  });

  it('name the package everywhere, in a form that Kubernetes takes', () => {
    for (const file of ['Dockerfile', 'compose.yaml', 'inference-service.yaml'])
      expect(read(file)).not.toMatch(/@[A-Z_]+@/);
    expect(read('inference-service.yaml')).toContain('name: shape-s\n');
    expect(read('inference-service.yaml')).toContain('path: /v2/models/Shape_s/ready');
    expect(read('inference-service.yaml')).toContain('image: shape-s:2.0.0');
    expect(read('compose.yaml')).toContain('image: shape-s:2.0.0');
  });

  it('run as another user, with the root read-only and a health check', () => {
    const dockerfile = read('Dockerfile');
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile.match(/^FROM \$\{NODE_IMAGE\}/gm)).toHaveLength(2);
    expect(dockerfile).toContain('RUN npm install --omit=dev');
    expect(read('compose.yaml')).toContain('read_only: true');
    expect(read('inference-service.yaml')).toContain('readOnlyRootFilesystem: true');
  });

  it('install by the lockfile where there is one', async () => {
    writeFileSync(join(dir, 'package-lock.json'), '{}');
    await packageContainer(dir, out);
    expect(read('Dockerfile')).toContain('RUN npm ci --omit=dev');
  });

  it('warn where the runtime is not among the dependencies', async () => {
    manifest({ joi: '18.3.2' });
    const { findings } = await packageContainer(dir, out);
    expect(findings).toContainEqual(
      expect.objectContaining({ severity: 'warning', rule: 'package/container-runtime' }),
    );
    expect(read('Dockerfile')).toContain('RUN npm install --omit=dev');
    expect(JSON.parse(read('package/package.json'))).toMatchObject({
      dependencies: { 'generator-katonic-classifier': expect.stringMatching(/^\d/) },
    });
  });

  it('are not written where a finding is an error', async () => {
    writeFileSync(join(dir, 'labels_file.json'), '[]');
    const report = await packageContainer(dir, join(root, 'never'));
    expect(report.path).toBeUndefined();
    expect(existsSync(join(root, 'never'))).toBe(false);
  });
});
