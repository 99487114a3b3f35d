import { lookup as systemLookup } from 'node:dns';
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { KatonicError } from '../errors.js';
import type { ImageLimits } from './limits.js';
import { bytesInWords, refuse } from './refusals.js';

const MAX_REDIRECTS = 3;
/** Azure's own service for its machines (metadata, certificates) stands at a public address. */
const FILTER = { denyIPAddressList: ['168.63.129.16'] };

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** How names are resolved. Default: as the system does. */
  readonly lookup?: LookupFunction;
}

/**
 * The bytes behind a URL that a stranger gave. Every address that its name resolves to must be public, and the
 * connection is made to an address that was checked, so a name that changes its answer gains nothing; each redirect is
 * checked again. What the server says about type and length is not believed. No proxy is used.
 *
 * @throws {KatonicError} `fetch_failed`, `where.field` `['body', 'data']`.
 */
export async function fetchBytes(text: string, limits: ImageLimits, options: FetchOptions = {}): Promise<Buffer> {
  options.signal?.throwIfAborted();
  // Not AbortSignal.any: under Node 20 what it gives can be collected while it is waited for, and then never aborts.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const deadline = setTimeout(end, limits.fetchTimeoutMs);
  options.signal?.addEventListener('abort', end, { once: true });
  const { signal } = ending;
  try {
    let url = parsed(text);
    for (let hops = 0; ; hops++) {
      const response = await request(url, limits, signal, options.lookup);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (status >= 300 && status < 400 && location !== undefined) {
        response.destroy();
        if (hops === MAX_REDIRECTS)
          throw failed(`The URL redirects more than ${MAX_REDIRECTS} times.`, 'Give the address that it ends at.');
        url = parsed(new URL(location, url).href);
        continue;
      }
      if (status !== 200) {
        response.destroy();
        throw failed(`The URL answers ${status}${reason(response)}, a picture was expected.`, remedyFor(status));
      }
      return await body(response, limits);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof KatonicError) throw error;
    if (signal.aborted) throw tooSlow(`The URL did not give its picture within ${limits.fetchTimeoutMs / 1000} s.`);
    throw explained(error);
  } finally {
    clearTimeout(deadline);
    options.signal?.removeEventListener('abort', end);
  }
}

function parsed(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw failed('The URL cannot be understood.', 'Write it as http://host/path or https://host/path.', error);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw failed(`The URL leads to ${url.protocol}, http: or https: was expected.`, 'Give an http or https address.');
  }
  return url;
}

function request(
  url: URL,
  limits: ImageLimits,
  signal: AbortSignal,
  lookup: LookupFunction = systemLookup as LookupFunction,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const options = {
    ...(isAllowed(url, secure, limits) ? open(secure, lookup) : guarded(url, secure, lookup)),
    signal,
    timeout: limits.idleTimeoutMs,
    maxHeaderSize: 16 * 1024,
    headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'katonic-classifier' },
  };
  return new Promise((resolve, reject) => {
    let arriving: IncomingMessage | undefined;
    const sent = (secure ? httpsGet : httpGet)(url, options, (response) => {
      arriving = response;
      resolve(response);
    });
    // Whoever reads the response would not hear of an error of the request.
    sent.on('timeout', () =>
      (arriving ?? sent).destroy(tooSlow(`The URL sent nothing for ${limits.idleTimeoutMs / 1000} s.`)),
    );
    sent.on('error', reject);
  });
}

/** Whether the operator named this very host, or host and port. */
function isAllowed(url: URL, secure: boolean, limits: ImageLimits): boolean {
  const port = url.port === '' ? (secure ? '443' : '80') : url.port;
  const names = [url.hostname, bare(url), `${url.hostname}:${port}`, `${bare(url)}:${port}`];
  return names.some((name) => limits.allowHosts.includes(name));
}

/** A new agent for each request: a connection that is kept open would not be checked again. */
function open(secure: boolean, lookup: LookupFunction) {
  return { agent: secure ? new HttpsAgent() : new HttpAgent(), lookup };
}

/** The agent refuses addresses that are not public; the lookup around it those IPv6 forms that the agent lets through. */
function guarded(url: URL, secure: boolean, lookup: LookupFunction) {
  if (isStrangeIpv6(bare(url))) throw blocked();
  const agent = secure ? new RequestFilteringHttpsAgent(FILTER) : new RequestFilteringHttpAgent(FILTER);
  const checked: LookupFunction = (name, options, done) => {
    lookup(name, options, (error, address, family) => {
      const found = Array.isArray(address) ? address.map((each) => each.address) : [address];
      if (error === null && found.some(isStrangeIpv6)) done(blocked(), '', 6);
      else done(error, address, family);
    });
  };
  return { agent, lookup: checked };
}

/** Only 2000::/3 is given out for the public; `::10.0.0.1` and the like are old ways to write IPv4. */
function isStrangeIpv6(address: string): boolean {
  return isIPv6(address) && !/^[23][0-9a-f]{3}:/i.test(address);
}

/** The host without the brackets of IPv6 or a last dot. */
function bare(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

async function body(response: IncomingMessage, limits: ImageLimits): Promise<Buffer> {
  const encoding = response.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    response.destroy();
    throw failed(
      `The URL sends its picture compressed (${encoding}), which was not asked for.`,
      'Give an address that serves the file as it is.',
    );
  }
  const announced = Number(response.headers['content-length']);
  if (announced > limits.maxBytes) {
    response.destroy();
    throw tooLarge(limits);
  }
  const chunks: Buffer[] = [];
  let held = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    held += chunk.length;
    if (held > limits.maxBytes) throw tooLarge(limits);
    chunks.push(chunk);
  }
  if (held === 0) throw failed('The URL gives an empty answer, a picture was expected.', 'Check the address.');
  return Buffer.concat(chunks, held);
}

function explained(error: unknown): KatonicError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (/is not allowed\. Because/i.test(message ?? '')) {
    return blocked(error);
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA') {
    return failed(
      'The host of the URL does not resolve.',
      'Check the address, and that this server can resolve names.',
      error,
    );
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return failed('The connection to the URL was closed before the picture was whole.', 'Try again.', error);
  }
  return failed(`The URL cannot be fetched (${code ?? message}).`, 'Check the address.', error);
}

function blocked(cause?: unknown): KatonicError {
  return failed(
    'The URL leads to an address that is not on the public internet, which is refused.',
    'Send the picture itself; whoever runs this server can open one host with KATONIC_ALLOW_HOST.',
    cause,
  );
}

function reason(response: IncomingMessage): string {
  const words = (response.statusMessage ?? '').replaceAll(/[^\x20-\x7e]/g, '').slice(0, 60);
  return words === '' ? '' : ` ${words}`;
}

function remedyFor(status: number): string {
  if (status === 401 || status === 403)
    return 'It wants a login: open it in a browser that is not logged in anywhere, or send the picture itself.';
  if (status === 429 || status >= 500) return 'Try again later, or send the picture itself.';
  return 'Check the address.';
}

function tooSlow(message: string): KatonicError {
  return failed(message, 'Send the picture itself, or raise KATONIC_FETCH_TIMEOUT.');
}

function tooLarge(limits: ImageLimits): KatonicError {
  return failed(
    `The URL gives more than ${bytesInWords(limits.maxBytes)}.`,
    'Give a smaller picture, or raise KATONIC_MAX_BODY.',
  );
}

function failed(message: string, remedy: string, cause?: unknown): KatonicError {
  return refuse('fetch_failed', message, remedy, cause);
}
