import { type ChildProcess, spawn } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Problem } from '../errors.js';
import type { Logger } from '../launch/contract.js';
import { compiled } from '../package-root.js';
import { exitReason } from './exit-reason.js';
import { type Body, FrameReader, writeFrame } from './frames.js';
import type { Job } from './job.js';
import type { FromChild, LaunchInfo, Reply, ToChild } from './messages.js';
import { readLines } from './output.js';

/** Loading longer than this counts as failed: a model of gigabytes on a slow disk stays below it. */
const LOAD_LIMIT_MS = 300_000;
/** How long a child may take to end when it is asked to. */
const SHUTDOWN_LIMIT_MS = 2000;
/** A child that is late with an acknowledgement by less than this is busy, not hung. */
const HANG_SLACK_MS = 500;
const PIPES_LIMIT_MS = 1000;
/** Pictures that one child may fetch beside its work. */
const FETCHES = 16;
const STDERR_TAIL = 4096;
/** MiB of a worker's young generation: pictures and tensors lie outside of it, and the default grows by 20 MB of nothing. */
const YOUNG = '--max-semi-space-size=4';
/** A deprecation inside ts-node that Node 24 tells of, and nobody here can mend. */
const QUIET = '--disable-warning=DEP0180';
/**
 * Decoding in libuv's threads gives each of them a malloc arena of its own, which keep what pictures leave behind. With two
 * arenas 60,000 predictions end at the same resident memory at which they began; with glibc's default it creeps up.
 * One thread a picture: several processes serve, and more threads would only take turns. launch.py of an upload sets the same.
 */
export const THRIFT = { MALLOC_ARENA_MAX: '2', VIPS_CONCURRENCY: '1' };

export interface WorkerOptions {
  /** The package's folder; also the child's working directory, so that `model/...` opens. */
  readonly packageDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** This process answers callers while workers work: where they share a core, it goes first. */
  readonly behindFront?: boolean;
  readonly logger: Logger;
}

export interface WorkerEvents {
  onReady(worker: Worker, info: LaunchInfo): void;
  /** A request that it holds began to wait for the network. */
  onRoom?(): void;
  onReply(worker: Worker, job: Job, header: Reply, body: Buffer): void;
  /** Called once, after the process has ended; `jobs` are those without a reply. */
  onGone(worker: Worker, problem: Problem, jobs: Job[]): void;
}

let serial = 0;

/** One supervised child process: starting, sending, noticing that it hangs, and saying why it ended. */
export class Worker {
  readonly number: number = ++serial;
  readonly pending = new Map<number, Job>();
  readonly startedAt = Date.now();
  info: LaunchInfo | undefined;
  readyAt: number | undefined;
  answered = 0;
  rssBytes = 0;
  tensors: number | undefined;
  /** No new request goes to a draining worker. */
  draining = false;
  /** Set when this side killed it. */
  #reason: Problem | undefined;
  #ended = false;
  #lastInference = 0;
  #stderr = '';
  #watchdog: NodeJS.Timeout | undefined;
  readonly #child: ChildProcess;
  readonly #channel: Duplex;

  constructor(
    private readonly options: WorkerOptions,
    private readonly events: WorkerEvents,
  ) {
    this.#child = spawn(process.execPath, [YOUNG, QUIET, compiled('runtime/workers/child.js'), options.packageDir], {
      cwd: options.packageDir,
      env: { ...THRIFT, ...options.env, KATONIC_PARENT_PID: String(process.pid), KATONIC_CHANNEL_FD: '3' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    if (options.behindFront && this.#child.pid !== undefined) putBehind(this.#child.pid);
    this.#channel = this.#child.stdio[3] as Duplex;
    this.#channel.on('error', () => {}); // EPIPE when the child is gone: its exit says more
    const frames = new FrameReader<FromChild>(
      ({ header, body }) => this.#receive(header, body),
      (reason) => this.kill({ code: 'worker_lost', message: `the worker's channel broke: ${reason}` }),
    );
    this.#channel.on('data', (chunk: Buffer) => frames.push(chunk));
    this.#captureOutput();
    this.#child.once('error', (error) =>
      this.#end({ code: 'worker_lost', message: `could not start: ${error.message}` }),
    );
    this.#child.once('close', (code, signal) => this.#end(exitReason(code, signal, this.#stderr)));
    // `close` waits for the pipes, which a process started by user code may hold open.
    this.#child.once('exit', (code, signal) => {
      setTimeout(() => this.#end(exitReason(code, signal, this.#stderr)), PIPES_LIMIT_MS).unref();
    });
    this.#watchdog = setTimeout(() => {
      const limit = `${LOAD_LIMIT_MS / 1000} s`;
      this.kill({
        code: 'package',
        message: `loadmodel did not finish within ${limit}`,
        where: { function: 'loadmodel' },
      });
    }, LOAD_LIMIT_MS);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Loaded and taking requests. */
  get ready(): boolean {
    return this.info !== undefined && !this.draining && !this.#ended && this.#reason === undefined;
  }

  /** Whether it may hold one more: one infers, one is preprocessed; with batches, one batch each. */
  get hasRoom(): boolean {
    if (this.#alone) return this.pending.size === 0;
    const batch = this.info?.batch ?? 1;
    return this.load < (batch > 1 ? 2 * batch : 2);
  }

  /** Requests that want its time. Those that wait for the network do not, up to a number: each may hold a whole picture. */
  get load(): number {
    let fetching = 0;
    for (const job of this.pending.values()) if (job.fetching) fetching += 1;
    return this.pending.size - Math.min(fetching, FETCHES);
  }

  get #alone(): boolean {
    const first = this.pending.values().next().value;
    return first?.suspect === true;
  }

  send(job: Job): void {
    const now = performance.now();
    job.sentAt = now;
    this.pending.set(job.id, job);
    this.#write({ type: job.type, id: job.id, content: job.content }, job.body);
    if (this.#watchdog === undefined) this.#watch(this.options.timeoutMs + HANG_SLACK_MS);
  }

  /** Nobody waits for it any more. The child says `dropped`, or finishes what it has begun. */
  cancel(job: Job): void {
    this.#write({ type: 'cancel', id: job.id });
  }

  /** Ends the process at once; `onGone` carries `reason`. */
  kill(reason: Problem): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  /** Asks the process to end; resolves when it has, by force if need be. */
  async shutdown(): Promise<void> {
    if (this.#ended) return;
    this.#reason ??= { code: 'worker_lost', message: 'the worker was asked to end' };
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#write({ type: 'shutdown' });
    const force = setTimeout(() => this.#child.kill('SIGKILL'), SHUTDOWN_LIMIT_MS);
    await ended;
    clearTimeout(force);
  }

  #write(header: ToChild, body?: Body): void {
    if (!this.#ended && this.#channel.writable) writeFrame(this.#channel, header, body);
  }

  #receive(header: FromChild, body: Buffer): void {
    const { logger } = this.options;
    switch (header.type) {
      case 'ready':
        if (this.#reason !== undefined) return; // killed while it said so
        clearTimeout(this.#watchdog);
        this.#watchdog = undefined;
        this.info = header.info;
        this.rssBytes = header.info.rssBytes;
        this.readyAt = Date.now();
        this.events.onReady(this, header.info);
        return;
      case 'failed':
        this.#reason ??= header.problem;
        return;
      case 'log':
        logger[header.level](header.message, { worker: this.number, ...(header.stack ? { stack: header.stack } : {}) });
        return;
      case 'fetching':
      case 'fetched': {
        const job = this.pending.get(header.id);
        if (job !== undefined) job.fetching = header.type === 'fetching';
        this.events.onRoom?.();
        return;
      }
      case 'leaving': {
        const job = this.pending.get(header.id);
        if (job !== undefined) job.leaving = true;
        return;
      }
      case 'gauge':
        this.rssBytes = header.rssBytes;
        this.tensors = header.tensors;
        return;
      default:
        this.#settle(header, body);
    }
  }

  #settle(header: Reply, body: Buffer): void {
    const job = this.pending.get(header.id);
    if (job === undefined) return;
    this.pending.delete(header.id);
    this.answered += 1;
    if (header.type !== 'dropped' && header.stages.infer !== undefined) this.#lastInference = performance.now();
    this.events.onReply(this, job, header, body);
  }

  /**
   * A child hangs when something has been with it for `timeoutMs` and no inference has ended in that time. Requests that
   * merely wait behind a slow one do not make it hang: they are cancelled at their own deadline, and acknowledged. Nor do
   * those that nobody waits for and that are still being preprocessed, while they leave room for others.
   */
  #watch(afterMs: number): void {
    this.#watchdog = setTimeout(() => {
      this.#watchdog = undefined;
      const held = [...this.pending.values()];
      if (held.length === 0) return;
      const oldest = this.hasRoom ? held.find(({ leaving }) => !leaving) : held[0];
      if (oldest === undefined) return this.#watch(this.options.timeoutMs);
      const limit = this.options.timeoutMs + HANG_SLACK_MS;
      const left = Math.max(oldest.sentAt, this.#lastInference) + limit - performance.now();
      if (left > 0) {
        this.#watch(left);
        return;
      }
      const seconds = this.options.timeoutMs / 1000;
      this.kill({ code: 'worker_lost', message: `the worker hung: no inference ended within ${seconds} s` });
    }, afterMs);
    this.#watchdog.unref();
  }

  #captureOutput(): void {
    const { logger } = this.options;
    if (this.#child.stdout) readLines(this.#child.stdout, (line) => logger.info(line, { worker: this.number }));
    if (this.#child.stderr) {
      readLines(this.#child.stderr, (line) => {
        this.#stderr = `${this.#stderr}${line}\n`.slice(-STDERR_TAIL);
        logger.warning(line, { worker: this.number });
      });
    }
  }

  #end(problem: Problem): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#watchdog);
    this.#channel.destroy();
    const jobs = [...this.pending.values()];
    this.pending.clear();
    this.events.onGone(this, this.#reason ?? problem, jobs);
  }
}

/**
 * A worker takes a core for as long as a picture lasts, the front process for less than a millisecond: health, metrics and
 * refusals then do not wait behind pictures. A picture is slower only where something else wants the core.
 */
function putBehind(pid: number): void {
  const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
  try {
    setPriority(pid, Math.min(PRIORITY_LOW, getPriority() + PRIORITY_BELOW_NORMAL));
  } catch {
    // It has ended already, which its exit tells, or the system does not let us: everything works as before.
  }
}
