import { createServer, type Server, STATUS_CODES } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import process from 'node:process';
import type { Express } from 'express';
import { type ErrorCode, KatonicError } from '../errors.js';
import { hostName } from './access.js';
import { STATUS } from './status.js';

/** A caller that trickles its header or body holds a socket for this long at the most. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the idle time of usual gateways, so that they, not we, close a connection that is in use. */
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 2000;

/** Starts to listen; `port` 0 takes any free one. Throws KatonicError `usage` where that cannot be. */
export async function listen(app: Express, host: string, port: number): Promise<{ server: Server; url: string }> {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 2000 },
    app,
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseRaw(error, socket as Socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return { server, url: `http://${hostName(host)}:${actual}` };
}

/** Takes an address and leaves it again, before anything costly begins. Throws KatonicError `usage` where it cannot be taken. */
export async function checkFree(host: string, port: number): Promise<void> {
  const probe = createSocketServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

/** What cannot even be parsed as HTTP is answered in the same form as everything else. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, message] = rawProblem(error.code);
  const status = STATUS[code];
  const body = JSON.stringify({ detail: message, code, id: '' });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function rawProblem(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers_too_large', 'expected at most 16 KiB of request headers'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const [headers, whole] = [HEADERS_TIMEOUT_MS / 1000, REQUEST_TIMEOUT_MS / 1000];
    return ['request_timeout', `expected the headers within ${headers} s and the whole request within ${whole} s`];
  }
  return ['bad_request', 'expected an HTTP/1.1 request; what came cannot be read'];
}

/** As it has to be typed: npm keeps the flags before `--` to itself. */
function portFlag(port: number): string {
  const script = process.env.npm_lifecycle_event;
  return script === undefined ? `--port ${port}` : `npm run ${script} -- --port ${port}`;
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): KatonicError {
  const reasons: Readonly<Record<string, [string, string]>> = {
    EADDRINUSE: [
      `port ${port} on ${host} is in use by another program`,
      `Stop that program, or choose another port: ${portFlag(port + 1)} (PORT); --port 0 takes a free one.`,
    ],
    EACCES: [`this user may not listen on port ${port}`, 'Choose a port above 1023: --port 8080 (PORT).'],
    EADDRNOTAVAIL: [
      `${host} is no address of this machine`,
      'Use --host 127.0.0.1, or 0.0.0.0 for every address (HOST).',
    ],
    ENOTFOUND: [`the host name ${host} does not resolve`, 'Use --host 127.0.0.1, or 0.0.0.0 for every address (HOST).'],
  };
  const [message, remedy] = reasons[error.code ?? ''] ?? [`cannot listen on ${host}:${port}: ${error.message}`, ''];
  return new KatonicError({ code: 'usage', message, ...(remedy === '' ? {} : { remedy }) }, { cause: error });
}
