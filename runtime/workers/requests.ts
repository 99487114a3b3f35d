import { isAscii } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import { KatonicError, type Problem, toProblem } from '../errors.js';
import { inRequest } from '../images/request.js';
import { lastPicture, recordStages } from '../images/stages.js';
import { answerText } from '../launch/answer.js';
import type { Launch } from '../launch/load.js';
import { Lane, type Ticket } from './lane.js';
import type { Content, FromChild, StageTimes } from './messages.js';

type Send = (header: FromChild, body?: Buffer) => void;

interface Prediction {
  readonly value: unknown;
  readonly inferMs: number;
}

/** One request inside the child, from its raw body to the text of its answer. */
interface Running {
  /** Aborted when nobody waits for the answer any more: a fetch stops, and so does what has not begun. */
  readonly caller: AbortController;
  ticket?: Ticket<Prediction>;
  inferring: boolean;
}

/**
 * Answers requests with one launch module: bodies are parsed, validated and preprocessed as they come, side by side;
 * `predict` runs one at a time. Each id gets exactly one frame.
 */
export class Requests {
  readonly #running = new Map<number, Running>();
  readonly #lane: Lane<unknown, Prediction>;

  constructor(
    private readonly launch: Launch,
    private readonly send: Send,
    onBatchFailure: (problem: Problem) => void,
  ) {
    const { predictBatch } = launch;
    const many = async (items: readonly unknown[]): Promise<Prediction[]> => {
      const start = performance.now();
      const values = await (predictBatch as NonNullable<typeof predictBatch>)(items);
      const inferMs = performance.now() - start;
      return values.map((value) => ({ value, inferMs }));
    };
    this.#lane = new Lane(
      {
        one: async (features) => {
          const start = performance.now();
          const value = await launch.predict(features);
          return { value, inferMs: performance.now() - start };
        },
        ...(predictBatch === undefined ? {} : { many }),
        onBatchFailure: (reason) => onBatchFailure(toProblem(reason)),
      },
      launch.batch,
    );
  }

  /** Never rejects: what goes wrong is sent as a `problem`. */
  async predict(id: number, content: Content, body: Buffer): Promise<void> {
    const start = performance.now();
    await this.#answer(id, async (running, stages) => {
      const features = await this.#features(content, body, stages);
      running.caller.signal.throwIfAborted();
      running.ticket = this.#lane.add(features, () => {
        running.inferring = true;
        stages.infer = 0;
      });
      const { value, inferMs } = await running.ticket.result;
      stages.infer = inferMs;
      const { text, recorded } = answerText(value);
      const answer = Buffer.from(text, 'utf8');
      stages.total = performance.now() - start;
      this.send({ type: 'answer', id, stages, ...(recorded === undefined ? {} : { recorded }) }, answer);
    });
  }

  /** Preprocesses only, and answers what `readImage` made of the picture. Never rejects. */
  async preview(id: number, content: Content, body: Buffer): Promise<void> {
    await this.#answer(id, async (_, stages) => {
      const picture = await lastPicture(() => this.#features(content, body, stages));
      const { toPng } = await import('../images/images.js');
      const png = picture === undefined ? Buffer.alloc(0) : await toPng(picture);
      this.send({ type: 'answer', id, stages }, png);
    });
  }

  /**
   * Drops a request whose `predict` has not begun; one that has begun is answered as usual. One that is being
   * preprocessed keeps its place until that has ended: callers that come and go must not pile up work.
   */
  cancel(id: number): void {
    const running = this.#running.get(id);
    if (running === undefined || running.inferring || running.caller.signal.aborted) return;
    running.caller.abort();
    if (running.ticket?.cancel() === true) this.#drop(id);
    else this.send({ type: 'leaving', id });
  }

  async #answer(id: number, work: (running: Running, stages: StageTimes) => Promise<void>): Promise<void> {
    const start = performance.now();
    const running: Running = { caller: new AbortController(), inferring: false };
    const stages: StageTimes = {};
    const scope = {
      signal: running.caller.signal,
      onFetching: (fetching: boolean) => {
        if (this.#running.has(id)) this.send({ type: fetching ? 'fetching' : 'fetched', id });
      },
    };
    this.#running.set(id, running);
    try {
      await inRequest(scope, () => recordStages(stages, () => work(running, stages)));
      this.#running.delete(id);
    } catch (thrown) {
      if (scope.signal.aborted && !running.inferring) return this.#drop(id);
      this.#running.delete(id);
      stages.total = performance.now() - start;
      this.send({ type: 'problem', id, problem: toProblem(thrown), stages });
    }
  }

  #drop(id: number): void {
    this.#running.delete(id);
    this.send({ type: 'dropped', id });
  }

  async #features(content: Content, body: Buffer, stages: StageTimes): Promise<unknown> {
    const start = performance.now();
    try {
      return await this.launch.preprocess(await this.#data(content, body));
    } finally {
      stages.preprocess = performance.now() - start;
    }
  }

  #data(content: Content, body: Buffer): Promise<unknown> {
    if (content === 'bytes') return this.launch.validateBytes(body);
    return this.launch.validate(content === 'text' ? { data: body.toString('utf8') } : parseJson(body));
  }
}

function parseJson(body: Buffer): unknown {
  try {
    // A picture in base64 is megabytes of ASCII, which need no decoding.
    return JSON.parse(body.toString(isAscii(body) ? 'latin1' : 'utf8')) as unknown;
  } catch (thrown) {
    const text = body.length === 0 ? 'an empty body came' : (thrown as SyntaxError).message;
    throw new KatonicError({
      code: 'not_json',
      message: `expected a JSON body such as {"data": "https://..."}; ${text}`,
      remedy: 'Send valid JSON, or the picture itself with its own Content-Type, for example image/jpeg.',
      where: { field: ['body'] },
    });
  }
}
