import { describe, expect, it } from 'vitest';
import { channelLogger, MAX_LOG_CHARACTERS } from '../../../runtime/workers/channel-logger.js';
import type { FromChild } from '../../../runtime/workers/messages.js';

function logger() {
  const sent: FromChild[] = [];
  return { sent, log: channelLogger((header) => sent.push(header)) };
}

describe('the logger of a launch module', () => {
  it("has Python's names and sends one line each", () => {
    const { sent, log } = logger();
    log.debug('a');
    log.info('b', { n: 1 }, [2]);
    log.warning('c');
    log.error('d');
    expect(sent).toEqual([
      { type: 'log', level: 'debug', message: 'a' },
      { type: 'log', level: 'info', message: 'b { n: 1 } [ 2 ]' },
      { type: 'log', level: 'warning', message: 'c' },
      { type: 'log', level: 'error', message: 'd' },
    ]);
  });

  it('sends the stack of an exception', () => {
    const { sent, log } = logger();
    log.exception('loading failed', new RangeError('too far'));
    log.exception('odd', 'no error');
    expect(sent).toMatchObject([
      { level: 'error', message: 'loading failed too far', stack: expect.stringContaining('RangeError: too far') },
      { level: 'error', message: 'odd no error' },
    ]);
  });

  it('takes what is no text, and cuts what is long', () => {
    const { sent, log } = logger();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    log.info(undefined as unknown as string, cycle, 1n, Symbol('s'));
    log.info('x'.repeat(100_000), new Float32Array(1_000_000));
    const messages = sent.map((frame) => (frame as { message: string }).message);
    expect(messages[0]).toBe('undefined <ref *1> { self: [Circular *1] } 1n Symbol(s)');
    expect(messages[1]?.length).toBeLessThan(MAX_LOG_CHARACTERS + 50);
    expect(messages[1]).toMatch(/more characters\)$/);
  });
});
