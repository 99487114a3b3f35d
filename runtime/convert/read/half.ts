/** IEEE 754 half precision to single precision, exactly. */
export function halfToFloat(halves: Uint16Array): Float32Array {
  const table = halfTable();
  return Float32Array.from(halves, (half) => table[half]!);
}

let cached: Float32Array | undefined;

/** All 65,536 half floats: a look-up is faster than taking each apart. */
function halfTable(): Float32Array {
  if (cached !== undefined) return cached;
  const table = new Float32Array(0x10000);
  for (let bits = 0; bits < table.length; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 0x1f) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  cached = table;
  return table;
}
