import type { Server, ServerResponse } from 'node:http';

/** The requests of a server, each from its headers to the end of its answer, bodies that still arrive included. */
export class InFlight {
  readonly #answers = new Set<ServerResponse>();
  #drained: (() => void) | undefined;

  constructor(server: Server) {
    server.prependListener('request', (_req, res) => {
      this.#answers.add(res);
      if (this.#drained !== undefined) endsConnection(res);
      res.once('close', () => {
        this.#answers.delete(res);
        if (this.#answers.size === 0) this.#drained?.();
      });
    });
  }

  /** Resolves when the last one has been answered, at the latest after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      for (const res of this.#answers) endsConnection(res);
      timer = setTimeout(resolve, limitMs);
      if (this.#answers.size === 0) resolve();
    });
    clearTimeout(timer);
  }
}

/** A connection that is kept alive would bring one request after another for ever. */
function endsConnection(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('connection', 'close');
}
