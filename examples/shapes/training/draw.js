// Draws the pictures that the example model learns from: one shape on a background, no two alike.
import sharp from 'sharp';

/** Class names in the order of the model's outputs; the code of each is its place in this list plus one. */
export const classNames = ['circle', 'square', 'triangle', 'star', 'heart', 'cross'];

/** A seeded random number generator (mulberry32): the same seed draws the same pictures on every machine. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * One picture of `className`, as raw RGB bytes.
 * Colour, size, place, rotation, outline, background, blur and noise are drawn from `random`.
 *
 * @param {string} className one of {@link classNames}
 * @param {() => number} random numbers in [0, 1)
 * @param {{width: number, height: number}} size in pixels
 * @returns {Promise<{data: Buffer, width: number, height: number}>} `data` has width * height * 3 bytes
 */
export async function drawShape(className, random, { width, height }) {
  const side = Math.min(width, height);
  const blur = random() < 0.5 ? 0 : (0.2 + random() * 1.3) * (side / 64);
  let picture = sharp(Buffer.from(svg(className, random, width, height))).removeAlpha();
  if (blur >= 0.3) picture = picture.blur(blur);
  const { data } = await picture.raw().toBuffer({ resolveWithObject: true });
  addNoise(data, random, random() * 22);
  return { data, width, height };
}

function svg(className, random, width, height) {
  const side = Math.min(width, height);
  const radius = side * (0.17 + random() * 0.26);
  const reach = side / 2 - radius;
  const x = width / 2 + (random() * 2 - 1) * reach * 0.9;
  const y = height / 2 + (random() * 2 - 1) * reach * 0.9;
  const [shapeColour, backColour, otherColour] = colours(random);
  const outlined = random() < 0.3;
  const paint = outlined
    ? `fill="none" stroke="${shapeColour}" stroke-width="${radius * (0.14 + random() * 0.14)}" stroke-linejoin="round"`
    : `fill="${shapeColour}"`;
  const turn = random() * 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    ${background(random, width, height, backColour, otherColour)}
    <path d="${outline(className)}" ${paint.replace(/stroke-width="([^"]+)"/, (_, w) => `stroke-width="${w / radius}"`)}
      transform="translate(${x} ${y}) rotate(${turn}) scale(${radius * (0.9 + random() * 0.2)} ${radius * (0.9 + random() * 0.2)})"/>
  </svg>`;
}

/** The outline within a circle of radius one. */
function outline(className) {
  switch (className) {
    case 'circle':
      return 'M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z';
    case 'square':
      return 'M-.72-.72H.72V.72H-.72Z';
    case 'triangle':
      return polygon([1, 1, 1]);
    case 'star':
      return polygon([1, 0.42, 1, 0.42, 1, 0.42, 1, 0.42, 1, 0.42]);
    case 'heart':
      return 'M0 .8C-1.25-.1-.8-.9-.4-.82C-.13-.77 0-.5 0-.42C0-.5 .13-.77 .4-.82C.8-.9 1.25-.1 0 .8Z';
    case 'cross':
      return 'M-.3-.95H.3V-.3H.95V.3H.3V.95H-.3V.3H-.95V-.3H-.3Z';
    default:
      throw new Error(`no outline for a class named ${className}; there are ${classNames.join(', ')}`);
  }
}

function polygon(radii) {
  const corners = radii.map((radius, index) => {
    const angle = (index / radii.length) * 2 * Math.PI - Math.PI / 2;
    return `${(radius * Math.cos(angle)).toFixed(4)} ${(radius * Math.sin(angle)).toFixed(4)}`;
  });
  return `M${corners.join('L')}Z`;
}

function background(random, width, height, back, other) {
  const whole = `<rect width="${width}" height="${height}" fill="${back}"/>`;
  const kind = random();
  if (kind < 0.35) return whole;
  if (kind < 0.65) {
    return `<defs><linearGradient id="g" gradientTransform="rotate(${random() * 90})"><stop offset="0" stop-color="${back}"/>
      <stop offset="1" stop-color="${other}"/></linearGradient></defs><rect width="${width}" height="${height}" fill="url(#g)"/>`;
  }
  const marks = Array.from({ length: 3 + Math.floor(random() * 8) }, () => {
    const [x, y, w, h] = [random() * width, random() * height, random() * width * 0.7, random() * height * 0.12];
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${other}" opacity="${0.25 + random() * 0.5}" transform="rotate(${random() * 180} ${x} ${y})"/>`;
  });
  return whole + marks.join('');
}

/** A shape colour that stands out from both background colours, by the difference of their lightness. */
function colours(random) {
  const light = random() < 0.5;
  const pick = (low, high) =>
    `hsl(${Math.floor(random() * 360)} ${Math.floor(random() * 90)}% ${Math.floor(low + random() * (high - low))}%)`;
  const [shape, back] = light
    ? [
        [66, 95],
        [5, 42],
      ]
    : [
        [5, 38],
        [58, 98],
      ];
  return [pick(...shape), pick(...back), pick(...back)];
}

/** Adds noise with a standard deviation of about `strength` (of 255) to every value. */
function addNoise(data, random, strength) {
  for (let at = 0; at < data.length; at += 1) {
    const value = data[at] + (random() + random() + random() - 1.5) * 2 * strength;
    data[at] = Math.max(0, Math.min(value, 255));
  }
}
