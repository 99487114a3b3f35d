import { expect, it } from 'vitest';
import { Asker, type Prompt, type Surroundings } from '../../../generators/app/asker.js';
import { refusal, sentence } from '../../../generators/app/refusal.js';

const question = {
  name: 'name',
  message: 'Package name',
  fallback: 'fallback',
  parse: (text: string) => {
    if (text.startsWith('bad')) throw refusal(`"${text}" is bad`, 'Give a good one.');
    return text.toUpperCase();
  },
} as const;

function asker(more: Partial<Surroundings>): Asker & { said: string[] } {
  const said: string[] = [];
  const made = new Asker({
    flags: {},
    stored: {},
    yes: false,
    prompt: undefined,
    say: (line) => said.push(line),
    ...more,
  });
  return Object.assign(made, { said });
}

it('takes a flag before anything else, and keeps its text', async () => {
  const one = asker({ flags: { name: 'flag' }, stored: { name: 'stored' }, yes: true });
  expect(await one.settle(question)).toBe('FLAG');
  expect(one.texts).toEqual({ name: 'flag' });
});

it('names the flag whose value is refused', async () => {
  const refused = await asker({ flags: { name: 'bad' } })
    .settle(question)
    .catch(sentence);
  expect(refused).toBe('--name: "bad" is bad. Give a good one.');
});

it('takes the stored answer with --yes, and the default where none is stored', async () => {
  expect(await asker({ stored: { name: 'stored' }, yes: true }).settle(question)).toBe('STORED');
  expect(await asker({ yes: true }).settle(question)).toBe('FALLBACK');
});

it('says when a stored answer no longer fits, and takes the default', async () => {
  const one = asker({ stored: { name: 'bad' }, yes: true });
  expect(await one.settle(question)).toBe('FALLBACK');
  expect(one.said).toEqual(['The stored answer "bad" for name no longer fits: "bad" is bad. Give a good one.']);
});

it('says which flag to give where there is no terminal', async () => {
  const refused = await asker({}).settle(question).catch(sentence);
  expect(refused).toBe('there is no terminal to ask: Package name. Give --name, or --yes to take every default.');
});

it('asks with the stored answer as the default, and refuses a wrong answer at the question', async () => {
  const prompts: Prompt[] = [];
  const prompt = async (asked: Prompt) => {
    prompts.push(asked);
    return 'typed';
  };
  expect(await asker({ stored: { name: 'stored' }, prompt }).settle(question)).toBe('TYPED');
  const [asked] = prompts;
  expect(asked).toMatchObject({ type: 'input', name: 'name', message: 'Package name', default: 'stored' });
  expect(await asked?.validate?.('good')).toBe(true);
  expect(await asked?.validate?.('bad one')).toBe('"bad one" is bad. Give a good one.');
});

it('lists choices', async () => {
  const prompts: Prompt[] = [];
  const prompt = async (asked: Prompt) => {
    prompts.push(asked);
    return asked.default;
  };
  const choices = [
    { value: 'one', name: 'one: the first' },
    { value: 'two', name: 'two: the second' },
  ];
  await asker({ prompt }).settle({ ...question, choices, fallback: 'two' });
  expect(prompts[0]).toMatchObject({ type: 'select', default: 'two', choices });
});
