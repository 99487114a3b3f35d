import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Finding } from '../../errors.js';

/** File names that hold keys or settings, or data of a running server: never part of an upload. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^\.env(\..+)?$/i, 'settings and secrets'],
  [/^\.(npmrc|yarnrc|yarnrc\.yml|netrc|pypirc|git-credentials|dockercfg)$/i, 'credentials'],
  [/\.(pem|key|p12|pfx|jks|keystore|ppk|kdbx|asc|gpg)$/i, 'a key'],
  [/^id_(rsa|dsa|ecdsa|ed25519)(\.pub)?$/i, 'a key'],
  [/^(credentials|secrets?|service[-_]?account.*|client_secret.*)\.(json|ya?ml|toml|ini)$/i, 'credentials'],
  [/\.(db|sqlite3?)(-(wal|shm|journal))?$/i, 'a database (feedback data?)'],
];

const KEY = 'a private key';
/** Forms that issuers of tokens publish for scanners, and the plain ones people write. */
const CONTENTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/, KEY],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b/, 'a GitHub token'],
  [/\bglpat-[A-Za-z0-9_-]{20,}\b/, 'a GitLab token'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'an npm token'],
  [/\bhf_[A-Za-z0-9]{30,}\b/, 'a Hugging Face token'],
  [/\bxox[abprs]-[A-Za-z0-9-]{20,}\b/, 'a Slack token'],
  [/\bAIza[0-9A-Za-z_-]{35}\b/, 'a Google API key'],
  [/\b[rs]k_live_[A-Za-z0-9]{20,}\b/, 'a Stripe key'],
  [/\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}/, 'a JSON web token'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"`$<{]+:[^\s/@'"`$<{]{3,}@[^\s'"`]+/i, 'a URL with a password'],
  [
    /(?:password|passwd|secret|api[-_]?key|access[-_]?key|auth[-_]?token|token)["']?\s*[:=]\s*["'`](?=[^"'`]*\d)(?=[^"'`]*[A-Za-z])[^"'`\s${}]{16,}["'`]/i,
    'a secret',
  ],
];

/** On the same line, this says that a person has looked: `// not-a-secret`. */
const MARKER = 'not-a-secret';
const TEXT = /\.(?:[cm]?[jt]sx?|json|md|txt|ya?ml|toml|ini|cfg|conf|csv|html|xml|sh|py)$|^[^.]+$/i;
const LARGEST_TEXT = 4 * 1024 * 1024;

/** What looks like a secret among `paths` (relative to `folder`). Every finding is an error: the package is refused. */
export function findSecrets(folder: string, paths: readonly string[]): Finding[] {
  return paths.flatMap((path) => byName(path) ?? byContent(folder, path));
}

function byName(path: string): Finding[] | undefined {
  const hit = NAMES.find(([form]) => form.test(basename(path)));
  if (hit === undefined) return undefined;
  return [
    {
      severity: 'error',
      rule: 'package/secret-file',
      message: `${path} looks like ${hit[1]}: it must not leave this computer`,
      remedy: 'move it out of the folders that are packaged, or let git ignore it',
      file: path,
    },
  ];
}

function byContent(folder: string, path: string): Finding[] {
  const file = join(folder, path);
  if (!TEXT.test(basename(path)) || isLockfile(path) || statSync(file).size > LARGEST_TEXT) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const hit = line.includes(MARKER) ? undefined : CONTENTS.find(([form]) => form.test(line));
      if (hit === undefined) return [];
      return [
        {
          severity: 'error' as const,
          rule: 'package/secret-content',
          message: `this line holds what looks like ${hit[1]}`,
          remedy: `${hit[1] === KEY ? 'keep it out of the package' : 'read it from an environment variable'}; when it is none, write "${MARKER}" in a comment on the same line`,
          file: path,
          line: index + 1,
        },
      ];
    });
}

function isLockfile(path: string): boolean {
  return path === 'package-lock.json' || path === 'npm-shrinkwrap.json';
}
