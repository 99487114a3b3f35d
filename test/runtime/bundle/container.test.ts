import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageContainer } from '../../../runtime/bundle/container.js';
import { verifyBundle } from '../../../runtime/bundle/verify.js';
import { stagesOf } from './dockerfile.js';

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
    for (const name of ['runtime', 'other']) writeFileSync(join(dir, 'vendor', `${name}.tgz`), 'tarball');
    writeFileSync(join(dir, '.env'), 'SECRET=1');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('hold the sources, the vendored runtime and nothing else', async () => {
    manifest({
      joi: '18.3.2',
      other: 'file:./vendor/other.tgz',
      'generator-katonic-classifier': 'file:vendor/runtime.tgz',
    });
    const { path, findings } = await packageContainer(dir, out);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(path).toBe(out);
    for (const file of [
      'launch.js',
      'lib/brightest.js',
      'model/words.txt',
      'vendor/runtime.tgz',
      'vendor/other.tgz',
      '.npmrc',
    ]) {
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
    const [build, final] = stagesOf(read('Dockerfile'));
    expect(build).toMatchObject({ FROM: ['$' + '{NODE_IMAGE} AS build'], COPY: ['package/ ./'] });
    expect(build?.RUN).toEqual(['npm install --omit=dev --ignore-scripts --no-audit --no-fund']);
    expect(final).toMatchObject({
      FROM: ['$' + '{NODE_IMAGE}'],
      USER: ['1000:1000'],
      VOLUME: ['/data'],
      EXPOSE: ['8080'],
    });
    expect(final?.HEALTHCHECK).toEqual([expect.stringMatching(/^--interval=10s .* CMD \["node", "-e", /)]);
    expect(JSON.parse(final?.CMD?.[0] as string)).toEqual(expect.arrayContaining(['node', 'serve']));
    expect(read('.dockerignore')).toBe('*\n!package\n');

    const { services, volumes } = parse(read('compose.yaml')) as Compose;
    const { classifier } = services;
    expect(classifier).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: ['/tmp'],
      volumes: ['data:/data'],
      ports: ['127.0.0.1:8080:8080'],
    });
    // The image's own user and health check hold: compose overrides neither.
    expect(Object.keys(classifier)).not.toEqual(expect.arrayContaining(['user']));
    expect(Object.keys(classifier)).not.toEqual(expect.arrayContaining(['healthcheck']));
    expect(classifier.environment.KATONIC_TOKEN).toMatch(/^\$\{KATONIC_TOKEN:\?/);
    expect(volumes).toEqual({ data: {} });

    const pod = (parse(read('inference-service.yaml')) as Service).spec.predictor;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(pod.containers).toMatchObject([
      { securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false } },
    ]);
  });

  it('install by the lockfile where there is one', async () => {
    writeFileSync(join(dir, 'package-lock.json'), '{}');
    await packageContainer(dir, out);
    expect(read('Dockerfile')).toContain('RUN npm ci --omit=dev');
  });

  it('do not, where git ignores it: it is left behind', async () => {
    execFileSync('git', ['init', '-q'], { cwd: dir });
    writeFileSync(join(dir, '.gitignore'), 'package-lock.json\n');
    const { findings } = await packageContainer(dir, out);
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'package/ignored', file: 'package-lock.json' }));
    expect(existsSync(join(out, 'package', 'package-lock.json'))).toBe(false);
    expect(read('Dockerfile')).toContain('RUN npm install --omit=dev');
    rmSync(join(dir, '.gitignore'));
  });

  it.each(['file:lib', './vendor/none.tgz', 'file:../other.tgz', 'file:/srv/other.tgz'])(
    'refuse a dependency from %s, which the image cannot have',
    async (spec) => {
      manifest({ joi: '18.3.2', other: spec });
      const { path, findings } = await packageContainer(dir, join(root, 'never'));
      expect(path).toBeUndefined();
      expect(findings).toContainEqual(
        expect.objectContaining({
          severity: 'error',
          rule: 'package/container-dependency',
          message: expect.stringContaining(`other is installed from "${spec}"`),
        }),
      );
    },
  );

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

interface Compose {
  readonly services: { readonly classifier: { readonly environment: Record<string, string> } };
  readonly volumes: unknown;
}

interface Service {
  readonly spec: { readonly predictor: { readonly securityContext: unknown; readonly containers: unknown } };
}
