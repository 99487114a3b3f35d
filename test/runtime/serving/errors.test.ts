import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, InputError, KatonicError } from '../../../runtime/errors.js';
import { toHttp } from '../../../runtime/serving/errors.js';
import { OPAQUE, STATUS } from '../../../runtime/serving/status.js';

const codes = Object.keys(STATUS) as ErrorCode[];

describe('toHttp', () => {
  it.each(codes)('%s carries code, sentence and id', (code) => {
    const { status, body } = toHttp(
      new KatonicError({ code, message: 'what came', remedy: 'do this' }),
      'the-id',
      false,
    );
    expect(status).toBe(STATUS[code]);
    expect(body).toMatchObject({ code, remedy: 'do this', id: 'the-id' });
    expect(JSON.stringify(body.detail)).toContain('what came');
    expect(body).not.toHaveProperty('stack');
  });

  it("gives FastAPI's form for what validation refuses", () => {
    expect(toHttp(new InputError('too dark', { field: ['body', 'data', 3] }), 'id', true)).toEqual({
      status: 422,
      body: {
        detail: [{ loc: ['body', 'data', 3], msg: 'too dark', type: 'value_error' }],
        code: 'invalid_input',
        id: 'id',
      },
    });
  });

  it('in production says nothing about our side, and all about the input', () => {
    for (const code of codes) {
      const thrown = new KatonicError({ code, message: 'secret path', remedy: 'secret', where: { file: 'secret.ts' } });
      const text = JSON.stringify(toHttp(thrown, 'id', true).body);
      expect([code, text.includes('secret')]).toEqual([code, !OPAQUE.has(code)]);
    }
  });

  it('takes an unknown Error as internal, never with its stack', () => {
    expect(toHttp(new TypeError('oops'), 'id', false)).toEqual({
      status: 500,
      body: { detail: 'oops', code: 'internal', id: 'id' },
    });
  });

  it('translates the errors of express and its parsers', () => {
    const from = (status: number, type?: string) =>
      toHttp(Object.assign(new Error('words'), { status, type }), 'id', false);
    expect(from(413).body.code).toBe('too_large');
    expect(from(415).body.code).toBe('unsupported_media_type');
    expect(from(400, 'entity.parse.failed').body.code).toBe('not_json');
    expect(from(400)).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    expect(from(503)).toMatchObject({ status: 500, body: { code: 'internal' } });
  });
});

describe('docs/http.md', () => {
  it('lists every code with its status', () => {
    const docs = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8');
    const rows = [...docs.matchAll(/^\| (\d{3}) \| (.+?) \|/gm)];
    const listed = rows.flatMap(([, status, names]) =>
      [...(names as string).matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(status)]),
    );
    expect(Object.fromEntries(listed)).toEqual(STATUS);
  });
});
