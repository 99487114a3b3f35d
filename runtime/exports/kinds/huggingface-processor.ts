import type { Finding } from '../../errors.js';
import { normalisation } from '../answers.js';
import type { Fit, Known, Pixels, Size } from '../facts.js';
import { refuse } from '../refuse.js';
import { isObject, type JsonObject } from '../source/source.js';
import { type ProcessorDefaults, processorClass } from './huggingface-defaults.js';

export interface Processor {
  readonly size: Known<Size>;
  readonly pixels: Known<Pixels>;
  readonly fit: Known<Fit>;
  readonly order: Known<'rgb' | 'bgr'>;
  readonly kernel: Known<'nearest' | 'linear' | 'cubic' | 'lanczos3'>;
  readonly findings: readonly Finding[];
}

/** Pillow's numbers: NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING. */
const kernels = ['nearest', 'lanczos3', 'linear', 'cubic', undefined, undefined] as const;

/** Steps that a recipe has, or that leave the pixels as they are. */
const steps = new Set([
  'do_resize',
  'do_center_crop',
  'do_rescale',
  'do_normalize',
  'do_flip_channel_order',
  'do_convert_rgb',
  'do_reduce_labels',
]);

/** Stands in for what a processor of another class leaves out; each use of it is an assumption. */
const assumed = { size: { height: 224, width: 224 }, resample: 2 } as const;

type Sides = { readonly exact: Size } | { readonly shortest: number };

/**
 * What an image processor of `transformers` does, from its JSON. What that leaves out is filled from the defaults of
 * its class, as `transformers` does; a class that is not known (somebody's own, a later one) has none, so it is left
 * to be asked. Throws {@link KatonicError} `package` where its steps cannot be told.
 *
 * @param modelType of config.json: it names the class where the JSON does not.
 */
export function readProcessor(json: JsonObject, file: string, channels: 1 | 3, modelType?: unknown): Processor {
  const named = json.image_processor_type ?? json.feature_extractor_type;
  const name = typeof named === 'string' ? named : undefined;
  const { family, defaults } = processorClass(name, modelType);
  const type = name ?? (family === '' ? 'no image processor' : `${family}ImageProcessor`);
  const given = withoutNull(json);
  const settings: JsonObject = { ...(defaults ?? assumed), ...given };
  const plan = planOf(family, settings, file);
  const kernel = kernelOf(settings.resample, file);
  const flipped = settings.do_flip_channel_order === true;
  const known = defaults !== undefined;
  const why = `${file} does not say, and it names ${type}, whose defaults are not known`;

  /** Said, where the class is known or the file holds each of `keys` itself. */
  function told<T>(value: T, from: string, keys: readonly string[]): Known<T> {
    return known || keys.every((key) => key in given) ? { value, from } : { value, why };
  }
  const size = ['size', ...(given.do_center_crop === true ? ['crop_size'] : [])];
  const means = known || given.do_normalize === false || ('image_mean' in given && 'image_std' in given);
  const scaled = known || 'do_rescale' in given || 'rescale_factor' in given;
  const range = normalisation(given.do_normalize === false ? '0..1' : 'imagenet');
  return {
    size: told(plan.target, plan.from, size),
    fit:
      plan.why === undefined
        ? told(plan.fit, plan.from, [...size, 'do_center_crop'])
        : { value: plan.fit, why: plan.why },
    kernel: told(kernel.value, `${file} resample`, ['resample']),
    order: told(flipped ? 'bgr' : 'rgb', flipped ? `${file} do_flip_channel_order` : type, ['do_flip_channel_order']),
    // Mean and deviation of the file are kept where only the factor before them is missing: no answer could give them.
    pixels:
      means && (scaled || given.do_normalize !== false)
        ? { value: pixelsOf(family, settings, channels), from: `${file} rescale_factor, image_mean, image_std` }
        : { value: range, why },
    findings: [
      ...kernel.findings,
      ...(known && json.auto_map === undefined ? [] : [unknownClass(json, type, means && !scaled, file)]),
      ...unknownSteps(given, file),
    ],
  };
}

function kernelOf(
  resample: unknown,
  file: string,
): { value: NonNullable<(typeof kernels)[number]>; findings: Finding[] } {
  const number = typeof resample === 'number' ? resample : 2;
  const value = kernels[number];
  if (value !== undefined) return { value, findings: [] };
  const message = `${file} asks for resample ${number} (${number === 4 ? 'BOX' : 'HAMMING'}), which is not available: linear is used, answers differ slightly`;
  return { value: 'linear', findings: [{ severity: 'warning', rule: 'export/kernel', message, file }] };
}

function unknownClass(json: JsonObject, type: string, unscaled: boolean, file: string): Finding {
  const code =
    json.auto_map === undefined ? '' : ` (code of its own, never run: auto_map ${JSON.stringify(json.auto_map)})`;
  const scale = unscaled ? '; rescale_factor is missing, 1/255 is used' : '';
  return {
    severity: 'warning',
    rule: 'export/processor',
    message: `${file} names ${type}${code}, whose defaults and steps are not known: only what the file says is followed${scale}`,
    remedy:
      'Compare an answer with the one that Python gives for the same picture; --fit, --kernel and --range correct the recipe.',
    file,
  };
}

function unknownSteps(given: JsonObject, file: string): Finding[] {
  const others = Object.keys(given).filter((key) => /^do_/.test(key) && given[key] === true && !steps.has(key));
  if (others.length === 0) return [];
  const message = `${file} asks for ${others.join(', ')}, which is not carried out`;
  const remedy = 'Compare an answer with the one that Python gives for the same picture before you rely on it.';
  return [{ severity: 'warning', rule: 'export/processor-step', message, remedy, file }];
}

function withoutNull(json: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null && value !== undefined));
}

interface Plan {
  readonly target: Size;
  readonly fit: Fit;
  readonly from: string;
  /** Where the fit is a default nonetheless: why this one. */
  readonly why?: string;
}

function planOf(family: string, settings: JsonObject & ProcessorDefaults, file: string): Plan {
  const sides = sidesOf(settings.size, settings, file);
  const crops = settings.do_center_crop === true;
  const crop = crops ? square(settings.crop_size) : undefined;
  const centre = { fit: 'crop', centre: 'floor' } as const;

  if (settings.do_resize === false) {
    if (crop === undefined) throw unsettled(file, 'it neither resizes nor crops (do_resize is false)');
    // The crop is taken out of the picture as it is; a recipe always resizes.
    throw unsettled(file, 'it crops without resizing (do_resize is false)');
  }
  if (family === 'ConvNext' && 'shortest' in sides) return convNext(sides.shortest, settings, file);
  if (family === 'PoolFormer') return poolFormer(sides, settings, file);
  if (family === 'Levit' && 'shortest' in sides) {
    const resize = Math.trunc((256 / 224) * sides.shortest);
    return {
      target: crop ?? { width: sides.shortest, height: sides.shortest },
      fit: { ...centre, resize },
      from: `${file} size, crop_size`,
    };
  }
  if (family === 'Perceiver' && crop !== undefined && 'exact' in sides) return perceiver(sides.exact, crop, file);
  if (crop !== undefined) {
    const resize = 'shortest' in sides ? sides.shortest : sides.exact;
    return { target: crop, fit: { ...centre, resize }, from: `${file} size, crop_size` };
  }
  if ('exact' in sides) return { target: sides.exact, fit: { fit: 'stretch' }, from: `${file} size` };
  // Without a crop the shape follows the picture; a model that takes any shape is given the square in its middle.
  return {
    target: { width: sides.shortest, height: sides.shortest },
    fit: { ...centre, resize: sides.shortest },
    from: `${file} size.shortest_edge`,
    why: `${file} does not crop, so that pictures keep their shape; a model is given one`,
  };
}

/**
 * Cuts the centre, `size / crop_size` of the short side, and resizes that to `size`: the same part of the picture as the
 * short side resized to `crop_size` and the centre cut out.
 */
function perceiver(target: Size, crop: Size, file: string): Plan {
  if (crop.width !== crop.height)
    throw unsettled(file, `it crops to ${crop.height} x ${crop.width} and then stretches`);
  return { target, fit: { fit: 'crop', centre: 'floor', resize: crop.height }, from: `${file} size, crop_size` };
}

/** Below 384: the short side to size / crop_pct, then the centre; from 384 on: stretched, nothing cut. */
function convNext(side: number, settings: JsonObject, file: string): Plan {
  const target = { width: side, height: side };
  if (side >= 384) return { target, fit: { fit: 'stretch' }, from: `${file} size.shortest_edge` };
  const share = typeof settings.crop_pct === 'number' ? settings.crop_pct : 224 / 256;
  return {
    target,
    fit: { fit: 'crop', centre: 'floor', resize: Math.trunc(side / share) },
    from: `${file} size.shortest_edge, crop_pct`,
  };
}

function poolFormer(sides: Sides, settings: JsonObject, file: string): Plan {
  const share = typeof settings.crop_pct === 'number' ? settings.crop_pct : 1;
  const side = 'shortest' in sides ? sides.shortest : sides.exact.height;
  const crop = square(settings.crop_size) ?? { width: side, height: side };
  const resize =
    'shortest' in sides || sides.exact.width === sides.exact.height
      ? Math.trunc(side / share)
      : { width: Math.trunc(sides.exact.width / share), height: Math.trunc(sides.exact.height / share) };
  return { target: crop, fit: { fit: 'crop', centre: 'floor', resize }, from: `${file} size, crop_pct, crop_size` };
}

/** `size` in all its forms: 224, [224, 224], {height, width}, {shortest_edge}, and longest_edge beside it. */
function sidesOf(size: unknown, settings: JsonObject & ProcessorDefaults, file: string): Sides {
  if (typeof size === 'number') {
    return settings.default_to_square === false ? { shortest: size } : { exact: { width: size, height: size } };
  }
  if (Array.isArray(size) && size.length === 2 && size.every((side) => typeof side === 'number')) {
    return { exact: { height: size[0] as number, width: size[1] as number } };
  }
  const exact = square(size);
  if (exact !== undefined) return { exact };
  if (isObject(size) && typeof size.shortest_edge === 'number') return { shortest: size.shortest_edge };
  throw unsettled(file, `its size is ${JSON.stringify(size)}`);
}

function square(size: unknown): Size | undefined {
  if (typeof size === 'number') return { width: size, height: size };
  return isObject(size) && typeof size.height === 'number' && typeof size.width === 'number'
    ? { width: size.width, height: size.height }
    : undefined;
}

function pixelsOf(family: string, settings: JsonObject, channels: 1 | 3): Pixels {
  const scale =
    settings.do_rescale === false ? 1 : typeof settings.rescale_factor === 'number' ? settings.rescale_factor : 1 / 255;
  const offset = settings.rescale_offset === true && settings.do_rescale !== false ? 1 : 0;
  if (settings.do_normalize === false) return { scale, mean: offset, std: 1 };
  const mean = perChannel(settings.image_mean, 0, channels).map((value) => value + offset);
  const std = perChannel(settings.image_std, 1, channels);
  // EfficientNet's processor divides by the deviation a second time where the model has its top (include_top).
  const again = family === 'EfficientNet' && settings.include_top !== false;
  return again ? { scale, mean, std: std.map((value) => value * value) } : { scale, mean, std };
}

function perChannel(value: unknown, fallback: number, channels: 1 | 3): number[] {
  if (typeof value === 'number') return Array.from({ length: channels }, () => value);
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number'))
    return value as number[];
  return Array.from({ length: channels }, () => fallback);
}

function unsettled(file: string, what: string): Error {
  return refuse(
    `${file} does not say how a picture gets the size of the input: ${what}`,
    'Give --size and --fit with a model folder that has no preprocessor_config.json, or correct it.',
    file,
  );
}
