import type { Fit, Pixels, Said, Size } from '../facts.js';
import { isObject, type JsonObject } from '../source/source.js';
import type { Processor } from './huggingface-processor.js';

/**
 * timm's config.json on the hub: `pretrained_cfg` with input_size, interpolation, crop_pct, crop_mode, mean and std, as
 * timm's own evaluation transform uses them.
 */
export function timmConfig(
  config: JsonObject,
): (Processor & { readonly names: readonly string[] | undefined }) | undefined {
  const own = config.pretrained_cfg;
  if (!isObject(own) || !Array.isArray(own.input_size)) return undefined;
  const [, height, width] = own.input_size as number[];
  if (typeof height !== 'number' || typeof width !== 'number') return undefined;
  const from = 'config.json pretrained_cfg';
  const share = typeof own.crop_pct === 'number' ? own.crop_pct : 0.875;
  const squash = own.crop_mode === 'squash';
  const fit: Fit = squash
    ? { fit: 'crop', resize: { width: Math.floor(width / share), height: Math.floor(height / share) } }
    : { fit: 'crop', resize: Math.floor(Math.min(width, height) / share) };
  const size: Said<Size> = { value: { width, height }, from };
  const pixels: Pixels = { scale: 1 / 255, mean: numbers(own.mean, 0), std: numbers(own.std, 1) };
  const kernel =
    own.interpolation === 'bilinear'
      ? 'linear'
      : own.interpolation === 'lanczos'
        ? 'lanczos3'
        : own.interpolation === 'nearest'
          ? 'nearest'
          : 'cubic';
  const labels = config.label_names;
  return {
    size,
    pixels: { value: pixels, from },
    fit: { value: fit, from },
    order: { value: 'rgb', from },
    kernel: { value: kernel, from },
    findings: [],
    names: Array.isArray(labels) && labels.every((name) => typeof name === 'string') ? (labels as string[]) : undefined,
  };
}

function numbers(value: unknown, fallback: number): number | readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number') ? (value as number[]) : fallback;
}
