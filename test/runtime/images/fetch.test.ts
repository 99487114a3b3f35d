import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KatonicError } from '../../../runtime/errors.js';
import { fetchBytes } from '../../../runtime/images/fetch.js';
import { readImage } from '../../../runtime/images/images.js';
import { type ImageLimits, imageLimits } from '../../../runtime/images/limits.js';

const picture = readFileSync(join(import.meta.dirname, '../../reference/images/pictures/palette.png'));
const limits = (change: Partial<ImageLimits> = {}): ImageLimits => ({ ...imageLimits({}), ...change });

let server: Server;
let port: number;
let requests = 0;
const routes: Record<string, RequestListener> = {
  '/picture': (_, response) => response.end(picture),
  '/missing': (_, response) => response.writeHead(404, 'Not Found').end(),
  '/gone': (_, response) => response.writeHead(410).end(),
  '/login': (_, response) => response.writeHead(401).end(),
  '/forbidden': (_, response) => response.writeHead(403).end(),
  '/busy': (_, response) => response.writeHead(503).end(),
  '/empty': (_, response) => response.end(),
  '/page': (_, response) => response.setHeader('content-type', 'image/png').end('<!doctype html><p>no picture'),
  '/lie': (_, response) => response.writeHead(200, { 'content-length': '999999999' }).end('x'),
  '/endless': (_, response) => void endless(response),
  '/silent': () => undefined,
  '/stalls': (_, response) => void response.write('half'),
  '/slow': (_, response) => void slow(response),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('half');
    setTimeout(() => response.destroy(), 20);
  },
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(10_000_000))),
  '/once': (_, response) => response.writeHead(302, { location: '/picture' }).end(),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/to-private': (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
  '/to-metadata': (_, response) => response.writeHead(307, { location: 'http://169.254.169.254/latest/' }).end(),
  '/to-other-port': (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port + 1}/` }).end(),
  '/to-name': (_, response) => response.writeHead(302, { location: `http://localhost:${port}/picture` }).end(),
  '/to-file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
};

async function endless(response: Parameters<RequestListener>[1]) {
  const block = Buffer.alloc(64 * 1024);
  while (!response.destroyed) {
    if (!response.write(block)) await new Promise((done) => setTimeout(done, 5));
  }
}

async function slow(response: Parameters<RequestListener>[1]) {
  while (!response.destroyed) {
    response.write('x');
    await new Promise((done) => setTimeout(done, 30));
  }
}

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    routes[request.url ?? '']?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = () => limits({ allowHosts: [`127.0.0.1:${port}`] });
const refused = (url: string, given = open()): Promise<KatonicError> =>
  fetchBytes(url, given).then(
    () => {
      throw new Error(`${url} was fetched`);
    },
    (error: KatonicError) => error,
  );

describe('addresses that are not public', () => {
  // Every form that a URL parser turns into an address, and every range that is no one's on the public internet.
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.255.255.254/',
    'http://127.0.0.1./',
    'http://１２７.０.０.１/',
    'http://localhost/',
    'http://0/',
    'http://0.0.0.0/',
    'http://0.1.2.3/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://192.0.0.1/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://198.51.100.1/',
    'http://203.0.113.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/',
    'http://168.63.129.16/metadata',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://224.0.0.1/',
    'http://239.255.255.250/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[::]/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::127.0.0.1]/',
    'http://[::a00:1]/',
    'http://[4000::1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b:1::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[2001::1]/',
    'http://[2001:db8::1]/',
    'http://[100::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'https://127.0.0.1/',
    'https://[::1]/',
  ])('%s is refused', async (url) => {
    const before = requests;
    const error = await refused(url, limits());
    expect(error).toMatchObject({ code: 'fetch_failed', where: { field: ['body', 'data'] } });
    expect(error.message).toMatch(/not on the public internet/);
    expect(error.message).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    expect(requests).toBe(before);
  });

  it.each(['file:///etc/passwd', 'ftp://example.org/a.png', 'gopher://127.0.0.1/', 'javascript:alert(1)'])(
    '%s is no scheme for pictures',
    async (url) => {
      await expect(readImage(url, { width: 8, height: 8 })).rejects.toMatchObject({ code: 'invalid_input' });
    },
  );

  it('refuses a redirect to one, at the hop', async () => {
    for (const path of ['/to-private', '/to-metadata', '/to-other-port', '/to-name']) {
      expect((await refused(`http://127.0.0.1:${port}${path}`)).message).toMatch(/not on the public internet/);
    }
    expect((await refused(`http://127.0.0.1:${port}/to-file`)).message).toMatch(/leads to file:/);
  });

  it('checks the name again when its DNS server changes the answer (rebinding)', async () => {
    const dns = await nameServer(['93.184.216.34', '127.0.0.1']);
    try {
      const first = await new Promise<string>((resolve) =>
        dns.lookup('a.test', {}, (_, address) => resolve(String(address))),
      );
      expect(first).toBe('93.184.216.34');
      const before = requests;
      const error = await fetchBytes(`http://a.test:${port}/picture`, limits(), { lookup: dns.lookup }).catch((e) => e);
      expect(error.message).toMatch(/not on the public internet/);
      expect(dns.asked()).toBe(2);
      expect(requests).toBe(before);
    } finally {
      dns.close();
    }
  });

  it.each(['::ffff:127.0.0.1', '::10.0.0.1', '64:ff9b::7f00:1', 'fd00::1'])(
    'refuses a name that resolves to %s',
    async (address) => {
      const lookup: LookupFunction = (_, options, done) => {
        if (options.all) done(null, [{ address, family: 6 }]);
        else done(null, address, 6);
      };
      await expect(fetchBytes('http://a.test/', limits(), { lookup })).rejects.toThrow(/not on the public internet/);
    },
  );

  it('refuses a name when one of its addresses is not public', async () => {
    const lookup: LookupFunction = (_, options, done) => {
      const all = [
        { address: '93.184.216.34', family: 4 },
        { address: '10.1.2.3', family: 4 },
      ];
      if (options.all) done(null, all);
      else done(null, '10.1.2.3', 4);
    };
    await expect(fetchBytes('http://a.test/', limits(), { lookup })).rejects.toThrow(/not on the public internet/);
  });
});

describe('allowed hosts', () => {
  it('opens exactly the host and port that are named', async () => {
    expect(await fetchBytes(`http://127.0.0.1:${port}/picture`, open())).toEqual(picture);
    await expect(fetchBytes(`http://localhost:${port}/picture`, open())).rejects.toThrow(/public internet/);
    const other = limits({ allowHosts: [`127.0.0.1:${port + 1}`] });
    await expect(fetchBytes(`http://127.0.0.1:${port}/picture`, other)).rejects.toThrow(/public internet/);
  });

  it('opens every port of a host named without one, and sees through other spellings of it', async () => {
    const host = limits({ allowHosts: ['127.0.0.1'] });
    expect(await fetchBytes(`http://127.0.0.1:${port}/picture`, host)).toEqual(picture);
    expect(await fetchBytes(`http://2130706433:${port}/picture`, host)).toEqual(picture);
    expect(await fetchBytes(`http://127.0.0.1:${port}/once`, host)).toEqual(picture);
  });

  it('reads them from the environment', () => {
    expect(imageLimits({ KATONIC_ALLOW_HOST: ' Minio:9000, , localhost ' }).allowHosts).toEqual([
      'minio:9000',
      'localhost',
    ]);
    expect(
      imageLimits({ KATONIC_MAX_PIXELS: '100', KATONIC_MAX_BODY: '1mb', KATONIC_FETCH_TIMEOUT: '2' }),
    ).toMatchObject({
      maxPixels: 100,
      maxBytes: 1024 * 1024,
      fetchTimeoutMs: 2000,
    });
  });
});

describe('servers that do not behave', () => {
  it.each([
    ['/missing', /answers 404 Not Found/],
    ['/empty', /empty answer/],
    ['/loop', /redirects more than 3 times/],
    ['/lie', /more than 21.0 MB/],
    ['/endless', /more than 21.0 MB/],
    ['/gzip', /compressed \(gzip\)/],
    ['/cut', /closed before the picture was whole/],
  ])('%s', async (path, message) => {
    expect((await refused(`http://127.0.0.1:${port}${path}`)).message).toMatch(message);
  });

  it.each([
    ['/missing', /^Check the address\.$/],
    ['/gone', /^Check the address\.$/],
    ['/login', /not logged in anywhere/],
    ['/forbidden', /not logged in anywhere/],
    ['/busy', /^Try again later/],
  ])('says what to do about %s', async (path, remedy) => {
    expect((await refused(`http://127.0.0.1:${port}${path}`)).remedy).toMatch(remedy);
  });

  it('gives up on one that says nothing, and on one that only drips', async () => {
    const impatient = { ...open(), idleTimeoutMs: 100, fetchTimeoutMs: 300 };
    expect((await refused(`http://127.0.0.1:${port}/silent`, impatient)).message).toMatch(/sent nothing for 0.1 s/);
    expect((await refused(`http://127.0.0.1:${port}/stalls`, impatient)).message).toMatch(/sent nothing for 0.1 s/);
    expect((await refused(`http://127.0.0.1:${port}/slow`, impatient)).message).toMatch(/within 0.3 s/);
  });

  it('does not believe the content type', async () => {
    const read = readImage(`http://127.0.0.1:${port}/page`, { width: 8, height: 8 }, { limits: open() });
    await expect(read).rejects.toMatchObject({ code: 'not_an_image', message: expect.stringMatching(/web page came/) });
  });

  it('says what a name that is nowhere, a closed port and a wrong URL are', async () => {
    const lookup: LookupFunction = (name, _, done) =>
      done(Object.assign(new Error(name), { code: 'ENOTFOUND' }), '', 4);
    await expect(fetchBytes('http://nowhere.test/', limits(), { lookup })).rejects.toThrow(/does not resolve/);
    const closed = limits({ allowHosts: ['127.0.0.1'] });
    expect((await refused('http://127.0.0.1:1/', closed)).message).toMatch(/ECONNREFUSED/);
    expect((await refused('http://')).message).toMatch(/cannot be understood/);
  });

  it('stops when the client is gone', async () => {
    const gone = new AbortController();
    const reading = fetchBytes(`http://127.0.0.1:${port}/silent`, open(), { signal: gone.signal });
    setTimeout(() => gone.abort(new Error('client gone')), 20);
    await expect(reading).rejects.toThrow('client gone');
  });
});

/** A DNS server on the loopback that gives each answer in turn, with no time to live. */
async function nameServer(answers: readonly string[]) {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (query, from) => {
    const type = query.readUInt16BE(query.length - 4);
    const address = answers[Math.min(asked, answers.length - 1)] as string;
    const question = query.subarray(12);
    const head = Buffer.from([
      query[0] as number,
      query[1] as number,
      0x81,
      0x80,
      0,
      1,
      0,
      type === 1 ? 1 : 0,
      0,
      0,
      0,
      0,
    ]);
    const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
    if (type === 1) asked++;
    socket.send(Buffer.concat([head, question, ...(type === 1 ? [answer] : [])]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  const lookup: LookupFunction = (name, options, done) => {
    resolver.resolve4(name, (error, addresses = []) => {
      if (error) done(error, '', 4);
      else if (options.all)
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      else done(null, addresses[0] as string, 4);
    });
  };
  return { lookup, asked: () => asked, close: () => socket.close() };
}
