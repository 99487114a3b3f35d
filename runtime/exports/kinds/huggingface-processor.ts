import type { Finding } from '../../errors.js';
import type { Fit, Pixels, Said, Size } from '../facts.js';
import { refuse } from '../refuse.js';
import { isObject, type JsonObject } from '../source/source.js';
import { defaultsOf, type ProcessorDefaults } from './huggingface-defaults.js';

export interface Processor {
  readonly size: Said<Size>;
  readonly pixels: Said<Pixels>;
  readonly fit: Said<Fit>;
  readonly order: Said<'rgb' | 'bgr'>;
  readonly kernel: Said<'nearest' | 'linear' | 'cubic' | 'lanczos3'>;
  readonly findings: readonly Finding[];
}

/** Pillow's numbers: NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING. */
const kernels = ['nearest', 'lanczos3', 'linear', 'cubic', undefined, undefined] as const;

type Sides = { readonly exact: Size } | { readonly shortest: number };

/**
 * What an image processor of `transformers` does, from its JSON; what that leaves out is filled from the defaults of
 * its class, as `transformers` does. Throws {@link KatonicError} `package` where its steps cannot be told.
 */
export function readProcessor(json: JsonObject, file: string, channels: 1 | 3): Processor {
  const type = String(json.image_processor_type ?? json.feature_extractor_type ?? 'ViTImageProcessor');
  const family = type.replace(/(Fast)$/, '').replace(/(ImageProcessor|FeatureExtractor)$/, '');
  const settings: JsonObject = { ...defaultsOf(family), ...withoutNull(json) };
  const findings: Finding[] = [];
  const plan = planOf(family, settings, file);
  const number = typeof settings.resample === 'number' ? settings.resample : 2;
  const kernel = kernels[number];
  if (kernel === undefined) {
    findings.push({
      severity: 'warning',
      rule: 'export/kernel',
      message: `${file} asks for resample ${number} (${number === 4 ? 'BOX' : 'HAMMING'}), which is not available: linear is used, answers differ slightly`,
      file,
    });
  }
  const flipped = settings.do_flip_channel_order === true;
  return {
    size: { value: plan.target, from: plan.from },
    fit: { value: plan.fit, from: plan.from },
    kernel: { value: kernel ?? 'linear', from: `${file} resample` },
    order: { value: flipped ? 'bgr' : 'rgb', from: flipped ? `${file} do_flip_channel_order` : type },
    pixels: { value: pixelsOf(family, settings, channels), from: `${file} rescale_factor, image_mean, image_std` },
    findings,
  };
}

function withoutNull(json: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null && value !== undefined));
}

interface Plan {
  readonly target: Size;
  readonly fit: Fit;
  readonly from: string;
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
  };
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
