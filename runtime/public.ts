/**
 * What launch files import: `generator-katonic-classifier/runtime`. Comes in: pictures and model files. Goes out: typed
 * arrays and answers. It never starts a server and never imports one.
 */

export {
  type ClassifyOptions,
  classify,
  classifyBatch,
  type ModelClass,
  readClasses,
  sigmoid,
  softmax,
  topK,
} from './engines/classify.js';
export type { OpenModel, OpenOptions, Output, TensorData, TensorInfo } from './engines/engine.js';
export { openedEngines, openModel, tensorCount } from './engines/index.js';
export { InputError } from './errors.js';
export { toBatch } from './images/batch.js';
export { previewImage, type ReadOptions, readImage, readPixels, type TensorOf } from './images/images.js';
export type { Pixels } from './images/pixels.js';
export type { ImageRecipe, ImageTensor } from './images/recipe.js';
export type { Classification, ImageData, LaunchModule, Logger } from './launch/contract.js';
