import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, statfs, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { KatonicError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { capture, run } from './install/commands.js';
import { unpackWheel } from './install/wheel.js';

export const TFJS_NODE = '4.22.0';
/** The oldest wheel on PyPI that carries a C library which tfjs-node 4.22 builds and runs against. */
const WHEEL = { name: 'tensorflow-cpu', version: '2.15.1', python: '3.11', platform: 'manylinux2014_x86_64' };
const GIGABYTE = 1e9;
const NEEDED = { unpacked: 0.9 * GIGABYTE, download: 0.25 * GIGABYTE };

export interface InstallOptions {
  /** A wheel that is here already: nothing is downloaded. */
  readonly wheel?: string;
  /** Gets one line for each step. */
  readonly say: (line: string) => void;
}

/** `katonic-classifier install-tfjs-node`. */
export function installTfjsNodeCommand(): Command {
  return new Command('install-tfjs-node')
    .description('build the native TensorFlow engine from a wheel on PyPI, where its own download is not reachable')
    .option('--wheel <file>', `a ${WHEEL.name}-${WHEEL.version} wheel that was downloaded before`)
    .action(async (options: { wheel?: string }) => {
      await installTfjsNode({ ...options, say: (line) => process.stderr.write(`${line}\n`) });
    });
}

/**
 * Makes `@tensorflow/tfjs-node` load here: its binding is compiled against the libtensorflow inside PyPI's tensorflow-cpu
 * wheel. Does nothing where it loads already. About 210 MB are downloaded and 650 MB stay.
 *
 * @throws {KatonicError} `engine` when a tool, disk space or the network is missing, or the build fails.
 */
export async function installTfjsNode(options: InstallOptions): Promise<void> {
  const { say } = options;
  const installed = tfjsNodeFolder();
  if (installed !== undefined && (await loads()).ok) {
    say(`@tensorflow/tfjs-node ${TFJS_NODE} loads here already; nothing to do.`);
    return;
  }
  const pip = await checkTools(options);
  const folder = installed ?? (await addPackage(say));
  await checkDisk(folder);
  const temporary = await mkdtemp(join(tmpdir(), 'katonic-tfjs-node-'));
  try {
    const wheel = options.wheel === undefined ? await download(pip, temporary, say) : resolve(options.wheel);
    say('2/4 unpacking its C library and headers (640 MB)');
    await unpack(wheel, folder);
    say('3/4 compiling the binding (under a minute)');
    await compile(folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  say('4/4 loading it in a process of its own');
  const tried = await loads();
  if (!tried.ok) {
    throw broken(
      `The binding was built but does not load: ${tried.reason}`,
      'Report this with the text above; until then the wasm engine is used.',
    );
  }
  say(`@tensorflow/tfjs-node ${TFJS_NODE} works: TensorFlow.js models run on it from the next start.`);
}

/** Where the engine would load it from; `undefined` when npm left it out. */
function tfjsNodeFolder(): string | undefined {
  try {
    return dirname(createRequire(join(packageRoot, 'package.json')).resolve('@tensorflow/tfjs-node/package.json'));
  } catch {
    return undefined;
  }
}

/** The pip to use, as a command and its first arguments; not needed when there is a wheel. */
async function checkTools({ wheel }: InstallOptions): Promise<readonly string[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw broken(
      `This command knows Linux on x64; this is ${process.platform} on ${process.arch}.`,
      `Use the package's own download: npm install @tensorflow/tfjs-node@${TFJS_NODE}.`,
    );
  }
  const missing: string[] = [];
  for (const tool of ['g++', 'make', 'python3']) {
    if (!(await capture(tool, ['--version'])).ok) missing.push(tool);
  }
  if (missing.length > 0) {
    throw broken(
      `To compile, g++, make and python3 are needed; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not here.`,
      'Install them, for example: apt-get install g++ make python3.',
    );
  }
  if (wheel !== undefined) {
    if (existsSync(wheel)) return [];
    throw broken(`There is no file ${wheel}.`, 'Give the path of the downloaded wheel.');
  }
  for (const pip of [['python3', '-m', 'pip'], ['pip3'], ['pip']]) {
    if ((await capture(pip[0] as string, [...pip.slice(1), '--version'])).ok) return pip;
  }
  throw broken(
    'pip is needed to download the wheel; it is not here.',
    'Install it (apt-get install python3-pip), or give --wheel FILE.',
  );
}

async function checkDisk(folder: string): Promise<void> {
  for (const [place, needed] of [
    [folder, NEEDED.unpacked],
    [tmpdir(), NEEDED.download],
  ] as const) {
    const { bavail, bsize } = await statfs(place);
    if (bavail * bsize < needed) {
      const free = ((bavail * bsize) / GIGABYTE).toFixed(2);
      throw broken(
        `${(needed / GIGABYTE).toFixed(2)} GB of disk are needed in ${place}; ${free} GB are free.`,
        'Make room and run it again.',
      );
    }
  }
}

/** npm removes an optional package whose install script fails, so it may have to be put back, without that script. */
async function addPackage(say: (line: string) => void): Promise<string> {
  const above = packageRoot.split(/[\\/]node_modules[\\/]/)[0] as string;
  say(`0/4 adding @tensorflow/tfjs-node@${TFJS_NODE} to ${above} (optional dependency, without its download)`);
  const args = ['install', '--ignore-scripts', '--save-optional', '--save-exact', '--no-audit', '--no-fund'];
  await run('npm', [...args, `@tensorflow/tfjs-node@${TFJS_NODE}`], {
    cwd: above,
    what: 'npm could not add the package',
  });
  const folder = tfjsNodeFolder();
  if (folder === undefined)
    throw broken('npm added the package, but it cannot be found.', 'Remove node_modules and install again.');
  return folder;
}

async function download(pip: readonly string[], to: string, say: (line: string) => void): Promise<string> {
  say(`1/4 downloading ${WHEEL.name} ${WHEEL.version} with ${pip.join(' ')} (210 MB)`);
  const args = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--python-version', WHEEL.python];
  await run(
    pip[0] as string,
    [...pip.slice(1), ...args, '--platform', WHEEL.platform, '--dest', to, `${WHEEL.name}==${WHEEL.version}`],
    { cwd: to, what: `pip could not download ${WHEEL.name} ${WHEEL.version}` },
  );
  const wheel = (await readdir(to)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw broken('pip ended without a wheel.', 'Download it elsewhere and give --wheel FILE.');
  return join(to, wheel);
}

async function unpack(wheel: string, folder: string): Promise<void> {
  const deps = join(folder, 'deps');
  await rm(deps, { recursive: true, force: true });
  await mkdir(deps, { recursive: true });
  await unpackWheel(wheel, deps);
  for (const library of ['libtensorflow', 'libtensorflow_framework']) {
    const real = library === 'libtensorflow' ? 'libtensorflow_cc.so.2' : 'libtensorflow_framework.so.2';
    await symlink(real, join(deps, 'lib', `${library}.so`));
  }
}

async function compile(folder: string): Promise<void> {
  // Node's own headers lie beside it in every official build; without them node-gyp downloads them.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  await run('npx', ['--no-install', 'node-pre-gyp', 'install', '--build-from-source', ...headers], {
    cwd: folder,
    what: 'the binding could not be compiled',
  });
}

/** Tried in another process: a binding that is half there can take its process down. */
async function loads(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const script = `const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    const tf = require('@tensorflow/tfjs-node');
    if (tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0] !== 11) throw new Error('it computes wrongly');`;
  const { ok, output } = await capture(process.execPath, ['-e', script], {
    cwd: packageRoot,
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  const reason = output.split('\n').find((line) => /Error/.test(line)) ?? output.trim().slice(-300);
  return ok ? { ok } : { ok: false, reason };
}

function broken(message: string, remedy: string): KatonicError {
  return new KatonicError({ code: 'engine', message, remedy });
}
