import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectSources } from '../../../../runtime/bundle/sources/allow-list.js';
import { programsOrSkip } from '../../../support/programs.js';

const git = programsOrSkip(['git'], 'what git ignores, asked of git');

const PLAIN = fileURLToPath(new URL('../fixtures/plain', import.meta.url));

describe('the sources of an upload', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'katonic-sources-'));
    cpSync(PLAIN, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (path: string, text = 'x') => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const collect = async () => {
    const { code, data, project, findings } = await collectSources(folder);
    return { code, data, project, all: [...code, ...data, ...project], findings };
  };
  const rules = async () => (await collect()).findings.map(({ rule, file }) => `${rule} ${file}`);

  it('are the launch module, what it imports, its data and its project files', async () => {
    put('package-lock.json', '{}');
    put('samples/one.jpg');
    const { code, data, project, findings } = await collect();
    expect(findings).toEqual([]);
    expect(code).toEqual(['launch.ts', 'lib/brightest.ts', 'schema.ts']);
    expect(data).toEqual(['katonic.json', 'labels_file.json', 'model/words.txt', 'samples/one.jpg']);
    expect(project).toEqual(['package-lock.json', 'package.json']);
  });

  it('never hold what is not on the list', async () => {
    for (const path of [
      '.env',
      '.npmrc',
      'id_rsa',
      'notes.txt',
      'lib/unused.ts',
      'node_modules/x/index.js',
      '.katonic/feedback.db',
      'training/train.js',
      'test/launch.test.ts',
    ])
      put(path);
    const { all, findings } = await collect();
    expect(all).toHaveLength(7);
    expect(findings).toEqual([]);
  });

  it('pass over litter inside the folders that are taken', async () => {
    for (const path of ['model/.DS_Store', 'samples/Thumbs.db', 'model/__pycache__/x.pyc', 'model/words.txt~'])
      put(path);
    expect((await collect()).data).toEqual(['katonic.json', 'labels_file.json', 'model/words.txt']);
  });

  it('hold what package.json adds under "files"', async () => {
    put('package.json', '{"name":"plain","files":["assets","notes.txt"]}');
    put('assets/deep/table.csv');
    put('notes.txt');
    expect((await collect()).data).toEqual(expect.arrayContaining(['assets/deep/table.csv', 'notes.txt']));
    put('package.json', '{"name":"plain","files":["../elsewhere","gone"]}');
    const { findings } = await collect();
    expect(findings.map(({ message }) => message)).toEqual([
      'package.json "files" names ../elsewhere, which is no file or folder inside the package',
      'package.json "files" names gone, which is no file or folder inside the package',
    ]);
  });

  it.each(git ? ['with git', 'without a repository'] : ['without a repository'])(
    'leave out what git ignores, and say so where it is needed: %s',
    async (how) => {
      if (how === 'with git') execFileSync('git', ['init', '-q'], { cwd: folder });
      put('samples/private.jpg');
      put('samples/one.jpg');
      put('.gitignore', 'private.*\nmodel/*\n!model/words.txt\n');
      put('model/weights.bin');
      const { data, findings } = await collect();
      expect(data).toEqual(['katonic.json', 'labels_file.json', 'model/words.txt', 'samples/one.jpg']);
      expect(findings.map(({ severity, file }) => `${severity} ${file}`)).toEqual([
        'error model/weights.bin',
        'note samples/private.jpg',
      ]);
      put('.gitignore', 'lib/\n');
      expect((await collect()).findings.map(({ severity, file }) => `${severity} ${file}`)).toEqual([
        'error lib/brightest.ts',
      ]);
    },
  );

  it.each([
    ['model/.env', 'x'],
    ['model/server.pem', 'x'],
    ['samples/id_rsa', 'x'],
    ['model/feedback.sqlite3', 'x'],
    ['model/service-account-1.json', '{}'],
  ])('are refused for the file %s', async (path, text) => {
    put(path, text);
    expect(await rules()).toEqual([`package/secret-file ${path}`]);
    expect((await collect()).all).not.toContain(path);
  });

  it.each([
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----'],
    ['an AWS access key', `const id = "AKIA${'ABCDEFGH12345678'}";`],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
    ['an npm token', `npm_${'a1'.repeat(18)}`],
    ['a URL with a password', 'const at = "postgres://me:hunter22@db.example/x";'],
    ['a secret', 'const api_key = "k3jh5kjh34kjh5k3j4h5";'],
    ['a secret', '{"password": "correct1horse2battery"}'],
    ['a JSON web token', `eyJhbGciOiJIUzI1NiJ9x.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${'dozjgNryP4J3jVmN'}`],
  ])('are refused for %s in their text', async (what, text) => {
    put('lib/brightest.ts', `export const brightest = (length: number) => length - 1;\n// ${text}\n`);
    const { findings, all } = await collect();
    expect(findings).toMatchObject([
      {
        severity: 'error',
        rule: 'package/secret-content',
        file: 'lib/brightest.ts',
        line: 2,
        message: `this line holds what looks like ${what}`,
      },
    ]);
    expect(all).not.toContain('lib/brightest.ts');
    put('lib/brightest.ts', `export const brightest = (length: number) => length - 1;\n// ${text} not-a-secret\n`);
    expect((await collect()).findings).toEqual([]);
  });

  it.each([
    'const token = process.env.TOKEN ?? "none";',
    'const url = "https://example.com/a:b@c.jpg";',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a source file
    'const secret = `the ${name} of 12345678901234567890`;',
    'logger.info("token: sent in the Authorization header 1");',
    'const password = "change me";',
  ])('may say: %s', async (text) => {
    put('lib/brightest.ts', `export const brightest = (length: number) => length - 1;\n${text}\n`);
    expect((await collect()).findings).toEqual([]);
  });

  it('name an import that leads out of the package, or nowhere', async () => {
    put('../outside-katonic.ts', 'export const x = 1;');
    put('lib/brightest.ts', "export { x as brightest } from '../../outside-katonic.js';");
    try {
      expect((await collect()).findings).toMatchObject([{ rule: 'package/import-outside', severity: 'error' }]);
    } finally {
      rmSync(join(folder, '..', 'outside-katonic.ts'));
    }
    put('lib/brightest.ts', "export { x as brightest } from './gone.js';");
    expect((await collect()).findings).toMatchObject([
      { rule: 'package/import', file: 'lib/brightest.ts', line: 1, message: expect.stringContaining('gone.js') },
    ]);
  });

  it('may not take the name of a generated file', async () => {
    put('package.json', '{"name":"plain","files":["launch.py","app"]}');
    put('launch.py');
    put('app/x.txt');
    expect(await rules()).toEqual(['package/name-taken app/x.txt', 'package/name-taken launch.py']);
  });
});
