import { expect, it } from 'vitest';
import { flags, givenTexts, switchedOn } from '../../../generators/app/flags.js';

it('takes values as text, however a parser guessed them', () => {
  expect(givenTexts({ size: 224, name: 'x', classes: ['a', 'b'], env: {}, resolved: '/x' })).toEqual({
    size: '224',
    name: 'x',
    classes: 'a,b',
  });
});

it('refuses a flag without its value', () => {
  expect(() => givenTexts({ name: true })).toThrow('--name needs a value');
  expect(() => givenTexts({ classes: '' })).toThrow('--classes needs a value');
});

it('finds a switch under both spellings', () => {
  expect(switchedOn({ 'skip-existing': true }, 'skip-existing')).toBe(true);
  expect(switchedOn({ skipExisting: true }, 'skip-existing')).toBe(true);
  expect(switchedOn({ skipExisting: false }, 'skip-existing')).toBe(false);
  expect(switchedOn({}, 'yes')).toBe(false);
});

it('has no flag twice', () => {
  const names = flags.flatMap(({ name, alias }) => [name, ...(alias === undefined ? [] : [alias])]);
  expect(new Set(names).size).toBe(names.length);
});
