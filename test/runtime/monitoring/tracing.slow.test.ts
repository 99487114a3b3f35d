import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startTracing } from '../../../runtime/monitoring/tracing.js';
import { prediction, tempFolder } from '../feedback/helpers.js';

interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number };
}

interface OtlpBody {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

it('sends a span for the request and one for each stage, in the trace of the caller', async () => {
  const packageDir = tempFolder();
  writeFileSync(join(packageDir, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '@opentelemetry/sdk-node@0.223.0'], {
    cwd: packageDir,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const bodies: OtlpBody[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void collector.close());
  await new Promise((resolve) => collector.once('listening', resolve));

  // The SDK reads the process's own variables.
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/json';
  const tracing = await startTracing(process.env, packageDir, 'shapes');
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const at = Date.now();
  tracing?.observe(
    prediction({
      id: 'the id',
      at,
      stages: { queue: 2, preprocess: 10, fetch: 4, decode: 5, infer: 20, total: 33 },
      recorded: { label: 3, confidence: 0.75 },
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    }),
  );
  tracing?.observe(prediction({ status: 500, code: 'user_code', stages: { total: 1 } }));
  await tracing?.close();

  const resources = bodies.flatMap(({ resourceSpans }) => resourceSpans);
  expect(resources[0]?.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'shapes' } });
  const spans = resources.flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans);
  const traced = new Map(spans.filter((span) => span.traceId === traceId).map((span) => [span.name, span]));
  expect([...traced.keys()].sort()).toEqual(['decode', 'fetch', 'infer', 'predict', 'preprocess', 'queue']);
  const root = traced.get('predict');
  expect(root?.parentSpanId).toBe('b7ad6b7169203331');
  expect(root?.attributes).toContainEqual({ key: 'katonic.prediction.id', value: { stringValue: 'the id' } });
  for (const stage of ['queue', 'preprocess', 'infer']) expect(traced.get(stage)?.parentSpanId).toBe(root?.spanId);
  for (const stage of ['fetch', 'decode']) {
    expect(traced.get(stage)?.parentSpanId).toBe(traced.get('preprocess')?.spanId);
  }
  const offsets = (name: string) => {
    const { startTimeUnixNano, endTimeUnixNano } = traced.get(name)!;
    return [startTimeUnixNano, endTimeUnixNano].map((ns) => Math.round(Number(BigInt(ns) / 1000n) / 1000 - at));
  };
  expect(Object.fromEntries([...traced.keys()].map((name) => [name, offsets(name)]))).toEqual({
    predict: [0, 33],
    queue: [0, 2],
    preprocess: [2, 12],
    fetch: [2, 6],
    decode: [6, 11],
    infer: [12, 32],
  });
  const failed = spans.find((span) => span.traceId !== traceId);
  expect(failed?.status.code).toBe(2);
  expect(failed?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'user_code' } });
});
