import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';

/** How one kind of value is read from the text of a flag or an environment variable. */
export interface ValueKind<T> {
  /** The value, or undefined when `text` is not one. */
  readonly parse: (text: string) => T | undefined;
  /** What a right value looks like, to complete "expected ...". */
  readonly expected: string;
}

export const flag: ValueKind<boolean> = {
  parse: (text) => (/^(1|true|yes|on)$/i.test(text) ? true : /^(0|false|no|off)$/i.test(text) ? false : undefined),
  expected: '1 or 0',
};

export function whole(least: number, most: number, note = ''): ValueKind<number> {
  return {
    parse: (text) => (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined),
    expected: `a whole number from ${least} to ${most}${note}`,
  };
}

/** In bytes: `20mb`, `512k`, or a plain number. */
export const size: ValueKind<number> = {
  parse: (text) => {
    const match = /^(\d+)\s*([kmg]?)i?b?$/i.exec(text);
    if (match === null) return undefined;
    const bytes = Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] as string).toLowerCase());
    return bytes >= 1 && bytes <= 2 ** 31 ? bytes : undefined;
  },
  expected: 'a size such as 20mb, or a number of bytes',
};

/** In milliseconds: `30s`, `500ms`, `2m`; a plain number is seconds. */
export const duration: ValueKind<number> = {
  parse: (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m)?$/.exec(text);
    if (match === null) return undefined;
    const ms = Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[(match[2] ?? 's') as 'ms' | 's' | 'm'];
    return ms >= 1 && ms <= 24 * 3_600_000 ? ms : undefined;
  },
  expected: 'a time such as 30s or 500ms (a plain number is seconds)',
};

/** Without its last slash; `/` is the empty prefix. */
export const path: ValueKind<string> = {
  parse: (text) => (text === '/' ? '' : /^(\/[\w.~-]+)+\/?$/.test(text) ? text.replace(/\/$/, '') : undefined),
  expected: 'a path that begins with a slash, such as /api/v1',
};

export const host: ValueKind<string> = {
  parse: (text) => (isIP(text) > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) ? text : undefined),
  expected: 'an IP address or a host name',
};

export const token: ValueKind<string> = {
  parse: (text) => (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(text) ? text : undefined),
  expected: 'printable ASCII text without spaces around it, since it travels in a header',
};

export const hosts: ValueKind<readonly string[]> = {
  parse: (text) => {
    const items = split(text);
    return items.every((item) => /^[\w.:[\]-]+$/.test(item)) ? items : undefined;
  },
  expected: 'host names or addresses (with :port where needed), separated by commas',
};

export const origins: ValueKind<readonly string[]> = {
  parse: (text) => {
    const items = split(text);
    return items.every((item) => item === '*' || (URL.canParse(item) && new URL(item).origin === item))
      ? items
      : undefined;
  },
  expected: 'origins such as https://app.example.com (no path), separated by commas, or *',
};

export const folder: ValueKind<string> = { parse: (text) => text, expected: 'a folder' };

export const postgresUrl: ValueKind<string> = {
  parse: (text) => (/^postgres(ql)?:\/\/./.test(text) ? text : undefined),
  expected: 'a URL that begins with postgres://',
};

export function oneOf<T extends string>(...values: readonly T[]): ValueKind<T> {
  return { parse: (text) => values.find((value) => value === text), expected: `one of ${values.join(', ')}` };
}

/** A number, or `auto`: one a core, four at the most, since each holds its own model. */
export const workers: ValueKind<number> = {
  parse: (text) => (text === 'auto' ? autoWorkers() : whole(1, 256).parse(text)),
  expected: 'auto, or a whole number from 1 to 256',
};

export function autoWorkers(): number {
  return Math.min(availableParallelism(), 4);
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
