import { STATUS } from './status.js';

export type Json = Readonly<Record<string, unknown>>;

/** JSON Schema of every error but 422. */
export function errorSchema(): Json {
  return {
    type: 'object',
    properties: {
      detail: { type: 'string' },
      code: { enum: Object.keys(STATUS) },
      remedy: { type: 'string' },
      where: {
        type: 'object',
        properties: {
          field: { type: 'array' },
          file: { type: 'string' },
          line: { type: 'integer' },
          function: { type: 'string' },
        },
      },
      id: { type: 'string' },
    },
    required: ['detail', 'code', 'id'],
  };
}

/** JSON Schema of 422: FastAPI's form. */
export function validationSchema(): Json {
  const item = {
    type: 'object',
    properties: {
      loc: { type: 'array', items: { type: ['string', 'integer'] } },
      msg: { type: 'string' },
      type: { type: 'string' },
    },
    required: ['loc', 'msg', 'type'],
  };
  return {
    type: 'object',
    properties: {
      detail: { type: 'array', items: item },
      code: { type: 'string' },
      remedy: { type: 'string' },
      id: { type: 'string' },
    },
    required: ['detail'],
  };
}
