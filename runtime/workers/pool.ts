import { KatonicError, type Problem } from '../errors.js';
import { lost } from './exit-reason.js';
import type { Body } from './frames.js';
import { type Answer, type Job, type Ticket, timedOut } from './job.js';
import type { LaunchInfo, Reply } from './messages.js';
import { Supervisor } from './supervisor.js';
import type { Worker, WorkerOptions } from './worker.js';

/**
 * Requests on one side, supervised processes on the other. No pool library fits: tinypool, the best kept one, fails
 * every task of a process when one crashes it, and knows neither readiness, nor swapping, nor a second request that is
 * decoded while the first infers.
 */
export interface PoolOptions extends WorkerOptions {
  readonly workers: number;
  /** How many requests may wait while every worker is busy. */
  readonly queue: number;
}

export interface PoolStats {
  readonly queued: number;
  readonly restarts: number;
  readonly workers: readonly {
    readonly number: number;
    readonly pid: number | undefined;
    readonly state: 'loading' | 'ready' | 'draining';
    readonly pending: number;
    /** Requests since it was started, refused and failed ones too. */
    readonly answered: number;
    readonly rssBytes: number;
    readonly tensors: number | undefined;
  }[];
}

let serial = 0;

export class Pool {
  readonly #queue: Job[] = [];
  readonly #supervisor: Supervisor;
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(private readonly options: PoolOptions) {
    this.#supervisor = new Supervisor(options, {
      onAvailable: () => this.#dispatch(),
      onReply: (worker, job, header, body) => this.#reply(worker, job, header, body),
      onLost: (problem, jobs) => this.#lost(problem, jobs),
    });
  }

  /** Resolves when the first worker can answer; the others load after it, one by one. Throws what its loading threw. */
  start(): Promise<LaunchInfo> {
    return this.#supervisor.start();
  }

  /**
   * Replaces every worker by one that loads the package anew; no request is dropped. When that fails, the old ones stay.
   * `prepare` runs before: what it throws ends the swap, what it gives is the result. Throws `Superseded` when a later swap
   * overtakes it.
   */
  swap<Result>(prepare: () => Promise<Result>): Promise<Result> {
    return this.#supervisor.swap(prepare);
  }

  get info(): LaunchInfo | undefined {
    return this.#supervisor.info;
  }

  /** Whether a request would be answered now, and if not, why. */
  health(): { readonly ready: true } | { readonly ready: false; readonly reason: string } {
    if (this.#closing) return { ready: false, reason: 'the server is shutting down' };
    return this.#supervisor.health();
  }

  /** Throws `queue_full` or `not_ready` when a request that came now would be refused: asked before its body is read. */
  admit(): void {
    if (this.#closing) throw notReady('the server is shutting down');
    const health = this.#supervisor.health();
    if (!health.ready && this.#supervisor.failing) throw notReady(health.reason);
    if (this.#queue.length >= this.options.queue && this.#pick(false) === undefined)
      throw queueFull(this.options.queue);
  }

  /** Throws as {@link admit} does. `json` is a request body as it came, `bytes` a picture. */
  predict(content: 'json' | 'bytes', body: Body): Ticket {
    return this.#ask('predict', content, body);
  }

  /** What the model would see of a picture, as a PNG; empty where the launch module reads pictures in its own way. */
  preview(content: 'json' | 'bytes', body: Body): Ticket {
    return this.#ask('preview', content, body);
  }

  #ask(type: Job['type'], content: 'json' | 'bytes', body: Body): Ticket {
    this.admit();
    let job: Job | undefined;
    const answer = new Promise<Answer>((resolve, reject) => {
      serial += 1;
      const [id, acceptedAt] = [serial, performance.now()];
      job = {
        id,
        type,
        content,
        body,
        acceptedAt,
        sentAt: 0,
        suspect: false,
        fetching: false,
        leaving: false,
        settled: false,
        deadline: undefined,
        resolve,
        reject,
      };
      this.#setDeadline(job);
      this.#queue.push(job);
      this.#dispatch();
    });
    return { answer, cancel: () => this.#abandon(job as Job) };
  }

  stats(): PoolStats {
    return { queued: this.#queue.length, ...this.#supervisor.stats() };
  }

  /** Finishes what was accepted, at most for `graceMs`, then ends every worker. What is left gets `not_ready`. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    let timer: NodeJS.Timeout | undefined;
    if (this.#busy()) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        timer = setTimeout(resolve, graceMs);
      });
    }
    clearTimeout(timer);
    const held = this.#supervisor.all.flatMap(({ pending }) => [...pending.values()]);
    for (const job of [...this.#queue.splice(0), ...held]) this.#fail(job, notReady('the server is shutting down'));
    await this.#supervisor.close();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const job = this.#queue[0] as Job;
      const worker = this.#pick(job.suspect);
      if (worker === undefined) return;
      this.#queue.shift();
      if (job.suspect) this.#setDeadline(job);
      worker.send(job);
    }
  }

  /** An idle worker, else the least busy one with room: a second request is preprocessed while the first infers. */
  #pick(alone: boolean): Worker | undefined {
    let best: Worker | undefined;
    for (const worker of this.#supervisor.workers) {
      if (!worker.ready || !worker.hasRoom || (alone && worker.pending.size > 0)) continue;
      if (best === undefined || worker.load < best.load) best = worker;
    }
    return best;
  }

  #reply(worker: Worker, job: Job, header: Reply, body: Buffer): void {
    if (header.type === 'answer') {
      const queue = job.sentAt - job.acceptedAt;
      const stages = { ...header.stages, queue };
      this.#settle(job)?.resolve({
        body,
        stages,
        ...(header.recorded === undefined ? {} : { recorded: header.recorded }),
      });
    } else if (header.type === 'problem') this.#fail(job, new KatonicError(header.problem));
    if (worker.ready) this.#dispatch();
    this.#checkIdle();
  }

  /**
   * One request alone with a worker that died is at fault; of several, each is run again, alone. Those that were waiting
   * for a picture did nothing there: they are run again like any other, behind them.
   */
  #lost(problem: Problem, jobs: readonly Job[]): void {
    const working = jobs.filter(({ fetching }) => !fetching);
    const waiting = working.filter(({ settled }) => !settled);
    if (working.length === 1 && !this.#closing) {
      for (const job of waiting) this.#fail(job, lost(problem));
    } else {
      for (const job of waiting) {
        job.suspect = true;
        clearTimeout(job.deadline); // it starts anew when it is sent again: the replacement may take long to load
      }
      this.#queue.unshift(...waiting);
    }
    for (const job of jobs) {
      if (!job.fetching || job.settled) continue;
      job.fetching = false;
      this.#queue.push(job);
    }
    if (this.#supervisor.failing) {
      const { reason } = this.#supervisor.health() as { reason: string };
      for (const job of this.#queue.splice(0)) this.#fail(job, notReady(reason));
    }
    this.#dispatch();
    this.#checkIdle();
  }

  #setDeadline(job: Job): void {
    clearTimeout(job.deadline);
    job.deadline = setTimeout(() => {
      const waiting = this.#queue.includes(job);
      this.#abandon(job, timedOut(this.options.timeoutMs / 1000, waiting));
    }, this.options.timeoutMs);
  }

  #abandon(job: Job, error?: KatonicError): void {
    if (job.settled) return;
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    else for (const worker of this.#supervisor.all) if (worker.pending.has(job.id)) worker.cancel(job);
    this.#fail(job, error ?? new KatonicError({ code: 'internal', message: 'the caller has gone' }));
  }

  #fail(job: Job, error: KatonicError): void {
    this.#settle(job)?.reject(error);
    this.#checkIdle();
  }

  #settle(job: Job): Job | undefined {
    if (job.settled) return undefined;
    job.settled = true;
    clearTimeout(job.deadline);
    return job;
  }

  #busy(): boolean {
    if (this.#queue.length > 0) return true;
    return this.#supervisor.all.some(({ pending }) => [...pending.values()].some(({ settled }) => !settled));
  }

  #checkIdle(): void {
    if (this.#idle !== undefined && !this.#busy()) this.#idle();
  }
}

export function notReady(reason: string): KatonicError {
  return new KatonicError({
    code: 'not_ready',
    message: `no worker can answer: ${reason}`,
    remedy: 'Ask again later; GET /health/ready says when.',
  });
}

function queueFull(limit: number): KatonicError {
  return new KatonicError({
    code: 'queue_full',
    message: `${limit} requests are waiting already, which is the limit`,
    remedy: 'Ask again after Retry-After seconds, or serve with a larger --queue (KATONIC_QUEUE) or more --workers.',
  });
}
