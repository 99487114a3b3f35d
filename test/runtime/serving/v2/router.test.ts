import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyReader } from '../../../../runtime/serving/body.js';
import { begin } from '../../../../runtime/serving/context.js';
import type { PredictionEvent } from '../../../../runtime/serving/events.js';
import { v2Router } from '../../../../runtime/serving/v2/router.js';
import { readBytes } from '../../../../runtime/serving/v2/tensors.js';
import { keepingLogger, type Served, serveFixture } from '../../../support/serve.js';

const PLAIN = fileURLToPath(new URL('../../bundle/fixtures/plain', import.meta.url));

describe('the Open Inference Protocol v2', () => {
  let open: Served;
  let guarded: Served;

  beforeAll(async () => {
    open = await serveFixture(PLAIN);
    guarded = await serveFixture(PLAIN, { token: 'a token' });
  });
  afterAll(() => Promise.all([open.close(), guarded.close()]));

  const get = (path: string) => fetch(open.url + path);
  const infer = (body: unknown, init: RequestInit = {}) =>
    fetch(`${open.url}/v2/models/plain/infer`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      ...init,
    });
  const tensor = (...data: string[]) => ({ name: 'data', datatype: 'BYTES', shape: [data.length], data });

  it('says that it lives and is ready, without a token too', async () => {
    for (const { url } of [open, guarded]) {
      for (const path of ['/v2/health/live', '/v2/health/ready', '/v2/models/plain/ready']) {
        expect((await fetch(url + path)).status, path).toBe(200);
      }
    }
    expect(await (await get('/v2/health/live')).json()).toEqual({ live: true });
  });

  it('guards metadata and inference by the token', async () => {
    for (const path of ['/v2', '/v2/models/plain']) expect((await fetch(guarded.url + path)).status).toBe(401);
    const body = JSON.stringify({ inputs: [tensor('x')] });
    const refused = await fetch(`${guarded.url}/v2/models/plain/infer`, { method: 'POST', body });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('Authorization') });
    const headers = { authorization: 'a token', 'content-type': 'application/json' };
    expect((await fetch(`${guarded.url}/v2/models/plain/infer`, { method: 'POST', body, headers })).status).toBe(200);
  });

  it('describes the model', async () => {
    expect(await (await get('/v2/models/plain')).json()).toEqual({
      name: 'plain',
      versions: ['1.2.3'],
      platform: 'katonic-classifier',
      inputs: [{ name: 'data', datatype: 'BYTES', shape: [-1] }],
      outputs: [
        { name: 'answer', datatype: 'BYTES', shape: [-1] },
        { name: 'predicted_label', datatype: 'INT64', shape: [-1] },
        { name: 'predicted_class', datatype: 'BYTES', shape: [-1] },
        { name: 'confidence', datatype: 'FP64', shape: [-1] },
      ],
    });
    expect((await get('/v2/models/plain/versions/1.2.3/ready')).status).toBe(200);
    const other = await get('/v2/models/other/ready');
    expect(other.status).toBe(404);
    expect(await other.json()).toMatchObject({ error: expect.stringContaining('expected the model "plain"') });
    expect((await get('/v2/nothing')).status).toBe(404);
  });

  it('answers the same text as predict does', async () => {
    const answer = await infer({ id: 'mine', inputs: [tensor('one', 'two')] });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { outputs: { name: string; data: string[] }[] };
    expect(body).toMatchObject({ model_name: 'plain', model_version: '1.2.3', id: 'mine' });
    const texts = await Promise.all(['one', 'two'].map(async (data) => (await open.predict(data)).text()));
    expect(body.outputs.map(({ name }) => name)).toEqual(['answer']);
    expect(body.outputs[0]?.data).toEqual(texts);
  });

  it('keeps the order of many elements', async () => {
    const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
    const body = (await (await infer({ inputs: [tensor(...words)] })).json()) as { outputs: { data: string[] }[] };
    expect(body.outputs[0]?.data.map((text) => (JSON.parse(text) as { said: string }).said)).toEqual(words);
  });

  it('adds the fields of a classification, as the metadata has them', async () => {
    const body = (await (await infer({ inputs: [tensor('classify')] })).json()) as { outputs: object[] };
    const { outputs } = (await (await get('/v2/models/plain')).json()) as typeof body;
    const form = ({ name, datatype }: Record<string, unknown>) => ({ name, datatype });
    expect(body.outputs.map((output) => form(output as never))).toEqual(outputs.map((output) => form(output as never)));
    expect(body).toMatchObject({
      outputs: [
        { name: 'answer', datatype: 'BYTES' },
        { name: 'predicted_label', datatype: 'INT64', shape: [1], data: [1] },
        { name: 'predicted_class', datatype: 'BYTES', data: ['bright'] },
        { name: 'confidence', datatype: 'FP64', data: [0.75] },
      ],
    });
  });

  it('takes pictures and gives answers in binary', async () => {
    const picture = readFileSync(fileURLToPath(new URL('../../bundle/fixtures/pixel.png', import.meta.url)));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(picture.length);
    const json = Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: picture.length + 4 } }],
        parameters: { binary_data_output: true },
      }),
    );
    const answer = await infer('', {
      body: Buffer.concat([json, length, picture]),
      headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(json.length) },
    });
    expect(answer.status).toBe(200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const head = Number(answer.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, head)) as {
      outputs: { parameters: { binary_data_size: number } }[];
    };
    expect(outputs[0]?.parameters.binary_data_size).toBe(bytes.length - head);
    const [text] = readBytes(bytes.subarray(head), []);
    expect(JSON.parse(String(text))).toMatchObject({ said: { bytes: picture.length } });
  });

  it.each<[unknown, string, number, string]>([
    ['not json', 'not JSON', 400, 'expected an inference request as JSON'],
    [[], 'a list', 422, 'expected an inference request'],
    [{}, 'no inputs', 422, 'body.inputs: expected one input tensor'],
    [
      { inputs: [{ ...{ name: 'picture' }, datatype: 'BYTES', shape: [1], data: ['x'] }] },
      'a wrong name',
      422,
      'expected the input "data"',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'FP32', shape: [1], data: [1] }] },
      'a wrong datatype',
      422,
      'expected datatype BYTES; FP32 came',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [2], data: ['x'] }] },
      'a wrong shape',
      422,
      'as the shape says, 2; 1 came',
    ],
    [{ inputs: [{ name: 'data', datatype: 'BYTES', shape: 'x', data: ['x'] }] }, 'no shape', 422, 'expected a shape'],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], data: [7] }] },
      'numbers',
      422,
      'expected a list of texts',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 9 } }] },
      'missing bytes',
      422,
      'expected 9 bytes behind the JSON',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [65], data: Array(65).fill('x') }] },
      'too many',
      422,
      'at most 64',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], data: ['x'] }], outputs: [{ name: 'nothing' }] },
      'an unknown output',
      422,
      'expected one of the outputs answer',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [2], data: ['x', 'refuse'] }] },
      'a refused element',
      422,
      'element 1 of "data": this word is refused',
    ],
    [
      { inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], data: ['throw'] }] },
      'user code that throws',
      500,
      'the word was throw',
    ],
  ])('refuses a request: %2$s', async (body, _what, status, message) => {
    const answer = await infer(body);
    expect(answer.status).toBe(status);
    expect((await answer.json()) as object).toMatchObject({ error: expect.stringContaining(message) });
  });

  it('tells monitoring of the trace and of each refusal, and logs none under overload', async () => {
    const served = await serveFixture(PLAIN, { queue: 1 });
    const events: PredictionEvent[] = [];
    const logger = keepingLogger();
    const app = express().use((req, res, next) => {
      begin(req, res);
      next();
    });
    app.use(
      v2Router({
        pkg: () => served.pkg,
        pool: served.pool,
        readBody: bodyReader(1e6),
        token: (_req, _res, next) => next(),
        onPrediction: (event) => events.push(event),
        logger,
        production: false,
      }),
    );
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/plain/infer`;
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const ask = async (body: unknown) => {
        const headers = { traceparent, 'content-type': 'application/json' };
        const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
        await answer.text();
        return answer.status;
      };
      expect(await ask({ inputs: [tensor('one', 'two')] })).toBe(200);
      expect(await ask({ inputs: [] })).toBe(422);
      const many = await Promise.all(Array.from({ length: 8 }, () => ask({ inputs: [tensor('slow')] })));
      expect(many).toContain(429);
      await expect.poll(() => events.length).toBe(3 + 8);
      expect(events.map(({ status }) => status).sort()).toEqual([200, 200, 422, ...many].sort());
      expect(new Set(events.map((event) => event.traceparent))).toEqual(new Set([traceparent]));
      expect(logger.lines.map(({ message }) => message)).toEqual([expect.stringContaining('422 invalid_input')]);
    } finally {
      server.close();
      await served.close();
    }
  });

  it('refuses bytes that end inside an element', async () => {
    const json = Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 6 } }],
      }),
    );
    const headers = { 'inference-header-content-length': String(json.length) };
    const answer = await infer('', { body: Buffer.concat([json, Buffer.from([9, 0, 0, 0, 1, 2])]), headers });
    expect(answer.status).toBe(422);
    const beyond = await infer('', { body: json, headers: { 'inference-header-content-length': '99999' } });
    expect(beyond.status).toBe(422);
  });
});
