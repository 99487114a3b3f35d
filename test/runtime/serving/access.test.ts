import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBinding, isLoopback } from '../../../runtime/serving/access.js';
import { fixture, type Served, serveFixture } from '../../support/serve.js';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** With headers that `fetch` would set itself. */
function send(served: Served, method: string, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(served.url + path, { method, headers }, (res) => {
      res.resume();
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers }));
    });
    req.on('error', reject);
    req.end(method === 'POST' ? '{"data":"ok"}' : undefined);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('with a token', () => {
  const token = 'abc def-123';
  let served: Served;
  beforeAll(async () => {
    served = await serveFixture(fixture('chaos'), { token });
  });
  afterAll(() => served.close());

  it('takes the raw token only', async () => {
    const status = async (authorization?: string) =>
      (
        await send(served, 'POST', '/predict', {
          ...JSON_TYPE,
          ...(authorization === undefined ? {} : { authorization }),
        })
      ).status;
    expect(await status(token)).toBe(200);
    for (const wrong of [undefined, '', 'abc', `Bearer ${token}`, `${token}x`, token.toUpperCase()]) {
      expect([wrong, await status(wrong)]).toEqual([wrong, 401]);
    }
  });

  it.each(['/', '/docs', '/openapi.json', '/health/live', '/health/ready'])('leaves %s open', async (path) => {
    expect((await send(served, 'GET', path, {})).status).toBe(200);
  });

  it.each([
    ['POST', '/api/v1/predict'],
    ['POST', '/feedback'],
    ['POST', '/api/v1/feedback'],
    ['GET', '/api/v1/monitoring'],
    ['GET', '/metrics'],
    ['GET', '/v2/models/chaos'],
    ['GET', '/anything'],
  ])('protects %s %s', async (method, path) => {
    expect((await send(served, method, path, JSON_TYPE)).status).toBe(401);
  });

  it('takes requests under any name, as behind a gateway', async () => {
    const headers = {
      ...JSON_TYPE,
      host: 'models.example.com',
      origin: 'https://elsewhere.example',
      authorization: token,
    };
    expect((await send(served, 'POST', '/predict', headers)).status).toBe(200);
  });
});

describe('without a token, on loopback', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveFixture(fixture('chaos'), { cors: ['https://friend.example'] });
  });
  afterAll(() => served.close());

  it.each(['localhost', '127.0.0.1', '[::1]', 'localhost:8080', 'app.localhost:99'])('takes Host: %s', async (host) => {
    expect((await send(served, 'POST', '/predict', { ...JSON_TYPE, host })).status).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '192.168.1.7:8080'])(
    'refuses Host: "%s" (DNS rebinding)',
    async (host) => {
      expect((await send(served, 'GET', '/', { host })).status).toBe(403);
      expect((await send(served, 'POST', '/predict', { ...JSON_TYPE, host })).status).toBe(403);
    },
  );

  it('refuses what another page sends, and takes its own', async () => {
    const status = async (origin: string) =>
      (await send(served, 'POST', '/predict', { ...JSON_TYPE, host: 'localhost:8080', origin })).status;
    expect(await status('http://localhost:8080')).toBe(200);
    for (const origin of ['https://evil.example', 'null', 'http://localhost:9090', 'http://localhost']) {
      expect([origin, await status(origin)]).toEqual([origin, 403]);
    }
  });

  it('shares with a configured origin only', async () => {
    const preflight = (origin: string) =>
      send(served, 'OPTIONS', '/predict', { origin, 'access-control-request-method': 'POST' });
    const friend = await preflight('https://friend.example');
    expect(friend.status).toBe(204);
    expect(friend.headers).toMatchObject({ 'access-control-allow-origin': 'https://friend.example', vary: 'Origin' });
    expect((await preflight('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
    const posted = await send(served, 'POST', '/predict', { ...JSON_TYPE, origin: 'https://friend.example' });
    expect([posted.status, posted.headers['access-control-allow-origin']]).toEqual([200, 'https://friend.example']);
  });
});

describe('the address', () => {
  const access = (host: string, token?: string, noAuth = false) => ({ host, token, noAuth, cors: [] });

  it('must be loopback, or have a token, or be opened in words', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
      expect(isLoopback(host)).toBe(true);
      expect(() => checkBinding(access(host))).not.toThrow();
    }
    for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.com', '::ffff:127.0.0.1']) {
      expect(() => checkBinding(access(host))).toThrow(/refusing to listen on .* without a token/);
      expect(() => checkBinding(access(host, 'token'))).not.toThrow();
      expect(() => checkBinding(access(host, undefined, true))).not.toThrow();
    }
  });

  it('that is busy is named, with what to do', async () => {
    const served = await serveFixture(fixture('chaos'));
    try {
      const port = Number(new URL(served.url).port);
      await expect(serveFixture(fixture('chaos'), { port })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(`port ${port}`),
        remedy: expect.stringContaining('--port'),
      });
    } finally {
      await served.close();
    }
  });

  it('without a token beyond loopback is refused before anything starts', async () => {
    await expect(serveFixture(fixture('chaos'), { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'usage' });
  });
});
