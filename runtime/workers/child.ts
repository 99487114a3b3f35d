/**
 * The process that holds one launch module. Comes in: frames on the channel (file descriptor `KATONIC_CHANNEL_FD`,
 * default 3). Goes out: one frame an answer. It never listens on a port and never knows HTTP; it is started by
 * `worker.ts` or by Python's `launch.py`, with the package's folder as its argument, and ends with its parent.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import process from 'node:process';
import { KatonicError, type Problem, toProblem } from '../errors.js';
import { endWithParent } from '../parent-watch.js';
import { channelLogger } from './channel-logger.js';
import { FrameReader, writeFrame } from './frames.js';
import type { FromChild, LaunchInfo, ToChild } from './messages.js';
import { Requests } from './requests.js';

const GAUGE_EVERY_MS = 5000;

endWithParent(Number(process.env.KATONIC_PARENT_PID ?? process.ppid));
// Ctrl-C and a supervisor's SIGTERM reach the whole process group; the front process decides when its children end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const packageDir = process.argv[2] ?? process.cwd();
/** What is read goes through this one buffer: a new one for each piece of a picture keeps the garbage collector busy. */
const received = Buffer.alloc(256 * 1024);
const options: SocketConstructorOpts & { onread: OnReadOpts } = {
  fd: Number(process.env.KATONIC_CHANNEL_FD ?? 3),
  readable: true,
  writable: true,
  onread: {
    buffer: received,
    callback: (count) => {
      frames.push(received.subarray(0, count));
      return true;
    },
  },
};
const channel = new Socket(options);
const send = (header: FromChild, body?: Buffer): void => {
  writeFrame(channel, header, body);
};
const logger = channelLogger(send);
let ending = false;

channel.on('error', () => end(0));
channel.on('close', () => end(0));

process.on('uncaughtException', (thrown) => {
  fail({
    ...toProblem(thrown, 'user_code'),
    message: `an exception outside of any request: ${toProblem(thrown).message}`,
  });
});
process.on('unhandledRejection', (thrown) => {
  logger.exception('a promise was rejected and nobody handled it (await it, or add a catch)', thrown);
});
process.on('exit', (code) => {
  if (ending) return;
  // Standard error is written synchronously; the front process reads its end as the reason.
  process.stderr.write(`process.exit(${code}) was called\n${new Error().stack?.split('\n').slice(2).join('\n')}\n`);
});

function end(code: number): never {
  ending = true;
  process.exit(code);
}

function fail(problem: Problem): void {
  ending = true;
  send({ type: 'failed', problem });
  channel.end(() => end(1));
  setTimeout(() => end(1), 1000).unref();
}

let requests: Requests | undefined;
const frames = new FrameReader<ToChild>(
  ({ header, body }) => {
    if (header.type === 'shutdown') end(0);
    else if (header.type === 'cancel') requests?.cancel(header.id);
    else if (requests === undefined) {
      const problem = new KatonicError({ code: 'not_ready', message: 'the launch module is still loading' });
      send({ type: 'problem', id: header.id, problem: toProblem(problem), stages: {} });
    } else if (header.type === 'preview') void requests.preview(header.id, header.content, body);
    else void requests.predict(header.id, header.content, body);
  },
  (reason) => fail({ code: 'internal', message: `the channel to the front process broke: ${reason}` }),
);

try {
  const [{ loadForServing }, { tensorCount }] = await Promise.all([
    import('./loading.js'),
    import('../engines/index.js'),
  ]);
  const { launch, info } = await loadForServing(packageDir, logger);
  requests = new Requests(launch, send, (problem) => {
    logger.warning(`${problem.message}; its pictures are run one by one`);
  });
  send({ type: 'ready', info: info satisfies LaunchInfo });
  setInterval(() => {
    const tensors = tensorCount();
    send({ type: 'gauge', rssBytes: process.memoryUsage.rss(), ...(tensors === undefined ? {} : { tensors }) });
  }, GAUGE_EVERY_MS).unref();
} catch (thrown) {
  fail(toProblem(thrown, 'user_code'));
}
