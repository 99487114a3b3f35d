import Joi from 'joi';
import { expect, it, vi } from 'vitest';
import type { KatonicError } from '../../../runtime/errors.js';
import { validateBody } from '../../../runtime/launch/schema.js';
import { serveFixture, temporaryPackage } from '../../support/serve.js';

const refusal = (schema: Joi.Schema, body: unknown) =>
  validateBody(schema, body).then(
    (value) => expect.fail(`expected a refusal, got ${JSON.stringify(value)}`),
    (error: KatonicError) => error,
  );

const schema = Joi.object({
  data: Joi.string().required(),
  top: Joi.number().min(1),
  boxes: Joi.array().items(Joi.number()),
});

it('names every field that is wrong', async () => {
  const { message, where, problems } = await refusal(schema, { top: 0, boxes: [1, 'x', 2, null], more: 1 });
  expect(problems?.map((one) => [one.code, one.where?.field, one.message])).toEqual([
    ['invalid_input', ['body', 'data'], '"data" is required'],
    ['invalid_input', ['body', 'top'], '"top" must be greater than or equal to 1; the number 0 came'],
    ['invalid_input', ['body', 'boxes', 1], '"boxes[1]" must be a number; the text "x" came'],
    ['invalid_input', ['body', 'boxes', 3], '"boxes[3]" must be a number; null came'],
    ['invalid_input', ['body', 'more'], '"more" is not allowed'],
  ]);
  expect({ message, where }).toEqual({ message: '"data" is required', where: { field: ['body', 'data'] } });
});

it('has no list where one field is wrong', async () => {
  expect(await refusal(schema, { data: 1 })).toMatchObject({ where: { field: ['body', 'data'] }, problems: undefined });
});

it.each([
  [{}, 'Send a body such as {"data":"https://example.com/picture.jpg"}.'],
  [{ data: 5 }, 'Send a body such as {"data":"https://example.com/picture.jpg"}.'],
  [[], 'Send a body such as {"data":"https://example.com/picture.jpg"}.'],
  [{ picture: 'x' }, 'Send a body such as {"data":"https://example.com/picture.jpg"}; not known: "picture".'],
  [{ data: 'x', a: 1 }, 'Send a body such as {"data":"https://example.com/picture.jpg"}; not known: "a".'],
  [{ data: 'x', top: 0 }, undefined],
])('says for %j what to send', async (body, remedy) => {
  expect((await refusal(schema, body)).remedy).toBe(remedy);
});

it('makes its example of the schema', async () => {
  const size = Joi.number().required();
  const own = Joi.object({ data: Joi.binary().example('aGk=').required(), size }).unknown();
  expect((await refusal(own, { a: 1 })).remedy).toBe('Send a body such as {"data":"aGk=","size":1}; not known: "a".');
  const either = Joi.object({ data: Joi.alternatives(Joi.string(), Joi.binary()) });
  expect((await refusal(either, { data: 5 })).remedy).toContain('{"data":"https:');
});

it('validates a right body once, and external rules never twice', async () => {
  const [custom, external] = [vi.fn((value: unknown) => value), vi.fn()];
  const counted = schema.keys({ data: Joi.any().custom(custom).external(external) });
  await validateBody(counted, { data: 'a' });
  expect([custom.mock.calls.length, external.mock.calls.length]).toEqual([1, 1]);
  await refusal(counted, { data: 'a', top: 0 });
  expect(external).toHaveBeenCalledTimes(1);
  const refusing = vi.fn((_value: unknown, helpers: Joi.ExternalHelpers) => helpers.message({ external: 'not today' }));
  expect(await refusal(Joi.object({ data: Joi.any().external(refusing) }), { data: 'a' })).toMatchObject({
    message: expect.stringContaining('not today'),
    problems: undefined,
  });
  expect(refusing).toHaveBeenCalledTimes(1);
});

it('lists at most 100, and of a huge body the first only', async () => {
  const texts = (count: number) => ({ data: 'a', boxes: Array.from({ length: count }, () => 'x') });
  expect((await refusal(schema, texts(1000))).problems).toHaveLength(100);
  const huge = await refusal(schema, texts(300_000));
  expect(huge.problems).toBeUndefined();
  expect(huge.where?.field).toEqual(['body', 'boxes', 0]);
});

it('becomes one entry of detail each, as with FastAPI', async () => {
  const pkg = temporaryPackage('export function loadmodel() {}\nexport function predict() { return 1; }');
  const served = await serveFixture(pkg.dir);
  try {
    const response = await fetch(`${served.url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a": 1, "b": 2}',
    });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      {
        detail: [
          { loc: ['body', 'data'], msg: '"data" is required', type: 'value_error' },
          { loc: ['body', 'a'], msg: '"a" is not allowed', type: 'value_error' },
          { loc: ['body', 'b'], msg: '"b" is not allowed', type: 'value_error' },
        ],
        code: 'invalid_input',
      },
    ]);
  } finally {
    await served.close();
    pkg.remove();
  }
});
