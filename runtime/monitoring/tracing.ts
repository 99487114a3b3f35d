import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KatonicError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import type { PredictionEvent } from '../serving/events.js';

/** Sends one trace a prediction. */
export interface Tracing {
  observe(event: PredictionEvent): void;
  /** Sends what is held. */
  close(): Promise<void>;
}

const SDK = '@opentelemetry/sdk-node';

/**
 * Tracing by OpenTelemetry's own environment variables, when an OTLP endpoint is among them; `undefined` otherwise. The
 * SDK is 50 MB that few need, so it is looked for in the served package and beside us, and not among our dependencies.
 *
 * @param packageDir the served package.
 * @param name what `service.name` is where OTEL_SERVICE_NAME does not say it.
 * @throws KatonicError `usage` when an endpoint is set and the SDK is not installed.
 */
export async function startTracing(
  env: NodeJS.ProcessEnv,
  packageDir: string,
  name: string,
): Promise<Tracing | undefined> {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const { NodeSDK, api } = await loadSdk(packageDir);
  const sdk = new NodeSDK({ instrumentations: [], ...(env.OTEL_SERVICE_NAME ? {} : { serviceName: name }) });
  sdk.start();
  const tracer = api.trace.getTracer('katonic-classifier');
  return {
    observe: (event) => record(event, tracer, api),
    close: () => sdk.shutdown(),
  };
}

/** The spans of a prediction, made after it from the times that were measured: the request pays nothing for them. */
function record(event: PredictionEvent, tracer: Tracer, api: Api): void {
  const { id, at, status, code, stages, recorded, traceparent } = event;
  const caller = api.propagation.extract(api.ROOT_CONTEXT, traceparent === undefined ? {} : { traceparent });
  const root = tracer.startSpan(
    'predict',
    {
      kind: api.SpanKind.SERVER,
      startTime: at,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': status,
        'katonic.prediction.id': id,
        ...(code === undefined ? {} : { 'error.type': code }),
        ...(recorded?.label === undefined ? {} : { 'katonic.prediction.label': String(recorded.label) }),
        ...(recorded?.confidence === undefined ? {} : { 'katonic.prediction.confidence': recorded.confidence }),
      },
    },
    caller,
  );
  if (status >= 500) root.setStatus({ code: api.SpanStatusCode.ERROR });
  const child = (stage: string, start: number, ms: number | undefined, parent: Span) => {
    if (ms === undefined) return { end: start, span: parent };
    const span = tracer.startSpan(stage, { startTime: start }, api.trace.setSpan(caller, parent));
    span.end(start + ms);
    return { end: start + ms, span };
  };
  const queue = child('queue', at, stages.queue, root);
  const preprocess = child('preprocess', queue.end, stages.preprocess, root);
  const fetched = child('fetch', queue.end, stages.fetch, preprocess.span);
  child('decode', fetched.end, stages.decode, preprocess.span);
  child('infer', preprocess.end, stages.infer, root);
  root.end(at + (stages.total ?? 0));
}

async function loadSdk(packageDir: string): Promise<Sdk> {
  for (const folder of [packageDir, packageRoot]) {
    let file: string;
    try {
      file = createRequire(join(folder, 'package.json')).resolve(SDK);
    } catch {
      continue; // not installed there
    }
    const loaded = (await import(pathToFileURL(file).href)) as { default: Sdk };
    return loaded.default;
  }
  throw new KatonicError({
    code: 'usage',
    message: `an OpenTelemetry endpoint is set, and ${SDK} is not installed: nothing is traced`,
    remedy: `Run "npm install ${SDK}@0.223.0" in the package (for Node 20), or unset OTEL_EXPORTER_OTLP_ENDPOINT.`,
  });
}

/** The parts of the SDK that are used. */
interface Sdk {
  readonly NodeSDK: new (options: {
    readonly instrumentations: readonly never[];
    readonly serviceName?: string;
  }) => { start(): void; shutdown(): Promise<void> };
  readonly api: Api;
}

interface Api {
  readonly ROOT_CONTEXT: Context;
  readonly SpanKind: { readonly SERVER: number };
  readonly SpanStatusCode: { readonly ERROR: number };
  readonly trace: { getTracer(name: string): Tracer; setSpan(context: Context, span: Span): Context };
  readonly propagation: { extract(context: Context, carrier: object): Context };
}

interface Tracer {
  startSpan(
    name: string,
    options: { readonly startTime: number; readonly kind?: number; readonly attributes?: object },
    context: Context,
  ): Span;
}

interface Span {
  setStatus(status: { readonly code: number }): unknown;
  end(time: number): void;
}

type Context = { readonly __context: never };
