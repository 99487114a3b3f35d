import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compiled } from '../../../runtime/package-root.js';
import { tempFolder } from './helpers.js';

const run = promisify(execFile);

/** A package that is only read, never loaded. */
function aPackage(): string {
  const folder = tempFolder();
  const files = {
    'package.json': '{"name": "@scope/pets", "version": "1.0.0", "type": "module"}',
    'labels_file.json': '{"labels": [0, 1]}',
    'launch.js': 'export const loadmodel = () => ({});\nexport const predict = () => 0;\n',
    'schema.js': 'export const PredictSchema = {};\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function cli(...args: string[]) {
  const env = { ...process.env, DATABASE_URL: '', KATONIC_DATA_DIR: '' };
  try {
    return {
      code: 0,
      ...(await run(process.execPath, [compiled('runtime/cli/cli.js'), 'feedback', ...args], { env })),
    };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('katonic-classifier feedback', () => {
  it('imports what it is given and exports it again, as CSV and as JSON lines', async () => {
    const folder = aPackage();
    const csv = join(folder, 'some feedback.csv');
    const text = `at,predicted_label,true_label,id,confidence
2026-01-31T12:00:00.000Z,0,1,an id,0.75
2026-01-31T12:00:01.000Z,1,1,,
`;
    writeFileSync(csv, text);
    const imported = await cli('import', csv, folder);
    expect(imported.stderr).toBe('');
    expect(imported.stdout).toContain(`2 feedback added to ${join(folder, '.katonic', 'feedback.db')}`);
    expect((await cli('export', folder)).stdout).toBe(text);
    const lines = join(folder, 'out.jsonl');
    expect((await cli('export', folder, '-o', lines)).code).toBe(0);
    expect(readFileSync(lines, 'utf8').split('\n')[1]).toBe(
      '{"at":"2026-01-31T12:00:01.000Z","predicted_label":1,"true_label":1}',
    );
  });

  it('names the wrong line, exits 2 and leaves nothing behind', async () => {
    const folder = aPackage();
    const csv = join(folder, 'feedback.csv');
    writeFileSync(csv, 'predicted_label,true_label\n1,1\n1,5\n');
    const { code, stderr } = await cli('import', csv, folder);
    expect(code).toBe(2);
    expect(stderr).toContain(`${csv}:3: true_label: expected a label of labels_file.json, got "5"`);
    expect((await cli('export', folder)).stdout.trim()).toBe('at,predicted_label,true_label,id,confidence');
  });

  it('leaves out what an import before it stored', async () => {
    const folder = aPackage();
    const file = join(folder, 'feedback.jsonl');
    writeFileSync(file, Array(10_003).fill('{"predicted_label":1,"true_label":0}\n').join(''));
    const whole = await cli('import', file, folder);
    expect(whole).toMatchObject({ code: 0, stderr: '10000 of 10003 stored\n' });
    expect((await cli('import', file, folder, '--skip', '10000')).stdout).toContain('3 feedback added');
    const tooMany = await cli('import', file, folder, '--skip', '10004');
    expect(tooMany.code).toBe(2);
    expect(tooMany.stderr).toContain('--skip: expected at most 10003');
    expect((await cli('import', file, folder, '--skip', 'some')).stderr).toContain('expected a whole number');
  });

  it('asks for the format of a file whose name does not say it', async () => {
    const folder = aPackage();
    const { code, stderr } = await cli('import', join(folder, 'feedback.txt'), folder);
    expect(code).toBe(2);
    expect(stderr).toContain('--format csv');
    expect(existsSync(join(folder, '.katonic'))).toBe(false);
  });
});
