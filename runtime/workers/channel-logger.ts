import { inspect } from 'node:util';
import type { Logger } from '../launch/contract.js';
import type { FromChild, LogLevel } from './messages.js';

/** Longer texts are cut, and say so: a launch module that logs pixels must not slow its own answers down. */
export const MAX_LOG_CHARACTERS = 8192;

/** The logger handed to user code: each line becomes one `log` frame. */
export function channelLogger(send: (header: FromChild) => void): Logger {
  const log = (level: LogLevel, message: unknown, details: readonly unknown[], stack?: string): void => {
    const text = cut([message, ...details].map(asText).join(' '));
    send({ type: 'log', level, message: text, ...(stack === undefined ? {} : { stack: cut(stack) }) });
  };
  return {
    debug: (message, ...details) => log('debug', message, details),
    info: (message, ...details) => log('info', message, details),
    warning: (message, ...details) => log('warning', message, details),
    error: (message, ...details) => log('error', message, details),
    exception: (message, error) => {
      if (error instanceof Error) log('error', message, [error.message], error.stack);
      else log('error', message, error === undefined ? [] : [error]);
    },
  };
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return inspect(value, { depth: 4, maxArrayLength: 20, maxStringLength: 1000, breakLength: Number.POSITIVE_INFINITY });
}

function cut(text: string): string {
  if (text.length <= MAX_LOG_CHARACTERS) return text;
  return `${text.slice(0, MAX_LOG_CHARACTERS)}... (${text.length - MAX_LOG_CHARACTERS} more characters)`;
}
