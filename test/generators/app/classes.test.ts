import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classesText, distinct, parseClasses, parseCodes, parseType } from '../../../generators/app/classes.js';

describe('class names', () => {
  it.each([
    ['cat,dog', ['cat', 'dog']],
    [' cat , dog ', ['cat', 'dog']],
    ['["a, b", "c \\"d\\"", "猫"]', ['a, b', 'c "d"', '猫']],
  ])('reads %s', (text, names) => {
    expect(parseClasses(text, undefined)).toEqual(names);
  });

  it('reads a file with one name a line, and one with a JSON list', () => {
    const folder = mkdtempSync(join(tmpdir(), 'classes-'));
    writeFileSync(join(folder, 'labels.txt'), '\uFEFFcat\r\ndog, big\n\n');
    writeFileSync(join(folder, 'labels.json'), '["cat", "dog"]');
    expect(parseClasses(`@${join(folder, 'labels.txt')}`, 'binary')).toEqual(['cat', 'dog, big']);
    expect(parseClasses(`@${join(folder, 'labels.json')}`, 'binary')).toEqual(['cat', 'dog']);
  });

  it.each([
    ['cat', undefined, 'a classifier needs at least two classes'],
    ['', undefined, 'a classifier needs at least two classes'],
    ['cat,,dog', undefined, 'class 2 of 3 has no name'],
    ['cat,dog,cat', undefined, 'the class "cat" stands twice'],
    ['cat,dog,bird', 'binary', 'a binary classifier has two classes; got 3'],
    ['cat,dog', 'multi-class', 'a multi-class classifier has more than two classes; got 2'],
    ['["cat", 1]', undefined, 'expected a JSON list of names'],
    ['["cat", "dog"', undefined, 'expected a JSON list of names'],
    ['["cat\\n", "d\\tog"]', undefined, 'the class name "d\\tog" holds a control character'],
    ['@/no/such/file', undefined, 'cannot read the class names from /no/such/file'],
  ] as const)('refuses %j as %s', (text, type, reason) => {
    expect(() => parseClasses(text, type)).toThrow(reason);
  });

  it('refuses another number than the model has', () => {
    const wanted = { exactly: { count: 3, why: 'the model tells 3 classes apart' } };
    expect(() => parseClasses('a,b', undefined, wanted)).toThrow(
      'the model tells 3 classes apart: 3 classes are needed; got 2',
    );
    expect(() => parseClasses('a,b,c', undefined, { atMost: { count: 2, why: 'it has 2' } })).toThrow(
      'it has 2: at most 2 classes; got 3',
    );
  });

  it.each([[['cat', 'dog']], [['a, b', 'c']], [['"a"', '[b]']], [['@home', 'away']]])(
    'are read back from their text: %j',
    (names) => {
      expect(parseClasses(classesText(names), undefined)).toEqual(names);
    },
  );

  it('are made different where a model repeats or empties them', () => {
    expect(distinct(['crane', 'owl', 'crane', 'crane (2)', ' ', 'a\nb'])).toEqual({
      names: ['crane', 'owl', 'crane (2)', 'crane (2) (2)', 'class 4', 'a b'],
      renamed: [
        '"crane" is called "crane (2)"',
        '"crane (2)" is called "crane (2) (2)"',
        '" " is called "class 4"',
        '"a\nb" is called "a b"',
      ],
    });
  });
});

describe('codes', () => {
  it.each([
    ['0', [0, 1, 2]],
    ['1', [1, 2, 3]],
    ['10, 20,-3', [10, 20, -3]],
  ])('%s', (text, codes) => {
    expect(parseCodes(text, ['a', 'b', 'c']).map(({ code }) => code)).toEqual(codes);
  });

  it.each([
    ['1,1,2', 'the code 1 stands for "a" and for "b"'],
    ['1,2', '3 classes need 3 codes; got 2'],
    ['7', 'codes count from 0 or from 1; got 7'],
    ['a', 'expected 0, 1, or a list of integers such as 10,20,30; got "a"'],
    ['1.5,2,3', 'got "1.5"'],
    ['', 'got ""'],
    ['9007199254740993,1,2', 'got "9007199254740993"'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseCodes(text, ['a', 'b', 'c'])).toThrow(reason);
  });
});

it('knows two types', () => {
  expect(parseType('binary')).toBe('binary');
  expect(() => parseType('ternary')).toThrow('expected binary or multi-class; got "ternary"');
});
