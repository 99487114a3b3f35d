// npm run serve|test|test:slow|package|bench: sets up what is missing or stale, one line each, then runs the command.
// Plain Node without dependencies, since it runs before they are there.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [command = '', ...given] = process.argv.slice(2);

/** Each command: the program that Node runs, its arguments, what is added to the environment. */
const COMMANDS = {
  serve: () => cli('serve', hasPath(given) ? [] : ['examples/shapes']),
  package: () => cli('package', hasPath(given) ? [] : ['examples/shapes']),
  test: () => ({ file: join(root, 'node_modules/vitest/vitest.mjs'), args: ['run', ...given], env: {} }),
  'test:slow': () => ({
    file: join(root, 'node_modules/vitest/vitest.mjs'),
    args: ['run', ...given],
    env: { KATONIC_SLOW_TESTS: '1' },
  }),
  bench: () => ({ file: join(root, 'bench/run.js'), args: given, env: {} }),
};

/** A word that is neither a flag nor the value of one. Flags with a value are told apart by the table in settings. */
function hasPath(words) {
  return words.some((word, index) => !word.startsWith('-') && !takesValue(words[index - 1]));
}

function takesValue(word) {
  const switches = ['--watch', '--no-auth', '--production', '--json'];
  return word?.startsWith('--') === true && !word.includes('=') && !switches.includes(word);
}

function cli(name, defaults) {
  return { file: join(root, 'dist/runtime/cli/cli.js'), args: [name, ...defaults, ...given], env: {} };
}

function fail(what, remedy) {
  process.stderr.write(`error: ${what}\n  fix: ${remedy}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `expected Node 20.19 or newer; this is ${process.version}`,
    'Install a newer Node from https://nodejs.org, then run this again.',
  );
}

/** The stamp says for which package-lock.json the folder was filled; npm's own lock has no such mark. */
function install() {
  const lock = hash([join(root, 'package-lock.json')]);
  const stamp = join(root, 'node_modules/.katonic-install');
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (existsSync(hidden) && (read(stamp) === lock || (read(stamp) === undefined && sameVersions(hidden)))) return;
  const why = existsSync(hidden) ? 'package-lock.json has changed' : 'there are no dependencies yet';
  say(`Installing dependencies (npm ci), because ${why}: a minute or two.`);
  const npm = process.env.npm_execpath;
  const [program, args] = npm?.endsWith('js')
    ? [process.execPath, [npm]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  // Ignoring scripts: the one that matters, our build, comes next, with a line of its own.
  const result = spawnSync(
    program,
    [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: program.endsWith('.cmd'),
    },
  );
  if (result.status !== 0) {
    const cause = result.error?.message ?? `exit code ${result.status ?? result.signal}`;
    fail(
      `npm ci failed (${cause}); its reason stands above`,
      'Check the connection to the npm registry (npm config get registry, npm ping), or a proxy (npm config set proxy URL), then run this again. If npm says that package-lock.json does not fit package.json: npm install, then run this again.',
    );
  }
  writeFileSync(stamp, lock);
}

/** For a folder that somebody filled with npm itself: every package of the lock that npm installed has the lock's version. */
function sameVersions(hidden) {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const found = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || found[path]?.version === version || (found[path] === undefined && (optional || devOptional)),
  );
}

/** The build is stale when a source, or what compiles it, is other than at the last build. */
function build() {
  const sources = hash(
    [
      ...files('runtime'),
      ...files('generators'),
      'tsconfig.json',
      'tsconfig.build.json',
      'package-lock.json',
      'scripts/build.js',
    ].map((file) => join(root, file)),
  );
  const stamp = join(root, 'dist/.katonic-build');
  if (existsSync(join(root, 'dist/runtime/cli/cli.js')) && read(stamp) === sources) return;
  const why = existsSync(join(root, 'dist')) ? 'the sources have changed' : 'there is no build yet';
  say(`Compiling TypeScript to dist/, because ${why}: about ten seconds.`);
  // A build that was interrupted leaves it ahead of what was written.
  rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  const result = spawnSync(process.execPath, [join(root, 'scripts/build.js'), '--fast'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0)
    fail(
      'the build failed; its reason stands above',
      'Correct the sources, or get them back with git, then run this again.',
    );
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, sources);
}

function files(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join((entry.parentPath ?? entry.path).slice(root.length + 1), entry.name))
    .sort();
}

/** Names and contents; a file that is not there counts as empty. */
function hash(paths) {
  const sum = createHash('sha256');
  for (const path of paths)
    sum
      .update(`${path.slice(root.length)}\0`)
      .update(existsSync(path) && statSync(path).isFile() ? readFileSync(path) : '');
  return sum.digest('hex');
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

const plan = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
if (plan === undefined) fail(`expected one of ${Object.keys(COMMANDS).join(', ')}; "${command}" came`, 'npm run serve');
checkNode();
install();
build();

const { file, args, env } = plan();
if (!existsSync(file))
  fail(`there is no ${file.slice(root.length + 1)}`, 'Delete node_modules and dist, then run this again.');
const child = spawn(process.execPath, [file, ...args], {
  cwd: process.cwd(),
  stdio: 'inherit',
  env: { ...process.env, ...env },
});
// Ctrl-C in a terminal reaches the child as well; a signal to this process alone would not.
let told = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    told = true;
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
// npm that is killed ends its shell, not what that runs: without this the command would live on as an orphan.
const parent = process.ppid;
const orphaned = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(orphaned);
  if (!told) child.kill('SIGTERM');
}, 500);
child.on('exit', (code, signal) => {
  clearInterval(orphaned);
  process.exitCode =
    code ?? (signal === null ? 1 : 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
});
