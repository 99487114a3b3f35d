import { performance } from 'node:perf_hooks';
import { KatonicError, type Problem, toProblem } from '../errors.js';
import { lastPicture, recordStages } from '../images/stages.js';
import { answerText } from '../launch/answer.js';
import type { Launch } from '../launch/load.js';
import { Lane, type Ticket } from './lane.js';
import type { FromChild, StageTimes } from './messages.js';

type Send = (header: FromChild, body?: Buffer) => void;

interface Prediction {
  readonly value: unknown;
  readonly inferMs: number;
}

/** One request inside the child, from its raw body to the text of its answer. */
interface Running {
  ticket?: Ticket<Prediction>;
  inferring: boolean;
  cancelled: boolean;
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
  async predict(id: number, content: 'json' | 'bytes', body: Buffer): Promise<void> {
    const start = performance.now();
    const running: Running = { inferring: false, cancelled: false };
    const stages: StageTimes = {};
    this.#running.set(id, running);
    try {
      const features = await recordStages(stages, () => this.#features(content, body, stages));
      if (running.cancelled) return;
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
    } catch (thrown) {
      if (running.cancelled && !running.inferring) return;
      stages.total = performance.now() - start;
      this.send({ type: 'problem', id, problem: toProblem(thrown), stages });
    } finally {
      this.#running.delete(id);
    }
  }

  /** Preprocesses only, and answers what `readImage` made of the picture. Never rejects. */
  async preview(id: number, content: 'json' | 'bytes', body: Buffer): Promise<void> {
    const stages: StageTimes = {};
    try {
      const picture = await lastPicture(() => recordStages(stages, () => this.#features(content, body, stages)));
      const { toPng } = await import('../images/images.js');
      this.send({ type: 'answer', id, stages }, picture === undefined ? Buffer.alloc(0) : await toPng(picture));
    } catch (thrown) {
      this.send({ type: 'problem', id, problem: toProblem(thrown), stages });
    }
  }

  /** Drops a request whose `predict` has not begun; one that has begun is answered as usual. */
  cancel(id: number): void {
    const running = this.#running.get(id);
    if (running === undefined || running.inferring || running.cancelled) return;
    running.cancelled = true;
    running.ticket?.cancel();
    this.#running.delete(id);
    this.send({ type: 'dropped', id });
  }

  async #features(content: 'json' | 'bytes', body: Buffer, stages: StageTimes): Promise<unknown> {
    const start = performance.now();
    try {
      const { launch } = this;
      const data = await (content === 'json' ? launch.validate(parseJson(body)) : launch.validateBytes(body));
      return await launch.preprocess(data);
    } finally {
      stages.preprocess = performance.now() - start;
    }
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
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
