/** What `GET /` answers to `Accept: application/json`. */
export interface Summary {
  readonly name: string;
  readonly description?: string;
  readonly modelType: 'binary' | 'multi-class' | 'others';
  readonly classes: readonly ClassName[];
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

/** One bar of the answer. */
export interface Bar {
  readonly name: string;
  readonly code?: number | string;
  readonly probability?: number;
}

/** An answer of predict, as the page shows it; `raw` is what the launch module gave. */
export interface Answer {
  readonly id: string;
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

/** An error as the server words it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly remedy?: string;
}
