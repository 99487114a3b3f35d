import { extname, isAbsolute, relative } from 'node:path';
import process from 'node:process';
import type { Store } from '../feedback/store.js';
import type { KatonicPackage } from '../launch/package.js';
import { limitsInWords } from '../serving/limits.js';
import type { Settings } from '../settings.js';
import type { LaunchInfo } from '../workers/messages.js';

export interface BannerFacts {
  readonly pkg: KatonicPackage;
  readonly settings: Settings;
  readonly info: LaunchInfo;
  readonly store: Pick<Store, 'where' | 'problem'>;
  /** Where the server listens, without a path. */
  readonly url: string;
}

const MAX_LABELS = 12;

/** What a person wants to know when the server has started; the last line works as pasted. */
export function banner({ pkg, settings, info, store, url }: BannerFacts): string {
  const rows: [string, string][] = [
    ['package', `${pkg.name} ${pkg.version}${pkg.description === '' ? '' : ` (${pkg.description})`}`],
    ['model type', pkg.modelType],
    ...(pkg.labels.classes.length === 0 ? [] : [['labels', labelsText(pkg)] as [string, string]]),
    ...info.engines.map(({ engine, why }): [string, string] => ['engine', why === '' ? engine : `${engine}: ${why}`]),
    ['warm-up', warmUpText(info)],
    [
      'limits',
      Object.entries(limitsInWords(settings))
        .map(([name, limit]) => `${name} ${limit}`)
        .join(', '),
    ],
    ['kept in', store.problem === undefined ? store.where : `${store.where}: NOT KEPT, ${store.problem.message}`],
    ['token', tokenText(settings)],
    ['open', `${url}/`],
    ['predict', `POST ${url}${settings.prefix}/predict`],
    ['feedback', `POST ${url}${settings.prefix}/feedback`],
    ['docs', `${url}/docs`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
  return `\n${lines.join('\n')}\n\n  Try it:\n  ${curlLine({ pkg, settings, url })}\n`;
}

function labelsText({ labels: { classes } }: KatonicPackage): string {
  const shown = classes
    .slice(0, MAX_LABELS)
    .map(({ name, code }) => (name === String(code) ? name : `${name} = ${code}`));
  return shown.join(', ') + (classes.length > shown.length ? ` and ${classes.length - shown.length} more` : '');
}

function warmUpText({ warmUp, loadMs }: LaunchInfo): string {
  const loaded = `loaded in ${Math.round(loadMs)} ms`;
  return warmUp.done
    ? `${loaded}, first prediction (${warmUp.detail}) in ${Math.round(warmUp.ms ?? 0)} ms`
    : `${loaded}; no first prediction, ${warmUp.detail}`;
}

function tokenText({ token, noAuth }: Settings): string {
  if (token !== undefined) return 'needed, as the whole value of the Authorization header';
  return noAuth ? 'none, by --no-auth: whoever reaches the address may use it' : 'none: only this machine can reach it';
}

/** Shows how the package is called: with one of its sample pictures, or with a picture in the line itself. */
export function curlLine({ pkg, settings, url }: Pick<BannerFacts, 'pkg' | 'settings' | 'url'>): string {
  const [sample] = pkg.samples;
  const endpoint = quote(`${url}${settings.prefix}/predict`);
  const auth = settings.token === undefined ? '' : ` -H ${authorization(settings.token)}`;
  if (sample === undefined) {
    return `curl ${endpoint}${auth} -H "content-type: application/json" -d "{\\"data\\": \\"${GREY_PNG}\\"}"`;
  }
  const near = relative(process.cwd(), sample);
  const path = near.startsWith('..') || isAbsolute(near) ? sample : near;
  return `curl ${endpoint}${auth} -H "content-type: ${MEDIA_TYPES[extname(sample).toLowerCase()] ?? 'image/png'}" --data-binary ${quote(`@${path}`)}`;
}

/** The token itself for the person at the terminal, who gave it; not for a file that somebody else reads. */
function authorization(token: string): string {
  return process.stdout.isTTY ? quote(`Authorization: ${token}`) : '"Authorization: $KATONIC_TOKEN"';
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.bmp': 'image/bmp',
};

/** 8 x 8 grey pixels. */
const GREY_PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAMAAADz0U65AAAAA1BMVEWAgICQdD0xAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQI12NgoA4AAABIAAH/myMhAAAAAElFTkSuQmCC';

/** For a POSIX shell; double quotes also do on Windows. */
function quote(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return process.platform === 'win32' ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
