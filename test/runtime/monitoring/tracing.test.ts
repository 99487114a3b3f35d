import { expect, it } from 'vitest';
import { startTracing } from '../../../runtime/monitoring/tracing.js';
import { tempFolder } from '../feedback/helpers.js';

const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:1';

it.each([
  ['without an endpoint', {}],
  ['when it is switched off', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  ['when traces go nowhere', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('does nothing %s', async (_when, env) => {
  expect(await startTracing(env, tempFolder(), 'shapes')).toBeUndefined();
});

it('says what to install where the SDK is missing', async () => {
  await expect(startTracing({ OTEL_EXPORTER_OTLP_ENDPOINT }, tempFolder(), 'shapes')).rejects.toMatchObject({
    code: 'usage',
    remedy: expect.stringContaining('npm install @opentelemetry/sdk-node@'),
  });
});
