import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Served, serveFixture } from '../../support/serve.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
let served: Served;

beforeAll(async () => {
  served = await serveFixture(fixture('chaos'), { maxBody: 100_000 });
});
afterAll(() => served.close());

const post = (
  path: string,
  body: string | Uint8Array | FormData,
  type?: string,
  headers: Record<string, string> = {},
) =>
  fetch(served.url + path, {
    method: 'POST',
    body,
    headers: { ...(type === undefined ? {} : { 'content-type': type }), ...headers },
  });

/** Writes bytes to the server as they are and collects what comes back until it closes, or `ms` have passed. */
function raw(bytes: string, ms = 3000): Promise<string> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

describe('predict', () => {
  it.each(['/api/v1/predict', '/predict'])(
    'answers the value of the launch module at %s, with id and stage times',
    async (path) => {
      const response = await post(path, '{"data":"ok"}', 'application/json');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('x-request-id')).toMatch(UUID);
      expect(response.headers.get('server-timing')).toMatch(
        /^queue;dur=[\d.]+, preprocess;dur=[\d.]+, infer;dur=[\d.]+, total;dur=[\d.]+$/,
      );
      expect(await response.json()).toMatchObject({ predicted_label: 1, predicted_class: 'yes' });
    },
  );

  it('is in the log under the id of its header', async () => {
    const response = await post('/predict', '{"data":"ok"}', 'application/json');
    const id = response.headers.get('x-request-id');
    await expect
      .poll(() => served.logger.lines.filter(({ message }) => message === 'predicted').map((line) => line.details[0]))
      .toContainEqual(expect.objectContaining({ id, label: 1, ms: expect.any(Number) }));
  });

  it('takes a raw picture and a form with a file as bytes, and a form field as text', async () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5]);
    for (const type of ['image/jpeg', 'application/octet-stream', 'IMAGE/PNG']) {
      expect(await (await post('/predict', bytes, type)).json()).toEqual({ bytes: 5 });
    }
    const form = new FormData();
    form.set('file', new Blob([bytes]), 'picture.jpg');
    expect(await (await post('/predict', form)).json()).toEqual({ bytes: 5 });
    const text = new FormData();
    text.set('data', 'hello');
    expect(await (await post('/predict', text)).json()).toEqual({ data: 'hello' });
  });

  it('takes a body without a Content-Type as JSON, as the platform does', async () => {
    const answer = await raw(
      `POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 13\r\n\r\n{"data":"ok"}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  const form = (parts: string) => [`--X\r\n${parts}\r\n--X--\r\n`, 'multipart/form-data; boundary=X'] as const;
  const file = 'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
  it.each([
    ['not JSON', '{"data": ', 'application/json', 400, 'not_json'],
    ['nothing', '', 'application/json', 400, 'not_json'],
    ['a list', '[]', 'application/json', 422, 'invalid_input'],
    ['null', 'null', 'application/json', 422, 'invalid_input'],
    ['no data', '{}', 'application/json', 422, 'invalid_input'],
    ['the wrong type', '{"data": 7}', 'application/json', 422, 'invalid_input'],
    ['an unknown key', '{"data": "ok", "more": 1}', 'application/json', 422, 'invalid_input'],
    ['a form of curl -d', '{"data":"ok"}', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['text', 'hello', 'text/plain', 415, 'unsupported_media_type'],
    ['a form without a boundary', 'x', 'multipart/form-data', 400, 'bad_request'],
    ['a form that stops', '--X\r\nContent-Dis', 'multipart/form-data; boundary=X', 400, 'bad_request'],
    ['a form without a file', ...form('Content-Disposition: form-data; name="other"\r\n\r\nabc'), 422, 'invalid_input'],
    ['a form with two files', ...form(`${file}\r\n--X\r\n${file}`), 422, 'invalid_input'],
    ['a body too large', JSON.stringify({ data: 'x'.repeat(200_000) }), 'application/json', 413, 'too_large'],
    ['a picture too large', 'x'.repeat(100_001), 'image/png', 413, 'too_large'],
    ['a file too large', ...form(`${file}${'x'.repeat(150_000)}`), 413, 'too_large'],
  ])('refuses %s', async (_name, body, type, status, code) => {
    const response = await post('/predict', body, type);
    const answer = (await response.json()) as { code: string; detail: unknown; id: string };
    expect([response.status, answer.code]).toEqual([status, code]);
    expect(answer.id).toBe(response.headers.get('x-request-id'));
    if (status === 422)
      expect(answer.detail).toEqual([{ loc: expect.any(Array), msg: expect.any(String), type: expect.any(String) }]);
    else expect(answer.detail).toEqual(expect.any(String));
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain'])(
    'says how to send a picture that came as %s',
    async (type) => {
      const { remedy } = (await (await post('/predict', 'x', type)).json()) as { remedy: string };
      expect(remedy).toBe('For a picture: curl -F "file=@picture.jpg"; for JSON: -H "Content-Type: application/json".');
    },
  );

  it('names the field, as FastAPI does', async () => {
    const answer = (await (await post('/predict', '{}', 'application/json')).json()) as { detail: { loc: unknown }[] };
    expect(answer.detail[0]?.loc).toEqual(['body', 'data']);
  });

  it('stops reading a body of unknown length at the limit', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const answer = await raw(
      `POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(10)}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('refuses a compressed body, which could be a bomb', async () => {
    const response = await post('/predict', 'x', 'application/json', { 'content-encoding': 'gzip' });
    expect(response.status).toBe(415);
  });
});

describe('other requests', () => {
  it.each([
    ['GET', '/predict', 405, 'method_not_allowed'],
    ['DELETE', '/api/v1/predict', 405, 'method_not_allowed'],
    ['PUT', '/feedback', 405, 'method_not_allowed'],
    ['GET', '/nothing/here', 404, 'not_found'],
    ['POST', '/', 404, 'not_found'],
    ['GET', '/samples/..%2f..%2flaunch.js', 404, 'not_found'],
    ['GET', '/samples/%E0%A4%A', 400, 'bad_request'],
    ['GET', '/page/..%2f..%2fpackage.json', 404, 'not_found'],
  ])('%s %s answers %i in JSON', async (method, path, status, code) => {
    const response = await fetch(served.url + path, { method });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
    if (status === 405) expect(response.headers.get('allow')).toBe('POST');
  });

  it('what is no HTTP gets an answer too', async () => {
    expect(await raw('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"bad_request"/);
    const huge = `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`;
    expect(await raw(huge)).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/);
  });

  it('health, summary, openapi and docs say what is served', async () => {
    const get = async (path: string) => (await fetch(served.url + path)).json();
    expect(await get('/health/live')).toEqual({ status: 'live' });
    expect(await get('/health/ready')).toEqual({ status: 'ready' });
    expect(await get('/')).toMatchObject({
      name: 'chaos',
      modelType: 'binary',
      classes: [
        { name: 'no', code: 0 },
        { name: 'yes', code: 1 },
      ],
      prefix: '/api/v1',
      tokenRequired: false,
    });
    const openapi = (await get('/openapi.json')) as { openapi: string; paths: object; components: { schemas: object } };
    expect(openapi.openapi).toBe('3.1.0');
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(['/predict', '/api/v1/predict', '/feedback', '/api/v1/feedback']),
    );
    expect(openapi.paths).toMatchObject({
      '/api/v1/preview': { post: {} },
      '/api/v1/monitoring': { get: { parameters: [{ name: 'window', schema: { enum: ['hour', 'day', 'all'] } }] } },
      '/api/v1/monitoring/stream': { get: {} },
      '/metrics': { get: {} },
    });
    expect(openapi.components.schemas).toMatchObject({ PredictRequest: { required: ['data'] } });
    const docs = await fetch(`${served.url}/docs`);
    expect(docs.headers.get('content-type')).toMatch(/^text\/html/);
    expect(docs.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(await docs.text()).toContain('POST /api/v1/predict');
  });

  it('feedback is scored, by labels and by the id of a prediction', async () => {
    const body = JSON.stringify({ predicted_label: [1, 0], true_label: [1, 1] });
    const scored = await post('/api/v1/feedback', body, 'application/json');
    expect(scored.status).toBe(200);
    expect(await scored.json()).toMatchObject({ received: 2, batch: { accuracy: 0.5 } });
    const id = (await post('/predict', '{"data":"ok"}', 'application/json')).headers.get('x-request-id');
    const byId = await post('/feedback', JSON.stringify({ id, true_label: 1 }), 'application/json');
    expect([byId.status, await byId.json()]).toMatchObject([200, { received: 1, batch: { accuracy: 1 } }]);
    const unequal = await post('/feedback', '{"predicted_label":[1],"true_label":[]}', 'application/json');
    expect([unequal.status, await unequal.json()]).toMatchObject([422, { detail: [{ loc: expect.any(Array) }] }]);
    const broken = await post('/feedback', '{', 'application/json');
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'not_json' }]);
  });
});
