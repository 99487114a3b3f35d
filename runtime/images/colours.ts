/** The plain formula, without profiles. */
export function fromCmyk(data: Uint8Array, read: number): Uint8Array {
  const out = new Uint8Array((data.length / read) * 3);
  for (let at = 0, to = 0; at < data.length; at += read, to += 3) {
    const light = 255 - (data[at + 3] as number);
    out[to] = Math.round(((255 - (data[at] as number)) * light) / 255);
    out[to + 1] = Math.round(((255 - (data[at + 1] as number)) * light) / 255);
    out[to + 2] = Math.round(((255 - (data[at + 2] as number)) * light) / 255);
  }
  return out;
}

/** Grey as Pillow and Teachable Machine weigh it (ITU-R 601-2 luma), in Pillow's whole numbers. */
export function inChannels(data: Uint8Array, read: number, channels: 1 | 3): Uint8Array {
  if (read === channels) return data;
  const out = new Uint8Array((data.length / read) * channels);
  if (channels === 3) {
    for (let at = 0, to = 0; at < data.length; at += read) {
      const [r, g, b] = read < 3 ? [data[at], data[at], data[at]] : [data[at], data[at + 1], data[at + 2]];
      out[to++] = r as number;
      out[to++] = g as number;
      out[to++] = b as number;
    }
    return out;
  }
  for (let at = 0, to = 0; at < data.length; at += read, to++) {
    out[to] =
      read < 3
        ? (data[at] as number)
        : ((data[at] as number) * 19595 +
            (data[at + 1] as number) * 38470 +
            (data[at + 2] as number) * 7471 +
            0x8000) >>
          16;
  }
  return out;
}
