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

/**
 * What the image processors of `transformers` do where their JSON leaves something out: those of the models that its
 * MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING lists (the `__init__` of each class in 4.57, most of them run in 4.44).
 * Left out are Donut, TextNet, ImageGPT and Siglip2: pads, free sizes, palettes and patches are no recipe.
 */
const families: Readonly<Record<string, Defaults>> = {
  ViT: vit,
  ViTHybrid: bit,
  Siglip: { ...vit, resample: 3 },
  Pvt: { ...vit, image_mean: imagenetMean, image_std: imagenetStd },
  DINOv3ViT: { ...vit, image_mean: imagenetMean, image_std: imagenetStd },
  Segformer: { ...vit, size: { height: 512, width: 512 }, image_mean: imagenetMean, image_std: imagenetStd },
  EfficientFormer: {
    ...vit,
    resample: 3,
    do_center_crop: true,
    crop_size: 224,
    image_mean: imagenetMean,
    image_std: imagenetStd,
  },
  Perceiver: {
    ...vit,
    resample: 3,
    do_center_crop: true,
    crop_size: 256,
    image_mean: imagenetMean,
    image_std: imagenetStd,
  },
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

/** The fast processor of BEiT has defaults of its own, all others share those of the slow one. */
const fast: Readonly<Record<string, Defaults>> = {
  Beit: { ...vit, resample: 3, crop_size: 224 },
};

/** The processor of each model type, as `AutoImageProcessor` chooses it where the JSON names none (4.57). */
const processors: Readonly<Record<string, string>> = {
  beit: 'Beit',
  bit: 'Bit',
  clip: 'CLIP',
  convnext: 'ConvNext',
  convnextv2: 'ConvNext',
  cvt: 'ConvNext',
  'data2vec-vision': 'Beit',
  deit: 'DeiT',
  dinat: 'ViT',
  dinov2: 'Bit',
  dinov2_with_registers: 'Bit',
  dinov3_vit: 'DINOv3ViT',
  efficientformer: 'EfficientFormer',
  efficientnet: 'EfficientNet',
  focalnet: 'Bit',
  hiera: 'Bit',
  ijepa: 'ViT',
  levit: 'Levit',
  metaclip_2: 'CLIP',
  mobilenet_v1: 'MobileNetV1',
  mobilenet_v2: 'MobileNetV2',
  mobilevit: 'MobileViT',
  mobilevitv2: 'MobileViT',
  nat: 'ViT',
  perceiver: 'Perceiver',
  poolformer: 'PoolFormer',
  pvt: 'Pvt',
  pvt_v2: 'Pvt',
  regnet: 'ConvNext',
  resnet: 'ConvNext',
  segformer: 'Segformer',
  siglip: 'Siglip',
  swiftformer: 'ViT',
  swin: 'ViT',
  swinv2: 'ViT',
  van: 'ConvNext',
  vit: 'ViT',
  vit_hybrid: 'ViTHybrid',
  vit_msn: 'ViT',
};

/** A processor by its class (`ViTImageProcessor`, `ViTImageProcessorFast`, `ViTFeatureExtractor`). */
export interface ProcessorClass {
  /** `ViT`. */
  readonly family: string;
  /** Undefined for a class that is none of `transformers`' own, or one whose steps are no recipe. */
  readonly defaults: Defaults | undefined;
}

/** What is known of the class of that name; of the model's own class where no name is given. */
export function processorClass(name: string | undefined, modelType: unknown): ProcessorClass {
  if (name === undefined) {
    const family = own(processors, String(modelType)) ?? '';
    return { family, defaults: own(families, family) };
  }
  const [, family = name, quick] = /^(.*?)(?:ImageProcessor|FeatureExtractor)(Fast)?$/.exec(name) ?? [];
  return { family, defaults: (quick === undefined ? undefined : own(fast, family)) ?? own(families, family) };
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
