/**
 * The Open Inference Protocol v2, so that clients of KServe and Triton work: health, metadata, inference, with the binary
 * tensor extension. Comes in: pictures as elements of one BYTES tensor. Goes out: the answers as tensors. It never
 * looks at pixels: every element takes the way of a predict request.
 */
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { KatonicError, toProblem } from '../../errors.js';
import type { Logger } from '../../launch/contract.js';
import type { KatonicPackage } from '../../launch/package.js';
import { whole } from '../../workers/frames.js';
import type { Answer } from '../../workers/job.js';
import type { Pool } from '../../workers/pool.js';
import type { ReadBody } from '../body.js';
import { type Context, contextOf } from '../context.js';
import { toHttp } from '../errors.js';
import type { PredictionListener } from '../events.js';
import { STATUS } from '../status.js';
import { tellOfRefusal, told } from '../telling.js';
import { INPUT, type InferRequest, inferRequest } from './request.js';
import { encodeResponse, outputsOf, outputTensors } from './response.js';
import { splitBody } from './tensors.js';

export interface V2Options {
  readonly pkg: () => Pick<KatonicPackage, 'name' | 'version' | 'modelType' | 'labels'>;
  readonly pool: Pool;
  readonly readBody: ReadBody;
  /** Guards metadata and inference; health stays open. */
  readonly token: RequestHandler;
  readonly onPrediction: PredictionListener;
  readonly logger: Logger;
  readonly production: boolean;
  /** How many pictures one request may hold. */
  readonly most?: number;
}

const MOST = 64;
/** Pictures of one request that are with the pool at once: one caller must not fill the queue. */
const ABREAST = 4;

/** Mounted at the root: every path begins with `/v2`. */
export function v2Router(options: V2Options): Router {
  const { pool, pkg, token } = options;
  const router = express.Router();
  const named: RequestHandler = (req, _res, next) => {
    const { name } = pkg();
    if (req.params.name === name) return next();
    next(
      new KatonicError({
        code: 'not_found',
        message: `expected the model "${name}"; "${String(req.params.name)}" was asked for`,
      }),
    );
  };
  const ready: RequestHandler = (_req, res) => {
    const health = pool.health();
    if (!health.ready) res.status(503).setHeader('retry-after', '1');
    res.json(health.ready ? { ready: true } : { ready: false, reason: health.reason });
  };
  router.get('/v2/health/live', (_req, res) => void res.json({ live: true }));
  router.get('/v2/health/ready', ready);
  for (const model of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    router.get(`${model}/ready`, named, ready);
    router.get(model, token, named, (_req, res) => void res.json(metadata(pkg())));
    router.post(`${model}/infer`, token, named, inferRoute(options));
  }
  router.get('/v2', token, (_req, res) => {
    const { name, version } = pkg();
    res.json({ name, version, extensions: ['binary_tensor_data'] });
  });
  router.use('/v2', (req, _res, next) => {
    next(
      new KatonicError({ code: 'not_found', message: `there is no ${req.method} ${req.originalUrl.slice(0, 200)}` }),
    );
  });
  router.use('/v2', answerErrors(options));
  return router;
}

function metadata(pkg: ReturnType<V2Options['pkg']>) {
  return {
    name: pkg.name,
    versions: [pkg.version],
    platform: 'katonic-classifier',
    inputs: [{ name: INPUT, datatype: 'BYTES', shape: [-1] }],
    outputs: outputsOf(pkg).map((output) => ({ ...output, shape: [-1] })),
  };
}

function inferRoute(options: V2Options): RequestHandler {
  const { pkg, pool, onPrediction } = options;
  return async (req: Request, res: Response) => {
    const context = contextOf(req);
    const request = await accepted(options, context, req, res);
    const answers = await predictAll(pool, request, res, (index, answer, thrown) => {
      const asked = { ...told(context), ...(request.pictures.length === 1 ? {} : { id: `${context.id}-${index}` }) };
      const stages = { ...answer?.stages, total: performance.now() - context.start };
      if (answer === undefined) {
        const { code } = toProblem(thrown);
        return onPrediction({ ...asked, status: STATUS[code], code, stages });
      }
      const known = answer.recorded ? { recorded: answer.recorded } : {};
      onPrediction({ ...asked, status: 200, stages, ...known }, request.pictures[index]);
    });
    const { name, version } = pkg();
    const bodies = answers.map((answer) => answer.body);
    const head = { model_name: name, model_version: version, id: request.id ?? context.id };
    const encoded = encodeResponse(head, outputTensors(bodies), request);
    res.setHeader('content-type', encoded.headerLength === undefined ? 'application/json' : 'application/octet-stream');
    if (encoded.headerLength !== undefined) res.setHeader('inference-header-content-length', encoded.headerLength);
    res.setHeader('cache-control', 'no-store');
    res.setHeader('content-length', encoded.body.length);
    res.end(encoded.body);
  };
}

/** The request, checked. */
async function accepted(options: V2Options, context: Context, req: Request, res: Response): Promise<InferRequest> {
  const { pool, readBody, onPrediction, most = MOST } = options;
  try {
    pool.admit();
    const { body } = await readBody(req, res);
    const header = req.headers['inference-header-content-length'];
    return inferRequest(splitBody(whole(body), header as string | undefined), most);
  } catch (thrown) {
    tellOfRefusal(thrown, context, res, onPrediction);
    throw thrown;
  }
}

type Note = (index: number, answer: Answer | undefined, thrown?: unknown) => void;

/** Every picture, a few abreast; the first that fails fails the request, and the rest is given up. */
async function predictAll(pool: Pool, { pictures }: InferRequest, res: Response, note: Note): Promise<Answer[]> {
  const answers = new Array<Answer>(pictures.length);
  const open = new Set<() => void>();
  let next = 0;
  let failed = false;
  const giveUp = () => {
    failed = true;
    for (const cancel of open) cancel();
  };
  const run = async (): Promise<void> => {
    while (next < pictures.length && !failed) {
      const index = next++;
      const { content, body } = pictures[index] as InferRequest['pictures'][number];
      let cancel = () => {};
      try {
        const ticket = pool.predict(content, body);
        cancel = ticket.cancel;
        open.add(cancel);
        const got = await ticket.answer;
        answers[index] = got;
        note(index, got);
      } catch (thrown) {
        if (!failed) note(index, undefined, thrown);
        giveUp();
        throw pictures.length === 1 ? thrown : ofElement(thrown, index);
      } finally {
        open.delete(cancel);
      }
    }
  };
  res.once('close', giveUp);
  await Promise.all(Array.from({ length: Math.min(ABREAST, pictures.length) }, run));
  res.off('close', giveUp);
  return answers;
}

function ofElement(thrown: unknown, index: number): KatonicError {
  const problem = toProblem(thrown);
  return new KatonicError({ ...problem, message: `element ${index} of "${INPUT}": ${problem.message}` });
}

/** The protocol's form of an error: `{"error": "..."}`. */
function answerErrors({ logger, production }: V2Options): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    if (res.closed || res.destroyed) return; // nobody is there to be answered
    const { id } = contextOf(req);
    const { status, body } = toHttp(thrown, id, production);
    const { code, message, where, stack } = toProblem(thrown);
    const line = `${req.method} ${req.path} ${status} ${code}: ${message}`;
    if (status >= 500) logger.error(line, { id, status, code, where, stack });
    // As in app.ts: under overload a line for each refusal would cost more than the refusal, and /metrics counts them.
    else if (status !== 429) logger.info(line, { id, status, code });
    const { detail, remedy } = body;
    const text =
      typeof detail === 'string' ? detail : detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
    if (status === 429 || status === 503) res.setHeader('retry-after', '1');
    res.status(status).json({ error: [text, ...(remedy === undefined ? [] : [remedy])].join(' '), code, id });
  };
}
