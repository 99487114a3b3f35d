import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerText } from '../../../runtime/launch/answer.js';

describe('answerText', () => {
  it.each([
    ['{"a": 1}', '{"a": 1}'],
    [' [1,  2]\n', ' [1,  2]\n'],
    ['{not json}', '"{not json}"'],
    ['cat', '"cat"'],
    ['5', '"5"'],
    ['null', '"null"'],
    ['', '""'],
  ])('hands the text %j on as %j', (given, text) => {
    expect(answerText(given).text).toBe(text);
  });

  it.each([
    [5, '5'],
    [null, 'null'],
    [true, 'true'],
    [[1, 'a', null], '[1,"a",null]'],
    [new Float32Array([0.5, 1]), '[0.5,1]'],
    [new Uint8Array([1, 2]), '[1,2]'],
    [new BigInt64Array([3n]), '[3]'],
    [new Map([['a', 1]]), '{"a":1}'],
    [new Set([1, 2]), '[1,2]'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ a: undefined, b: { c: [new Float64Array([1])] } }, '{"b":{"c":[[1]]}}'],
    [JSON.parse('{"__proto__": 1}'), '{"__proto__":1}'],
    [{ 'Ä "x"': 1 }, '{"Ä \\"x\\"":1}'],
  ])('writes %o', (value, text) => {
    expect(answerText(value).text).toBe(text);
  });

  it('writes any JSON value as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(typeof value !== 'string');
        expect(answerText(value).text).toBe(JSON.stringify(value));
      }),
    );
  });

  it('allows one object in two places', () => {
    const shared = { a: 1 };
    expect(answerText([shared, shared]).text).toBe('[{"a":1},{"a":1}]');
  });

  const cycle: { a: { b?: unknown } } = { a: {} };
  cycle.a.b = cycle;
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];

  it.each([
    ['undefined', undefined, /the answer is undefined/],
    ['a function', () => 1, /the answer is .*function/],
    ['a symbol', Symbol('x'), /symbol/],
    ['a BigInt', { n: 1n }, /the answer's n is the BigInt 1/],
    ['a BigInt beyond 2^53', new BigUint64Array([2n ** 60n]), /\[0\] is the BigInt/],
    ['NaN', { p: [0.5, Number.NaN] }, /the answer's p\[1\] is NaN/],
    [
      'Infinity in a typed array',
      { p: new Float32Array([1, Number.POSITIVE_INFINITY]) },
      /the answer's p\[1\] is Infinity/,
    ],
    ['undefined in a list', [1, undefined], /the answer's \[1\] is undefined/],
    ['a cycle', cycle, /the answer's a\.b is an object that contains itself/],
    ['a promise', { p: Promise.resolve(1) }, /the answer's p is a Promise/],
    ['a tensor of tfjs', { t: { dataSync() {}, shape: [1] } }, /the answer's t is a tensor/],
    ['a tensor of ONNX Runtime', { type: 'float32', dims: [1], data: new Float32Array(1) }, /the answer is a tensor/],
    ['an error', new RangeError('no such class'), /RangeError: no such class/],
    ['a deep nest', deep, /nested more than 500 deep/],
    ['a key with a dot', { 'a.b': Number.NaN }, /the answer's \["a\.b"\] is NaN/],
    ['100 MB', 'x'.repeat(100 * 1024 * 1024), /100 MB of JSON, above the limit of 32 MB/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => answerText(value)).toThrowError(
      expect.objectContaining({ code: 'user_code', message: expect.stringMatching(message) }),
    );
  });

  it('records what a classification says, as an object and as text', () => {
    const answer = { predicted_label: 2, predicted_class: 'b', confidence: 0.75, probabilities: { a: 0.25, b: 0.75 } };
    const recorded = { label: 2, confidence: 0.75, probabilities: { a: 0.25, b: 0.75 } };
    expect(answerText(answer).recorded).toEqual(recorded);
    expect(answerText(JSON.stringify(answer)).recorded).toEqual(recorded);
    expect(answerText({ predicted_label: 'cat' }).recorded).toEqual({ label: 'cat' });
    expect(answerText({ anything: 1 }).recorded).toBeUndefined();
    expect(answerText([1]).recorded).toBeUndefined();
    expect(answerText(null).recorded).toBeUndefined();
  });
});
