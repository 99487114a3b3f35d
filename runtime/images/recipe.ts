/**
 * How a picture becomes a tensor: the whole recipe as data. Model readers fill it in, templates print it,
 * `readImage` carries it out.
 */
export interface ImageRecipe {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /**
   * - `crop`: resize so that the picture covers `resize` (default: the target), then cut the centre.
   * - `stretch`: resize to the target without keeping the aspect ratio.
   * - `crop-first`: cut the largest centred square, then resize (Teachable Machine).
   * - `pad`: fit inside the target, fill the rest with `background`.
   */
  readonly fit?: 'crop' | 'stretch' | 'crop-first' | 'pad';
  /** With `crop`: the length of the short side after resizing, before the crop (torchvision's Resize(256)); or an exact size. */
  readonly resize?: number | { readonly width: number; readonly height: number };
  /** With `crop`: an odd margin is halved as torchvision does (`round`, half to even; default) or as `transformers` does (`floor`). */
  readonly centre?: 'round' | 'floor';
  /**
   * Default `linear`. `linear`, `cubic` and `lanczos3` are Pillow's BILINEAR, BICUBIC and LANCZOS; `canvas` is what
   * `drawImage` does in a browser (Teachable Machine), `tensorflow` what TensorFlow.js' `resizeBilinear` does there.
   */
  readonly kernel?: 'nearest' | 'linear' | 'cubic' | 'lanczos3' | 'canvas' | 'tensorflow';
  /** Default 3. */
  readonly channels?: 1 | 3;
  /** Default `rgb`. */
  readonly order?: 'rgb' | 'bgr';
  /** Each value is `(pixel * scale - mean[c]) / std[c]`, the pixel between 0 and 255. Default 1/255. */
  readonly scale?: number;
  /** Per channel, or one for all. Default 0. */
  readonly mean?: number | readonly number[];
  /** Per channel, or one for all. Default 1. */
  readonly std?: number | readonly number[];
  /** Default `nhwc` (TensorFlow); ONNX exports of PyTorch want `nchw`. */
  readonly layout?: 'nhwc' | 'nchw';
  /** Default `float32`. With `uint8` scale, mean and std are not applied. */
  readonly dtype?: 'float32' | 'uint8' | 'float16';
  /** `srgb` converts by the embedded profile, as browsers do; `ignore` takes the stored values, as Pillow does. Default `srgb`. */
  readonly colourProfile?: 'srgb' | 'ignore';
  /** EXIF orientation: browsers and `transformers` apply it, torchvision does not. Default `apply`. */
  readonly orientation?: 'apply' | 'ignore';
  /** Transparent pictures: `drop` keeps the colour underneath (Pillow's `convert('RGB')`), else flattened on this colour. Default white. */
  readonly alpha?: 'drop' | readonly [number, number, number];
  /** With `pad`. Default black. */
  readonly background?: readonly [number, number, number];
}

/** A picture as a model takes it. */
export interface ImageTensor<Data extends Float32Array | Uint8Array | Uint16Array = Float32Array> {
  /** Length = the product of `shape`. `Uint16Array` holds IEEE 754 half floats. */
  readonly data: Data;
  /** `[1, height, width, channels]` or `[1, channels, height, width]`, as the recipe's layout says. */
  readonly shape: readonly [number, number, number, number];
  readonly dtype: 'float32' | 'uint8' | 'float16';
}
