import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { namesOf, readNames } from '../../../runtime/exports/names.js';
import { parsePythonLiteral } from '../../../runtime/exports/python-literal.js';
import { ExportSource } from '../../../runtime/exports/source/source.js';

const work = mkdtempSync(join(tmpdir(), 'names-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function read(file: string, content: string | Buffer): Promise<readonly string[]> {
  writeFileSync(join(work, file), content);
  return (await readNames(new ExportSource(work, [file], work), file)).value;
}

describe('class names', () => {
  test.each<[string, string | Buffer, string[]]>([
    ['lines', 'cat\ndog\n', ['cat', 'dog']],
    ['Windows lines', 'cat\r\ndog', ['cat', 'dog']],
    ['a byte order mark', '\uFEFFcat\ndog\n\n\n', ['cat', 'dog']],
    [
      'UTF-16 of Windows',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('кот\r\nпёс', 'utf16le')]),
      ['кот', 'пёс'],
    ],
    ["Teachable Machine's numbers", '0 cat\n1 big dog\n', ['cat', 'big dog']],
    ['numbers with colons', '0: cat\n1: dog', ['cat', 'dog']],
    ['numbers that are names', '3 mm\n5 mm', ['3 mm', '5 mm']],
    ['names that are numbers', '0\n1\n2', ['0', '1', '2']],
  ])('in %s', async (_, content, expected) => {
    expect(await read('labels.txt', content)).toEqual(expected);
  });

  test.each<[unknown, string[] | undefined]>([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [
      [{ name: 'a' }, { name: 'b', id: 1 }],
      ['a', 'b'],
    ],
    [{ 1: 'b', 0: 'a', 10: 'k' }, undefined],
    [{ 1: 'b', 0: 'a' }, ['a', 'b']],
    [{ b: 1, a: 0 }, ['a', 'b']],
    [{ 0: ['n01440764', 'tench'], 1: ['n01443537', 'goldfish'] }, ['tench', 'goldfish']],
    [{ labels: ['a', 'b'] }, ['a', 'b']],
    [{ id2label: { 0: 'a', 1: 'b' } }, ['a', 'b']],
    [[1, 2], undefined],
    ['a,b', undefined],
    [{}, undefined],
    [{ a: 0, b: 0 }, undefined],
  ])('in JSON %j', (value, expected) => {
    expect(namesOf(value)).toEqual(expected);
  });
});

describe("Python's repr", () => {
  test.each<[string, unknown]>([
    ["{0: 'cat', 1: 'dog'}", { 0: 'cat', 1: 'dog' }],
    [`{0: "it's", 1: 'say "hi"', 2: 'both \\' and "'}`, { 0: "it's", 1: 'say "hi"', 2: 'both \' and "' }],
    ["{0: 'caf\\xe9', 1: '\\u732b', 2: '\\U0001f431', 3: 'a\\nb'}", { 0: 'café', 1: '猫', 2: '🐱', 3: 'a\nb' }],
    ['[224, 224]', [224, 224]],
    ['(1, 2.5, -3e2,)', [1, 2.5, -300]],
    ['{}', {}],
    ['[True, False, None]', [true, false, null]],
    ['{"a": [1, {"b": null}]}', { a: [1, { b: null }] }],
    [" 'x' ", 'x'],
  ])('%s', (text, expected) => {
    expect(parsePythonLiteral(text)).toEqual(expected);
  });

  test.each([
    '',
    'cat',
    '[1, 2',
    "{'a' 1}",
    "__import__('os').system('true')",
    "{0: 'a'} extra",
    "'open",
    "'\\xzz'",
    `${'['.repeat(100)}${']'.repeat(100)}`,
  ])('%s is no literal', (text) => {
    expect(parsePythonLiteral(text)).toBeUndefined();
  });

  test('a key named __proto__ is a key', () => {
    expect(Object.keys(parsePythonLiteral("{'__proto__': 1}") as object)).toEqual(['__proto__']);
  });
});
