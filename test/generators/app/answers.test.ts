import { describe, expect, it } from 'vitest';
import { parseDescription, parseName, parseSize, sizeText } from '../../../generators/app/answers.js';
import { sentence } from '../../../generators/app/refusal.js';

function reason(parse: () => unknown): string {
  try {
    parse();
  } catch (thrown) {
    return sentence(thrown);
  }
  return 'not refused';
}

describe('the package name', () => {
  it.each(['shapes', '@me/shapes', ' shapes '])('takes %j', (name) => {
    expect(parseName(name)).toBe(name.trim());
  });

  it.each([
    ['My Shapes', 'name can no longer contain capital letters', 'Try "my-shapes".'],
    ['', 'name length must be greater than zero', ''],
    ['http', 'http is a core module name', ''],
    ['node_modules', 'node_modules is not a valid package name', ''],
    ['.shapes', 'name cannot start with a period', 'Try "shapes".'],
    ['x'.repeat(215), 'name can no longer contain more than 214 characters', ''],
    ['猫', 'name can only contain URL-friendly characters', ''],
  ])('refuses %j with the reason of npm', (name, why, hint) => {
    const text = reason(() => parseName(name));
    expect(text).toContain(why);
    expect(text).toContain(hint);
  });
});

it('takes a description of one line', () => {
  expect(parseDescription(' Cats, "dogs" and 猫 ')).toBe('Cats, "dogs" and 猫');
  expect(reason(() => parseDescription('a\nb'))).toContain('one line');
  expect(reason(() => parseDescription('  '))).toContain('a few words');
});

describe('the input size', () => {
  it.each([
    ['224', { width: 224, height: 224 }],
    ['320x240', { width: 320, height: 240 }],
    [' 320 X 240 ', { width: 320, height: 240 }],
  ])('%j', (text, size) => {
    expect(parseSize(text)).toEqual(size);
    expect(parseSize(sizeText(size))).toEqual(size);
  });

  it.each(['0', '-224', '5000', '224x', '22.4', 'big', ''])('refuses %j', (text) => {
    expect(reason(() => parseSize(text))).toContain('expected a size in pixels between 1 and 4096');
  });
});
