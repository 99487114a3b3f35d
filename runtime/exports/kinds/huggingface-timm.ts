import { normalisation } from '../answers.js';
import type { Fit, Known, Pixels, Size } from '../facts.js';
import { isObject, type JsonObject } from '../source/source.js';
import type { Processor } from './huggingface-processor.js';

const from = 'config.json pretrained_cfg';

const kernels = { bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3', nearest: 'nearest' } as const;

/**
 * timm's config.json on the hub: `pretrained_cfg` with input_size, interpolation, crop_pct, crop_mode, mean and std, as
 * timm's own evaluation transform uses them, and its defaults where one is missing (timm 1.0.31, `resolve_data_config`
 * and `transforms_imagenet_eval`).
 */
export function timmConfig(
  config: JsonObject,
): (Processor & { readonly names: readonly string[] | undefined }) | undefined {
  const own = config.pretrained_cfg;
  if (!isObject(own) || !Array.isArray(own.input_size)) return undefined;
  const [, height, width] = own.input_size as number[];
  if (typeof height !== 'number' || typeof width !== 'number') return undefined;
  const { mean, std } = normalisation('imagenet');
  const pixels: Pixels = { scale: 1 / 255, mean: numbers(own.mean, mean), std: numbers(own.std, std) };
  const names = config.label_names ?? own.label_names;
  return {
    size: { value: { width, height }, from },
    pixels: { value: pixels, from },
    fit: fitOf(own, { width, height }),
    order: { value: 'rgb', from },
    kernel: kernelOf(own.interpolation ?? 'bicubic'),
    findings: [],
    names: Array.isArray(names) && names.every((name) => typeof name === 'string') ? (names as string[]) : undefined,
  };
}

function fitOf(own: JsonObject, { width, height }: Size): Known<Fit> {
  const share = typeof own.crop_pct === 'number' && own.crop_pct > 0 ? own.crop_pct : 0.875;
  const scaled = { width: Math.floor(width / share), height: Math.floor(height / share) };
  if (own.crop_mode === 'squash') return { value: { fit: 'crop', resize: scaled }, from };
  if (own.crop_mode === 'border') {
    // It fills with the mean colour, and cuts a margin where crop_pct is not 1: `pad` does neither.
    return { value: { fit: 'pad' }, why: `${from} says crop_mode border, which pad comes nearest to` };
  }
  if (width === height) return { value: { fit: 'crop', resize: scaled.width }, from };
  if (share === 1) return { value: { fit: 'crop' }, from };
  return { value: { fit: 'crop' }, why: `${from} says crop_pct ${share} for an input that is not square` };
}

function kernelOf(interpolation: unknown): Processor['kernel'] {
  const value = kernels[interpolation as keyof typeof kernels];
  if (value !== undefined) return { value, from };
  return { value: 'cubic', why: `${from} says interpolation ${String(interpolation)}, which is not available` };
}

function numbers(value: unknown, fallback: number | readonly number[]): number | readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number') ? (value as number[]) : fallback;
}
