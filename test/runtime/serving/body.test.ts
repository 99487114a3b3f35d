import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { toProblem } from '../../../runtime/errors.js';
import { bodyReader } from '../../../runtime/serving/body.js';
import { sizeOf } from '../../../runtime/workers/frames.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that reads bodies, and answers `{content, length}` once `release` is called. */
async function reading(maxBody: number, maxHeld: number) {
  const read = bodyReader(maxBody, maxHeld);
  const waiting: (() => void)[] = [];
  let held = false;
  const app = express();
  app.post('/', async (req, res) => {
    try {
      const { content, body } = await read(req, res);
      if (held) await new Promise<void>((resolve) => waiting.push(resolve));
      res.json({ content, length: sizeOf(body) });
    } catch (thrown) {
      res.status(400).json({ code: toProblem(thrown).code });
    }
  });
  server = createServer(app).listen(0);
  const { port } = server.address() as AddressInfo;
  const post = (type: string, body: string) =>
    fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers: { 'content-type': type }, body }).then((r) =>
      r.json(),
    );
  return {
    port,
    post,
    hold: () => {
      held = true;
    },
    waiting,
    release: () => {
      held = false;
      for (const go of waiting.splice(0)) go();
    },
  };
}

const form = (bytes: number) =>
  `--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n${'x'.repeat(bytes)}\r\n--b--\r\n`;
const POLL = { timeout: 10_000 };
const FORM = 'multipart/form-data; boundary=b';

describe('bodyReader', () => {
  it('counts the bodies in flight together, and lets go of them with the answer', async () => {
    const { post, hold, release, waiting } = await reading(10_000, 15_000);
    hold();
    const first = post('image/png', 'x'.repeat(9000));
    await expect.poll(() => waiting.length, POLL).toBe(1);
    expect(await post('image/png', 'x'.repeat(9000))).toEqual({ code: 'queue_full' });
    expect(await post(FORM, form(9000))).toEqual({ code: 'queue_full' });
    release();
    expect(await first).toEqual({ content: 'bytes', length: 9000 });
    expect(await post(FORM, form(9000))).toEqual({ content: 'bytes', length: 9000 });
    for (let i = 0; i < 5; i++)
      expect(await post('application/json', 'x'.repeat(9000))).toEqual({ content: 'json', length: 9000 });
  });

  it('counts a body that is still arriving, and forgets it when its caller goes', async () => {
    const { post, port } = await reading(10_000, 15_000);
    const slow = request({ port, method: 'POST', headers: { 'content-type': 'image/png', 'content-length': 10_000 } });
    slow.on('error', () => {}); // it is cut off on purpose
    slow.write('x'.repeat(9000));
    await expect.poll(() => post('image/png', 'x'.repeat(9000)), POLL).toEqual({ code: 'queue_full' });
    slow.destroy();
    await expect.poll(() => post('image/png', 'x'.repeat(9000)), POLL).toEqual({ content: 'bytes', length: 9000 });
  });

  it('takes a body of exactly the limit, and none above', async () => {
    const { post } = await reading(10_000, 1_000_000);
    for (const [type, wrap] of [
      ['image/png', (n: number) => 'x'.repeat(n)],
      [FORM, form],
    ] as const) {
      expect(await post(type, wrap(10_000))).toEqual({ content: 'bytes', length: 10_000 });
      expect(await post(type, wrap(10_001))).toEqual({ code: 'too_large' });
      expect(await post(type, wrap(200_000))).toEqual({ code: 'too_large' });
    }
  });
});
