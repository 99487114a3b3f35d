import type { JsonObject } from '../source/source.js';

const standard = [0.5, 0.5, 0.5];
const imagenetMean = [0.485, 0.456, 0.406];
const imagenetStd = [0.229, 0.224, 0.225];
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

/** A processor's settings, by the names that `transformers` gives them; `default_to_square` is how a bare number is meant. */
export interface ProcessorDefaults {
  readonly size?: unknown;
  readonly crop_size?: unknown;
  readonly do_center_crop?: boolean;
  readonly default_to_square?: boolean;
}

type Defaults = ProcessorDefaults & JsonObject;

const vit: Defaults = { size: { height: 224, width: 224 }, resample: 2, image_mean: standard, image_std: standard };
const bit: Defaults = {
  size: { shortest_edge: 224 },
  resample: 3,
  do_center_crop: true,
  crop_size: 224,
  image_mean: clipMean,
  image_std: clipStd,
  default_to_square: false,
};
const mobileNet: Defaults = {
  size: { shortest_edge: 256 },
  resample: 2,
  do_center_crop: true,
  crop_size: 224,
  image_mean: standard,
  image_std: standard,
  default_to_square: false,
};

/** What the image processors of `transformers` do where their JSON leaves something out (4.44, checked by running them). */
const families: Readonly<Record<string, Defaults>> = {
  ViT: vit,
  ViTHybrid: bit,
  Siglip: { ...vit, resample: 3 },
  Pvt: { ...vit, image_mean: imagenetMean, image_std: imagenetStd },
  DeiT: {
    size: { height: 256, width: 256 },
    resample: 3,
    do_center_crop: true,
    crop_size: 224,
    image_mean: standard,
    image_std: standard,
  },
  Beit: {
    size: { height: 256, width: 256 },
    resample: 3,
    do_center_crop: true,
    crop_size: 224,
    image_mean: standard,
    image_std: standard,
  },
  ConvNext: {
    size: { shortest_edge: 384 },
    resample: 2,
    image_mean: standard,
    image_std: standard,
    default_to_square: false,
  },
  Bit: bit,
  CLIP: bit,
  MobileNetV1: mobileNet,
  MobileNetV2: mobileNet,
  MobileViT: {
    size: { shortest_edge: 224 },
    resample: 2,
    do_center_crop: true,
    crop_size: 256,
    do_normalize: false,
    do_flip_channel_order: true,
    default_to_square: false,
  },
  Levit: {
    size: { shortest_edge: 224 },
    resample: 3,
    do_center_crop: true,
    crop_size: 224,
    image_mean: imagenetMean,
    image_std: imagenetStd,
    default_to_square: false,
  },
  PoolFormer: {
    size: { shortest_edge: 224 },
    resample: 3,
    do_center_crop: true,
    crop_size: 224,
    crop_pct: 0.9,
    image_mean: imagenetMean,
    image_std: imagenetStd,
    default_to_square: false,
  },
  EfficientNet: {
    size: { height: 346, width: 346 },
    resample: 0,
    crop_size: 289,
    image_mean: standard,
    image_std: standard,
    include_top: true,
  },
};

/** The defaults of a processor family (`ViT` of `ViTImageProcessor`); those of ViT for a family that is not known. */
export function defaultsOf(family: string): Defaults {
  return families[family] ?? vit;
}
