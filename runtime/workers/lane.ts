/**
 * The inference slot of a child: one run at a time. What arrives during a run waits, and the next run takes up to
 * `size` of those that wait: a batch forms from backlog only, nothing ever waits for a batch to fill.
 */

/** Runs one item, or several at once; the results are in the order of the items. */
export interface LaneWork<Item, Result> {
  one(item: Item): Promise<Result>;
  /** Only called with two or more items. */
  many?(items: readonly Item[]): Promise<readonly Result[]>;
  /** Called when a batch failed, before its items are run singly. */
  onBatchFailure?(reason: unknown): void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly started: () => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

export interface Ticket<Result> {
  readonly result: Promise<Result>;
  /** `true` when the item was still waiting and is now forgotten; its result then never settles. */
  cancel(): boolean;
}

export class Lane<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #running = false;
  readonly #work: LaneWork<Item, Result>;
  readonly #size: number;

  /** `size` counts items; it only matters where `work.many` is there. */
  constructor(work: LaneWork<Item, Result>, size = 1) {
    this.#work = work;
    this.#size = work.many === undefined ? 1 : Math.max(1, Math.floor(size));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** `started` is called when the item's run begins. Rejects with what the work threw for this item. */
  add(item: Item, started: () => void = () => {}): Ticket<Result> {
    let entry: Waiting<Item, Result> | undefined;
    const result = new Promise<Result>((resolve, reject) => {
      entry = { item, started, resolve, reject };
      this.#waiting.push(entry);
    });
    if (!this.#running) void this.#drain();
    return {
      result,
      cancel: () => {
        const at = this.#waiting.indexOf(entry as Waiting<Item, Result>);
        if (at >= 0) this.#waiting.splice(at, 1);
        return at >= 0;
      },
    };
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, this.#size);
      for (const { started } of taken) started();
      if (taken.length === 1 || !(await this.#runMany(taken))) {
        for (const entry of taken) await this.#runOne(entry);
      }
    }
    this.#running = false;
  }

  async #runOne({ item, resolve, reject }: Waiting<Item, Result>): Promise<void> {
    try {
      resolve(await this.#work.one(item));
    } catch (thrown) {
      reject(thrown);
    }
  }

  /** `false` when the batch as a whole failed: its items are then run singly, so that one bad item fails alone. */
  async #runMany(taken: readonly Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await this.#work.many?.(taken.map(({ item }) => item));
      if (results?.length !== taken.length) {
        throw new RangeError(
          `expected ${taken.length} answers for a batch of ${taken.length}; came ${results?.length}`,
        );
      }
      taken.forEach(({ resolve }, at) => {
        resolve(results[at] as Result);
      });
      return true;
    } catch (thrown) {
      this.#work.onBatchFailure?.(thrown);
      return false;
    }
  }
}
