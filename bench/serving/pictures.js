// Photo-like JPEGs of a stated size: smooth shading with detail and noise, so that they weigh what a phone's pictures weigh.
import sharp from 'sharp';

/** Megapixels of the rows, with the size of each picture. */
export const sizes = {
  0.2: [512, 384],
  0.8: [1024, 768],
  2.3: [1828, 1264],
  12: [4000, 3000],
};

/**
 * @param {number} megapixels one of {@link sizes}
 * @returns {Promise<Buffer>} JPEG, quality 88, 4:2:0
 */
export async function picture(megapixels) {
  const [width, height] = sizes[megapixels];
  const pixels = Buffer.allocUnsafe(width * height * 3);
  let state = 7;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const noise = (state >>> 24) / 16 - 8;
      const u = (x / width) * 6.28;
      const v = (y / height) * 6.28;
      const shade = 128 + 70 * Math.sin(u * 2 + Math.cos(v * 3)) + 30 * Math.sin(u * 23) * Math.cos(v * 19);
      pixels[at] = clamp(shade + noise);
      pixels[at + 1] = clamp(shade * 0.8 + 40 * Math.cos(v * 5) + noise);
      pixels[at + 2] = clamp(200 - shade * 0.6 + noise);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer();
}

function clamp(value) {
  return Math.max(0, Math.min(value, 255));
}
