import { openModel, readImage } from 'generator-katonic-classifier/runtime';

// With BENCH_EMPTY nothing is done: what is left is the way there and back.
const empty = process.env.BENCH_EMPTY === '1';
// The same picture as bench/peers/classifier.py makes.
const recipe = {
  width: 224,
  height: 224,
  fit: 'crop',
  resize: 256,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  layout: 'nchw',
  colourProfile: 'ignore',
  orientation: 'ignore',
};

export const loadmodel = () => (empty ? undefined : openModel('model/mobilenet-v2.onnx'));

export const preprocessing = (data) => (empty ? false : readImage(data, recipe));

export async function predict(features, model) {
  if (empty) return { predicted_label: 0, confidence: 1 };
  const { data } = await model.run(features.data, features.shape);
  let label = 0;
  for (let at = 1; at < data.length; at += 1) if (data[at] > data[label]) label = at;
  let sum = 0;
  for (const score of data) sum += Math.exp(score - data[label]);
  return { predicted_label: label, confidence: 1 / sum };
}
