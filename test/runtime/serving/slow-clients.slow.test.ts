import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type Served, serveFixture } from '../../support/serve.js';

let served: Served;
beforeAll(async () => {
  served = await serveFixture(fixture('chaos'));
});
afterAll(() => served.close());

/** Sends `start`, then one byte of `rest` a second for ever; gives the answer and after how many seconds it came. */
function trickle(start: string, rest: string): Promise<{ text: string; seconds: number }> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve) => {
    const began = performance.now();
    let text = '';
    let sent = 0;
    const socket = connect(Number(port), hostname, () => socket.write(start));
    const timer = setInterval(() => socket.write(rest[sent++ % rest.length] as string), 1000);
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => {}); // written to after the server closed
    socket.on('close', () => {
      clearInterval(timer);
      resolve({ text, seconds: (performance.now() - began) / 1000 });
    });
  });
}

describe('a caller that trickles', () => {
  it('its headers, is cut off after ten seconds', async () => {
    const { text, seconds } = await trickle('GET / HTTP/1.1\r\nHost: localhost\r\nx-slow: ', 'a');
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/);
    expect(seconds).toBeLessThan(20);
  });

  it('its body, is cut off after a minute, and meanwhile others are served', async () => {
    const head = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n';
    const slow = Array.from({ length: 50 }, () => trickle(head, 'a'));
    expect((await served.predict('ok')).status).toBe(200);
    for (const { text, seconds } of await Promise.all(slow)) {
      expect(text).toMatch(/^HTTP\/1\.1 408 /);
      expect(seconds).toBeLessThan(80);
    }
  });
});
