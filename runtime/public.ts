/**
 * What launch files import: `generator-katonic-classifier/runtime`. Comes in: pictures and model files. Goes out: typed
 * arrays and answers. It never starts a server and never imports one.
 */
export { InputError } from './errors.js';
export type { Classification, ImageData, LaunchModule, Logger } from './launch/contract.js';
export type { ImageRecipe, ImageTensor } from './images/recipe.js';
export type { OpenModel, OpenOptions, Output, TensorData, TensorInfo } from './engines/engine.js';
