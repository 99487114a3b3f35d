import { KatonicError, type Problem } from '../errors.js';
import type { Job } from './job.js';
import type { LaunchInfo, Reply } from './messages.js';
import { Worker, type WorkerOptions } from './worker.js';

/** A worker that ends by itself within this time, without having answered anything, has failed to load. */
const SETTLED_MS = 5000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_LIMIT_MS = 30_000;

const SUPERSEDED: Problem = { code: 'not_ready', message: 'the package changed again while it was loading' };

/** What a swap throws that a later one overtakes, or the end of the server. */
export class Superseded extends KatonicError {
  constructor() {
    super(SUPERSEDED);
  }
}

export interface SupervisorEvents {
  /** A worker became ready, or has room again. */
  onAvailable(): void;
  onReply(worker: Worker, job: Job, header: Reply, body: Buffer): void;
  /** A worker ended with these jobs unanswered. */
  onLost(problem: Problem, jobs: Job[]): void;
}

/** Keeps the wanted number of workers alive: loads them one after another, replaces those that end, backs off, swaps. */
export class Supervisor {
  /** Taking or about to take requests. */
  workers: Worker[] = [];
  info: LaunchInfo | undefined;
  restarts = 0;
  #draining = new Set<Worker>();
  /** Loads for a swap; takes requests only once it is ready. */
  #fresh: Worker | undefined;
  #failures = 0;
  #failure: Problem | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryAt = 0;
  #failedAt = 0;
  #closing = false;
  #first: { resolve: (info: LaunchInfo) => void; reject: (error: KatonicError) => void } | undefined;
  #swapping: Promise<unknown> = Promise.resolve();
  #turn = 0;

  constructor(
    private readonly options: WorkerOptions & { readonly workers: number },
    private readonly events: SupervisorEvents,
  ) {}

  /** Every process, draining ones included. */
  get all(): Worker[] {
    return [...this.workers, ...this.#draining, ...(this.#fresh === undefined ? [] : [this.#fresh])];
  }

  /** No worker is ready, and loading one failed twice in a row: waiting for it makes no sense. */
  get failing(): boolean {
    return this.#failures > 1 && !this.workers.some(({ ready }) => ready);
  }

  start(): Promise<LaunchInfo> {
    const first = new Promise<LaunchInfo>((resolve, reject) => {
      this.#first = { resolve, reject };
    });
    this.#fill();
    return first;
  }

  health(): { readonly ready: true } | { readonly ready: false; readonly reason: string } {
    if (this.workers.some(({ ready }) => ready)) return { ready: true };
    if (this.#failure === undefined || this.#failures === 0)
      return { ready: false, reason: 'the launch module is loading' };
    const wait = Math.max(0, Math.ceil((this.#retryAt - Date.now()) / 1000));
    const next = wait > 0 ? `next attempt in ${wait} s` : 'trying again now';
    const reason = `the launch module could not be loaded (${this.#failures} times, ${next}): ${this.#failure.message}`;
    return { ready: false, reason };
  }

  /**
   * Swaps take turns, and `prepare` runs in each one's turn, so that what it reads belongs to the worker that is loaded.
   * A swap that is still loading gives way: what it loads is not what lies on the disk any more.
   */
  swap<Result>(prepare: () => Promise<Result>): Promise<Result> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#fresh?.kill(SUPERSEDED);
    const swapped = this.#swapping.then(() => this.#swap(turn, prepare));
    this.#swapping = swapped.catch(() => {}); // the caller has the error; the next swap must still run
    return swapped;
  }

  stats() {
    return {
      restarts: this.restarts,
      workers: this.all.map((worker) => ({
        number: worker.number,
        pid: worker.pid,
        state: worker.draining ? ('draining' as const) : worker.ready ? ('ready' as const) : ('loading' as const),
        pending: worker.pending.size,
        answered: worker.answered,
        rssBytes: worker.rssBytes,
        tensors: worker.tensors,
      })),
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#retry);
    await Promise.all(this.all.map((worker) => worker.shutdown()));
  }

  /** Starts the next missing worker, unless one is loading already: memory peaks while a model loads. */
  #fill(): void {
    clearTimeout(this.#retry);
    if (this.#closing || this.workers.length >= this.options.workers) return;
    if (this.#fresh !== undefined || this.workers.some(({ info }) => info === undefined)) return;
    const wait = this.#retryAt - Date.now();
    if (wait > 0) {
      this.#retry = setTimeout(() => this.#fill(), wait);
      return;
    }
    this.workers.push(this.#spawn());
  }

  #spawn(ready?: (info: LaunchInfo) => void, failed?: (problem: Problem) => void): Worker {
    return new Worker(this.options, {
      onReady: (_worker, info) => (ready ?? ((loaded) => this.#ready(loaded)))(info),
      onRoom: () => this.events.onAvailable(),
      onReply: (worker, job, header, body) => {
        // Another worker that goes on answering says nothing of one that cannot be loaded.
        if ((worker.readyAt ?? 0) > this.#failedAt) this.#failures = 0;
        this.events.onReply(worker, job, header, body);
        if (worker.draining && worker.pending.size === 0) void worker.shutdown();
      },
      onGone: (worker, problem, jobs) => {
        if (worker.info === undefined && failed !== undefined) return failed(problem);
        this.#gone(worker, problem, jobs);
      },
    });
  }

  #ready(info: LaunchInfo): void {
    this.info = info;
    this.#first?.resolve(info);
    this.#first = undefined;
    this.events.onAvailable();
    this.#fill();
  }

  #gone(worker: Worker, problem: Problem, jobs: Job[]): void {
    this.#draining.delete(worker);
    const wanted = this.workers.includes(worker);
    this.workers = this.workers.filter((other) => other !== worker);
    if (wanted && !this.#closing) {
      this.restarts += 1;
      const idle = worker.answered === 0 && jobs.length === 0;
      const early = worker.readyAt === undefined || (idle && Date.now() - worker.readyAt < SETTLED_MS);
      this.#note(worker, problem, early);
    }
    if (this.#first !== undefined) {
      this.#closing = true;
      this.#first.reject(new KatonicError(problem));
      this.#first = undefined;
    }
    this.events.onLost(problem, jobs);
    this.#fill();
  }

  /** An early end backs off; any other one is replaced at once. */
  #note(worker: Worker, problem: Problem, early: boolean): void {
    this.#failures = early ? this.#failures + 1 : 0;
    if (early) this.#failedAt = Date.now();
    this.#failure = problem;
    this.#retryAt = early ? Date.now() + Math.min(BACKOFF_LIMIT_MS, BACKOFF_FIRST_MS * 2 ** (this.#failures - 1)) : 0;
    if (this.#first !== undefined) return; // whoever waits for the first start prints it
    const wait = early ? `; the next one starts in ${Math.ceil((this.#retryAt - Date.now()) / 100) / 10} s` : '';
    this.options.logger.error(`worker ${worker.number} is lost: ${problem.message}${wait}`, {
      worker: worker.number,
      pid: worker.pid,
      ...(problem.where === undefined ? {} : { where: problem.where }),
      ...(problem.stack === undefined ? {} : { stack: problem.stack }),
    });
  }

  async #swap<Result>(turn: number, prepare: () => Promise<Result>): Promise<Result> {
    const overtaken = () => turn !== this.#turn || this.#closing;
    if (overtaken()) throw new Superseded();
    let prepared: Result;
    let info: LaunchInfo;
    try {
      prepared = await prepare();
      if (overtaken()) throw new Superseded();
      info = await new Promise<LaunchInfo>((resolve, reject) => {
        this.#fresh = this.#spawn(resolve, (problem) => reject(new KatonicError(problem)));
      });
    } catch (thrown) {
      this.#fresh = undefined;
      this.#fill(); // which waited for it
      throw overtaken() ? new Superseded() : thrown; // what was half saved then is of no interest now
    }
    const old = this.workers;
    this.workers = [this.#fresh as Worker];
    this.#fresh = undefined;
    this.info = info;
    this.#failures = 0;
    this.#failure = undefined;
    this.#retryAt = 0;
    for (const worker of old) this.#drain(worker);
    this.events.onAvailable();
    this.#fill();
    return prepared;
  }

  #drain(worker: Worker): void {
    worker.draining = true;
    this.#draining.add(worker);
    if (worker.pending.size === 0) void worker.shutdown();
  }
}
