import process from 'node:process';
import { type DestinationStream, pino } from 'pino';
import type { Logger } from '../launch/contract.js';

/**
 * Logs go to standard error, so that standard output holds what was asked for. Pretty on a terminal, one JSON object
 * a line otherwise. The last plain object of the details becomes fields.
 */
export async function createLogger(stream: NodeJS.WriteStream = process.stderr): Promise<Logger> {
  const destination: DestinationStream = stream.isTTY ? await prettyTo(stream) : stream;
  const log = pino({ level: 'debug', formatters: { level: (label) => ({ level: label }) } }, destination);
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, ...details: unknown[]) => {
      log[level](fieldsOf(details), message);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warning: write('warn'),
    error: write('error'),
    exception: (message, error) => log.error({ err: error }, message),
  };
}

async function prettyTo(destination: NodeJS.WriteStream): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ destination, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true, sync: true });
}

function fieldsOf(details: readonly unknown[]): object {
  const last = details.at(-1);
  const isFields = typeof last === 'object' && last !== null && !Array.isArray(last) && !(last instanceof Error);
  const rest = isFields ? details.slice(0, -1) : details;
  const errors = rest.filter((detail) => detail instanceof Error);
  const others = rest.filter((detail) => !(detail instanceof Error));
  return {
    ...(isFields ? last : {}),
    ...(errors.length === 0 ? {} : { err: errors[0] }),
    ...(others.length === 0 ? {} : { details: others }),
  };
}
