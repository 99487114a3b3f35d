import * as runtime from 'generator-katonic-classifier/runtime';
import { pipeline } from '../pipeline.js';

export const { loadmodel, preprocessing, predict } = pipeline(runtime);
