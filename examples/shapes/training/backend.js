// Training needs gradients: tfjs-node where its native binding loads, else pure JavaScript (the same result, ten times slower).

/** @returns {Promise<typeof import('@tensorflow/tfjs')>} */
export async function loadTfjs() {
  try {
    // tfjs-node 4.22 calls functions that Node 23 removed from util.
    const util = (await import('node:util')).default;
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    util.isArray ??= Array.isArray;
    const tf = (await import('@tensorflow/tfjs-node')).default;
    console.log(`training with tfjs-node ${tf.version.tfjs}`);
    return tf;
  } catch {
    console.log(
      'tfjs-node is not built here (katonic-classifier install-tfjs-node does it): training in pure JavaScript, slowly',
    );
    const tf = await import('@tensorflow/tfjs');
    await tf.setBackend('cpu');
    return tf;
  }
}
