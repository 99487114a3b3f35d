import type { InferenceSession } from 'onnxruntime-node';
import { engineError, firstLine } from './failure.js';

type Runtime = typeof import('onnxruntime-node');

/** An execution provider that was named and is not used, with the reason. */
interface Missing {
  readonly provider: string;
  readonly reason: string;
}

export interface OnProviders {
  readonly session: InferenceSession;
  /** For example `CPU`, or `CPU, without CUDA`. */
  readonly used: string;
  /** A clause for each provider that was named and is not there; empty where all are. */
  readonly notes: readonly string[];
}

/**
 * A session on the named execution providers, in their order, without those that are not there: ONNX Runtime itself drops
 * a name that it does not know, and fails at one whose library or device is missing. Throws what `create` throws for
 * the last ones, and {@link KatonicError} `engine` where none of the named ones is there.
 *
 * @param create opens the model on these providers.
 */
export async function onProviders(
  runtime: Pick<Runtime, 'listSupportedBackends'>,
  providers: readonly string[],
  create: (providers: readonly string[]) => Promise<InferenceSession>,
): Promise<OnProviders> {
  const known = runtime.listSupportedBackends().map(({ name }) => name);
  const missing: Missing[] = providers
    .filter((provider) => !known.includes(provider))
    .map((provider) => ({ provider, reason: `this build of ONNX Runtime has ${known.join(', ')}` }));
  let left = providers.filter((provider) => known.includes(provider));
  while (left.length > 0) {
    try {
      const session = await create(left);
      const without = missing.map(({ provider }) => provider).join(', ');
      const used = [left.join(', '), ...(without === '' ? [] : [`without ${without}`])].join(', ');
      return { session, used: capitals(used), notes: missing.map(note) };
    } catch (error) {
      const failed = failing(left, error);
      // Only the CPU is left: it is the model that fails.
      if (failed === undefined) throw error;
      missing.push({ provider: failed, reason: firstLine(error) });
      left = left.filter((provider) => provider !== failed);
    }
  }
  throw engineError(
    `ONNX Runtime cannot use ${missing.map(({ provider }) => provider).join(', ') || 'no execution provider'}: ${missing.map(({ reason }) => reason).join('; ')}.`,
    "Name 'cpu' after it in the providers of openModel to fall back on; for CUDA (Linux x64) install its libraries: npm install --onnxruntime-node-install=cuda12 onnxruntime-node, with CUDA 12 and cuDNN 9 on the machine.",
  );
}

/** The provider that the message names, else the first; the CPU is always there. */
function failing(providers: readonly string[], error: unknown): string | undefined {
  const message = String(error).toLowerCase();
  const others = providers.filter((provider) => provider !== 'cpu');
  return others.find((provider) => message.includes(provider)) ?? others[0];
}

function note({ provider, reason }: Missing): string {
  return `not on ${capitals(provider)}, which is not there (${reason})`;
}

function capitals(text: string): string {
  return text.replace(/\b(?!without\b)[a-z]+\b/g, (word) => word.toUpperCase());
}
