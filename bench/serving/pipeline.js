// The same work as bench/peers/classifier.py, for our server and for the limit loop.
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

export function pipeline({ openModel, readImage }) {
  return {
    loadmodel: () => openModel(process.env.BENCH_MODEL),
    preprocessing: (data) => readImage(data, recipe),
    predict: async (features, model) => top(await model.run(features.data, features.shape)),
  };
}

function top({ data }) {
  let label = 0;
  for (let at = 1; at < data.length; at += 1) if (data[at] > data[label]) label = at;
  let sum = 0;
  for (const score of data) sum += Math.exp(score - data[label]);
  return { predicted_label: label, confidence: 1 / sum };
}
