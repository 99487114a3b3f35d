import type { ErrorCode } from '../errors.js';
import { WINDOWS } from '../feedback/reading.js';
import type { KatonicPackage } from '../launch/package.js';
import type { LaunchInfo } from '../workers/messages.js';
import { errorSchema, type Json, validationSchema } from './openapi-schemas.js';
import { STATUS } from './status.js';

const ERROR = { $ref: '#/components/schemas/Error' };
const VALIDATION = { $ref: '#/components/schemas/ValidationError' };

/** The OpenAPI 3.1 description of this server: 3.1, since its schemas are JSON Schema 2020-12, which joi writes. */
export function openapiDocument(pkg: KatonicPackage, prefix: string, tokenRequired: boolean, info: LaunchInfo): Json {
  const predict = predictOperation(info);
  const feedback = feedbackOperation(pkg);
  const both = (path: string, operation: Json) => ({
    [prefix + path]: { post: operation },
    [path]: {
      post: {
        ...operation,
        operationId: `${operation.operationId}Short`,
        summary: `${operation.summary} (short form)`,
      },
    },
  });
  return {
    openapi: '3.1.0',
    info: { title: pkg.name, version: pkg.version, description: pkg.description },
    paths: {
      ...both('/predict', predict),
      ...both('/feedback', feedback),
      [`${prefix}/preview`]: { post: previewOperation(predict) },
      [`${prefix}/monitoring`]: {
        get: windowed(figuresOperation('monitoring', 'Figures of predictions and feedback', 'application/json')),
      },
      [`${prefix}/monitoring/stream`]: {
        get: windowed(
          figuresOperation('monitoringStream', 'The same figures whenever they change', 'text/event-stream'),
        ),
      },
      '/metrics': { get: figuresOperation('metrics', 'Figures for Prometheus', 'text/plain') },
      '/health/live': { get: openOperation('live', 'The server process answers') },
      '/health/ready': {
        get: openOperation('ready', 'A worker has loaded the model', {
          503: described('not ready; `reason` says why', {}),
        }),
      },
    },
    components: {
      schemas: { PredictRequest: info.bodySchema, Error: errorSchema(), ValidationError: validationSchema() },
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The raw token, without "Bearer".' },
      },
    },
    security: tokenRequired ? [{ token: [] }] : [],
  };
}

function predictOperation(info: LaunchInfo): Json {
  const picture = { schema: { type: 'string', format: 'binary' } };
  return {
    operationId: 'predict',
    summary: 'Classify one picture',
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/PredictRequest' } },
        'multipart/form-data': {
          schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'] },
        },
        'image/*': picture,
        'application/octet-stream': picture,
      },
    },
    responses: {
      200: {
        description: `What predict of ${info.name} returns`,
        headers: {
          'x-request-id': {
            description: 'The id of the prediction; feedback may refer to it',
            schema: { type: 'string' },
          },
          'server-timing': { description: 'Milliseconds by stage', schema: { type: 'string' } },
        },
        content: { 'application/json': { schema: true } },
      },
      ...errors(
        'not_json',
        'unauthorized',
        'forbidden',
        'request_timeout',
        'too_large',
        'unsupported_media_type',
        'queue_full',
      ),
      ...errors('user_code', 'not_ready', 'timeout'),
      422: described('the body, or the picture in it, was refused', VALIDATION),
    },
  };
}

function feedbackOperation(pkg: KatonicPackage): Json {
  const codes = pkg.labels.codes.length > 0 ? { enum: pkg.labels.codes } : { type: ['integer', 'string'] };
  const list = { type: 'array', items: codes, minItems: 1 };
  return {
    operationId: 'feedback',
    summary: 'Tell what was true',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            anyOf: [
              {
                type: 'object',
                properties: { predicted_label: list, true_label: list },
                required: ['predicted_label', 'true_label'],
              },
              { type: 'object', description: 'By prediction id, or the older form with data and label' },
            ],
          },
        },
      },
    },
    responses: {
      200: {
        description: 'Metrics of this batch and of all feedback',
        content: { 'application/json': { schema: true } },
      },
      ...errors('not_json', 'unauthorized', 'forbidden', 'too_large', 'unsupported_media_type', 'queue_full'),
      // The older form asks the model, so what goes wrong with a prediction goes wrong here.
      ...errors('request_timeout', 'user_code', 'not_ready', 'timeout'),
      422: described('the labels were refused', VALIDATION),
    },
  };
}

function previewOperation({ requestBody }: Json): Json {
  return {
    operationId: 'preview',
    summary: 'The picture as the model sees it',
    requestBody,
    responses: {
      200: {
        description: 'after crop and resize',
        content: { 'image/png': { schema: { type: 'string', format: 'binary' } } },
      },
      204: { description: 'the launch module reads pictures in its own way' },
      ...errors(
        'not_json',
        'unauthorized',
        'forbidden',
        'too_large',
        'unsupported_media_type',
        'queue_full',
        'user_code',
      ),
      422: described('the body, or the picture in it, was refused', VALIDATION),
    },
  };
}

function figuresOperation(operationId: string, summary: string, type: string): Json {
  const ok = { description: 'as of now', content: { [type]: { schema: true } } };
  return { operationId, summary, responses: { 200: ok, ...errors('unauthorized') } };
}

/** Figures over a window, read from the store. */
function windowed(operation: Json): Json {
  const schema = { enum: WINDOWS, default: 'all' };
  const responses = {
    ...(operation.responses as Json),
    ...errors('not_ready'),
    422: described('the window was refused', VALIDATION),
  };
  const description = '`series.points` has the minutes, hours or days in which something came; the others are zero.';
  return { ...operation, description, parameters: [{ name: 'window', in: 'query', schema }], responses };
}

function openOperation(operationId: string, summary: string, more: Json = {}): Json {
  const ok = { description: 'yes', content: { 'application/json': { schema: { type: 'object' } } } };
  return { operationId, summary, security: [], responses: { 200: ok, ...more } };
}

function errors(...codes: ErrorCode[]): Json {
  return Object.fromEntries(codes.map((code) => [STATUS[code], described(code, ERROR)]));
}

function described(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}
