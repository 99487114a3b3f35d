import type { Store, Window } from '../feedback/store.js';
import { type Figures, figures } from './figures.js';

export type Listener = (figures: Figures) => void;

/** Changes are told at most this often. */
const SHORTEST_MS = 1000;
/**
 * And the less often the longer reading takes: SQLite works on the thread that answers requests, and where many classes
 * are mistaken for each other a window takes some hundred milliseconds. So looking costs at most 2 % of that thread,
 * within reason.
 */
const REST = 50;
const LONGEST_REST_MS = 30_000;
/** Told even without a change seen here: windows move on, and other replicas write to the same database. */
const LONGEST_MS = 10_000;

/** Tells figures as they change to whoever looks; reads the store once for all of them, and not at all for nobody. */
export class Feed {
  readonly #store: Store;
  readonly #listeners = new Map<Listener, Window>();
  #changed = false;
  #telling = false;
  #told = 0;
  /** No reading before this. */
  #restUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(window: Window): Promise<Figures> {
    return figures(await this.#store.read(window), this.#store.labels, this.#store.modelType);
  }

  /** Something was predicted or fed back. */
  changed(): void {
    this.#changed = true;
  }

  /** Gives the function that stops it. */
  listen(window: Window, listener: Listener): () => void {
    this.#listeners.set(listener, window);
    this.#timer ??= setInterval(() => void this.#tell(), SHORTEST_MS).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #tell(): Promise<void> {
    const now = performance.now();
    if (this.#telling || now < this.#restUntil || (!this.#changed && now - this.#told < LONGEST_MS)) return;
    this.#telling = true;
    this.#changed = false;
    this.#told = now;
    // Not the time by the clock: waiting for a database costs nobody anything.
    const before = process.cpuUsage();
    for (const window of new Set(this.#listeners.values())) {
      try {
        const current = await this.read(window);
        for (const [listener, wanted] of this.#listeners) if (wanted === window) listener(current);
      } catch {
        // The database is away: it is asked again at the next turn, and GET /monitoring says why.
        this.#changed = true;
      }
    }
    const { user, system } = process.cpuUsage(before);
    this.#restUntil = now + Math.min(LONGEST_REST_MS, (REST * (user + system)) / 1000);
    this.#telling = false;
  }
}
