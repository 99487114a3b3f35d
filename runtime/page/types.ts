/** What `GET /` answers to `Accept: application/json`. */
export interface Summary {
  readonly name: string;
  readonly description?: string;
  readonly modelType: 'binary' | 'multi-class' | 'others';
  readonly classes: readonly ClassName[];
  /** Empty until the model is loaded, and where the launch module opens its model in its own way. */
  readonly engines: readonly { readonly engine: string; readonly why: string }[];
  readonly limits: Readonly<Record<string, string>>;
  readonly prefix: string;
  readonly samples: readonly string[];
  readonly tokenRequired: boolean;
}

export interface ClassName {
  readonly name: string;
  readonly code: number | string;
}

/** A class of an answer, as far as the answer says it. */
export interface Bar {
  readonly name: string;
  readonly code?: number | string;
  readonly probability?: number;
}

/** An answer of predict, as the page shows it; `raw` is what the launch module gave. */
export interface Answer {
  readonly id: string;
  /** What the launch module decided, which need not be the most probable class; absent where it named none. */
  readonly predicted?: Bar;
  /** Whether the server recorded the label, so that feedback can refer to the id. */
  readonly recorded: boolean;
  /** The most probable first. */
  readonly bars: readonly Bar[];
  readonly raw: unknown;
  /** Milliseconds, in the order the server reports them. */
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  /** Round trip as this page saw it. */
  readonly totalMs: number;
}

/** A picture on its way to the model. */
export type Picture =
  | { readonly kind: 'file'; readonly blob: Blob; readonly name: string }
  | { readonly kind: 'url'; readonly url: string };

/** The picture as the model saw it, which comes after the answer, if at all. */
export type Seen =
  | { readonly state: 'waiting' }
  | { readonly state: 'shown'; readonly png: Blob }
  /** `why` where it was refused; without, the launch module reads pictures in its own way. */
  | { readonly state: 'none'; readonly why?: string };

/** The last picture and what became of it. One value, so that no picture stands beside the answer to another. */
export type Asked =
  | { readonly state: 'empty' }
  | { readonly state: 'waiting'; readonly picture: Picture; readonly last?: Answer }
  | { readonly state: 'answered'; readonly picture: Picture; readonly answer: Answer; readonly seen: Seen }
  | { readonly state: 'refused'; readonly picture?: Picture; readonly refusal: Refusal };

/** An error as the server words it; status 0 where there is no server. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly remedy?: string;
}
