import { describe, expect, test } from 'vitest';
import { readProcessor } from '../../../runtime/exports/kinds/huggingface-processor.js';
import { timmConfig } from '../../../runtime/exports/kinds/huggingface-timm.js';

const file = 'preprocessor_config.json';

function plan(json: Record<string, unknown>): Record<string, unknown> {
  const { size, fit, kernel, order } = readProcessor(json, file, 3);
  return { ...size.value, ...fit.value, kernel: kernel.value, order: order.value };
}

describe('image processors, in the forms they are written in', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'a bare number',
      { feature_extractor_type: 'ViTFeatureExtractor', size: 224 },
      { width: 224, height: 224, fit: 'stretch', kernel: 'linear' },
    ],
    [
      'height and width',
      { image_processor_type: 'ViTImageProcessor', size: { height: 200, width: 300 }, resample: 3 },
      { width: 300, height: 200, kernel: 'cubic' },
    ],
    [
      'the class written by a later version',
      { image_processor_type: 'ViTImageProcessorFast', size: { height: 64, width: 64 } },
      { width: 64, fit: 'stretch' },
    ],
    [
      'nothing but its class',
      { image_processor_type: 'DeiTImageProcessor' },
      { width: 224, fit: 'crop', resize: { width: 256, height: 256 }, kernel: 'cubic' },
    ],
    [
      'a bare number that means the short side',
      { feature_extractor_type: 'CLIPFeatureExtractor', size: 224, crop_size: 224 },
      { width: 224, resize: 224, kernel: 'cubic' },
    ],
    [
      'short side and crop',
      {
        image_processor_type: 'BitImageProcessor',
        size: { shortest_edge: 256 },
        crop_size: { height: 224, width: 224 },
      },
      { width: 224, resize: 256, centre: 'floor' },
    ],
    [
      'crop_pct below 384',
      { image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: 224 }, crop_pct: 0.95 },
      { width: 224, fit: 'crop', resize: 235 },
    ],
    [
      'crop_pct left out',
      { image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: 224 } },
      { resize: 256 },
    ],
    [
      '384 and above',
      { image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: 384 }, crop_pct: 0.95 },
      { width: 384, fit: 'stretch' },
    ],
    [
      "LeViT's 256 / 224",
      { image_processor_type: 'LevitImageProcessor', size: { shortest_edge: 224 } },
      { width: 224, resize: 256 },
    ],
    [
      "PoolFormer's crop_pct",
      { image_processor_type: 'PoolFormerImageProcessor', size: { shortest_edge: 224 }, crop_pct: 0.9 },
      { width: 224, resize: 248 },
    ],
    [
      "Perceiver's cut before the resize, as a cut after it",
      { image_processor_type: 'PerceiverImageProcessor' },
      { width: 224, fit: 'crop', resize: 256, kernel: 'cubic' },
    ],
    [
      'Segformer',
      { image_processor_type: 'SegformerImageProcessor' },
      { width: 512, fit: 'stretch', kernel: 'linear' },
    ],
    [
      'EfficientFormer',
      { image_processor_type: 'EfficientFormerImageProcessor', size: { shortest_edge: 256 } },
      { width: 224, fit: 'crop', resize: 256, kernel: 'cubic' },
    ],
    ['DINOv3', { image_processor_type: 'DINOv3ViTImageProcessorFast' }, { width: 224, fit: 'stretch' }],
    [
      "BEiT's fast class, which does not crop",
      { image_processor_type: 'BeitImageProcessorFast' },
      { width: 224, fit: 'stretch', kernel: 'cubic' },
    ],
    [
      'flipped channels',
      { image_processor_type: 'MobileViTImageProcessor', size: { shortest_edge: 288 }, crop_size: 256 },
      { order: 'bgr', resize: 288, width: 256 },
    ],
    ['a kernel that is not there', { image_processor_type: 'ViTImageProcessor', resample: 5 }, { kernel: 'linear' }],
    [
      'nulls',
      { image_processor_type: 'ViTImageProcessor', size: null, crop_pct: null },
      { width: 224, fit: 'stretch' },
    ],
  ])('%s', (_, json, expected) => {
    expect(plan(json)).toMatchObject(expected);
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['defaults', {}, { scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }],
    ['no rescaling', { do_rescale: false }, { scale: 1 }],
    ['its own factor', { rescale_factor: 0.5 }, { scale: 0.5 }],
    ['no normalisation', { do_normalize: false }, { mean: 0, std: 1 }],
    ['one number for all', { image_mean: 0.1, image_std: 0.2 }, { mean: [0.1, 0.1, 0.1], std: [0.2, 0.2, 0.2] }],
    [
      'EfficientNet, whose processor divides twice',
      {
        image_processor_type: 'EfficientNetImageProcessor',
        image_mean: [0, 0, 0],
        image_std: [0.5, 0.5, 0.5],
        include_top: true,
      },
      { std: [0.25, 0.25, 0.25] },
    ],
    [
      'EfficientNet without its top',
      {
        image_processor_type: 'EfficientNetImageProcessor',
        include_top: false,
        rescale_offset: true,
        do_normalize: false,
      },
      { mean: 1, std: 1 },
    ],
  ])('pixels: %s', (_, json, expected) => {
    expect(readProcessor({ image_processor_type: 'ViTImageProcessor', ...json }, file, 3).pixels.value).toMatchObject(
      expected,
    );
  });

  test('a kernel that is not there is said', () => {
    expect(readProcessor({ image_processor_type: 'ViTImageProcessor', resample: 4 }, file, 3).findings).toMatchObject([
      { severity: 'warning', rule: 'export/kernel' },
    ]);
  });
});

describe('a class whose defaults are not known', () => {
  const custom = {
    image_processor_type: 'MyOwnProcessor',
    auto_map: { AutoImageProcessor: 'processing.MyOwnProcessor' },
  };

  test('what it leaves out is assumed, and its code is named', () => {
    const { findings, ...fields } = readProcessor(custom, file, 3);
    for (const [name, known] of Object.entries(fields)) expect(known, name).toHaveProperty('why');
    expect(findings).toMatchObject([{ severity: 'warning', rule: 'export/processor' }]);
    expect(findings[0]?.message).toMatch(/MyOwnProcessor \(code of its own, never run: auto_map .*processing/);
  });

  test('what it says is followed', () => {
    const said = {
      ...custom,
      size: { shortest_edge: 256 },
      do_center_crop: true,
      crop_size: 224,
      resample: 3,
      rescale_factor: 1 / 255,
      image_mean: [0.1, 0.2, 0.3],
      image_std: [1, 1, 1],
      do_flip_channel_order: false,
    };
    const { findings, ...fields } = readProcessor(said, file, 3);
    for (const [name, known] of Object.entries(fields)) expect(known, name).toHaveProperty('from');
    expect(plan(said)).toMatchObject({ width: 224, fit: 'crop', resize: 256, kernel: 'cubic' });
    expect(findings).toHaveLength(1);
  });

  test.each([
    ['size', { size: 64 }, 'size'],
    ['resample', { resample: 1 }, 'kernel'],
    ['mean and deviation', { image_mean: 0.5, image_std: 0.5 }, 'pixels'],
  ] as const)('%s alone leaves the rest open', (_, json, field) => {
    const { findings: _findings, ...fields } = readProcessor({ ...custom, ...json }, file, 3);
    const said = Object.entries(fields).filter(([, known]) => 'from' in known);
    expect(said.map(([name]) => name)).toEqual([field]);
  });

  test('a factor that is missing beside mean and deviation is said', () => {
    const { findings } = readProcessor({ ...custom, image_mean: 0.5, image_std: 0.5 }, file, 3);
    expect(findings[0]?.message).toContain('rescale_factor is missing, 1/255 is used');
  });

  test('no class in the file: the one that goes with the model type', () => {
    expect(readProcessor({}, file, 3, 'poolformer')).toMatchObject({ findings: [], fit: { value: { resize: 248 } } });
    expect(readProcessor({}, file, 3, 'nobodys').fit).toHaveProperty('why');
    expect(readProcessor({}, file, 3, 'constructor').fit).toHaveProperty('why');
  });

  test('a step that no recipe has is said', () => {
    const { findings } = readProcessor({ image_processor_type: 'ViTImageProcessor', do_pad: true }, file, 3);
    expect(findings).toMatchObject([{ severity: 'warning', rule: 'export/processor-step' }]);
  });

  test('a picture that keeps its shape is no fit that the file says', () => {
    const json = { image_processor_type: 'BitImageProcessor', size: { shortest_edge: 224 }, do_center_crop: false };
    expect(readProcessor(json, file, 3).fit).toMatchObject({
      value: { fit: 'crop', resize: 224 },
      why: expect.stringContaining('keep their shape'),
    });
  });
});

describe("timm's config.json", () => {
  test('tells size, crop, mean and names', () => {
    const config = {
      architecture: 'resnet18',
      label_names: ['cat', 'dog'],
      pretrained_cfg: {
        input_size: [3, 224, 224],
        interpolation: 'bicubic',
        crop_pct: 0.95,
        crop_mode: 'center',
        mean: [0.1, 0.2, 0.3],
        std: [1, 1, 1],
      },
    };
    expect(timmConfig(config)).toMatchObject({
      size: { value: { width: 224, height: 224 } },
      fit: { value: { fit: 'crop', resize: 235 } },
      kernel: { value: 'cubic' },
      pixels: { value: { mean: [0.1, 0.2, 0.3] } },
      names: ['cat', 'dog'],
    });
  });

  test('its own defaults where it leaves something out', () => {
    expect(timmConfig({ pretrained_cfg: { input_size: [3, 96, 96] } })).toMatchObject({
      fit: { value: { fit: 'crop', resize: 109 } },
      kernel: { value: 'cubic', from: expect.any(String) },
      pixels: { value: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
    });
  });

  test.each([
    ['crop_mode border', { crop_mode: 'border', crop_pct: 1 }, { fit: { value: { fit: 'pad' } } }, 'fit'],
    ['a crop that is not square', { input_size: [3, 128, 256] }, { fit: { value: { fit: 'crop' } } }, 'fit'],
    ['interpolation random', { interpolation: 'random' }, { kernel: { value: 'cubic' } }, 'kernel'],
  ] as const)('%s is assumed, not said', (_, cfg, expected, field) => {
    const read = timmConfig({ pretrained_cfg: { input_size: [3, 96, 96], ...cfg } });
    expect(read).toMatchObject(expected);
    expect(read?.[field]).toHaveProperty('why');
  });

  test('is not read out of other configurations', () => {
    expect(timmConfig({ architectures: ['ViTForImageClassification'] })).toBeUndefined();
  });
});
