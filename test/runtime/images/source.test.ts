import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { previewImage, readImage, readPixels } from '../../../runtime/images/images.js';
import { imageLimits } from '../../../runtime/images/limits.js';
import { recordStages } from '../../../runtime/images/stages.js';

const pictures = join(import.meta.dirname, '../../reference/images/pictures');
const bytes = readFileSync(join(pictures, 'palette.png'));
const recipe = { width: 8, height: 8 } as const;
const limits = imageLimits({});

const problem = (data: unknown, given = limits) =>
  readImage(data as string, recipe, { limits: given }).then(
    () => {
      throw new Error('it was read');
    },
    (error: { code: string; message: string; remedy: string; where: unknown }) => error,
  );

describe('the forms of data', () => {
  it('gives the same tensor for bytes, base64, base64url, broken lines and a data URI', async () => {
    const expected = await readImage(bytes, recipe);
    const text = bytes.toString('base64');
    for (const form of [
      text,
      ` ${text}\n`,
      text.replaceAll(/(.{76})/g, '$1\r\n'),
      text.replaceAll('=', ''),
      bytes.toString('base64url'),
      `data:image/png;base64,${text}`,
      `data:image/png;base64,${encodeURIComponent(text)}`,
      `DATA:;charset=utf-8;BASE64,${text}`,
      `data:image/png,${Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
      new Uint8Array(bytes),
    ]) {
      expect(await readImage(form, recipe)).toEqual(expected);
    }
  });

  it.each([
    ['', 'invalid_input', /empty \(0 bytes\)/],
    [Buffer.alloc(0), 'invalid_input', /empty \(0 bytes\)/],
    ['data:image/png;base64,', 'invalid_input', /empty \(0 bytes\)/],
    ['data:image/png;base64', 'invalid_input', /needs a comma/],
    ['not base64!', 'invalid_input', /no base64: it holds "!"/],
    ['YWJjZ', 'invalid_input', /its length cannot be/],
    ['a.b', 'invalid_input', /no base64: it holds "\."/],
    ['aGVsbG8gd29ybGQgaGVsbG8=', 'not_an_image', /20 bytes that are no picture|17 bytes/],
    [null, 'invalid_input', /null came/],
    [undefined, 'invalid_input', /undefined came/],
    [42, 'invalid_input', /number came/],
    [['a'], 'invalid_input', /an array came/],
    [{ a: 1 }, 'invalid_input', /object came/],
  ])('%s is %s', async (data, code, message) => {
    const error = await problem(data);
    expect(error).toMatchObject({ code, where: { field: ['body', 'data'] }, message: expect.stringMatching(message) });
    expect(error.remedy).toMatch(/\.$/);
  });

  it.each(['star.jpg', './cat.jpg', 'C:\\cat.jpg', 'samples/star.PNG', '../x/y.bin', 'file:///tmp/star.jpg'])(
    '%s is the name of a file',
    async (name) => {
      expect(await problem(name)).toMatchObject({
        code: 'invalid_input',
        where: { field: ['body', 'data'] },
        message: expect.stringMatching(/looks like the name of a file, and the server reads no files/),
        remedy: expect.stringContaining('-F "file=@'),
      });
    },
  );
});

describe('pictures that are refused', () => {
  const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9999" height="9999"/>';
  const ftyp = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1${brand}rest of the file`, 'latin1');
  it.each([
    ['SVG', Buffer.from(svg), /SVG came, which is refused/],
    ['SVG after spaces', Buffer.from(`  \n${svg}`), /SVG came/],
    ['PDF', Buffer.from('%PDF-1.7\n'), /PDF came/],
    ['a web page', Buffer.from('<!DOCTYPE html><title>x'), /web page came/],
    ['HEIC', ftyp('heic'), /HEIC pictures \(HEVC, the default of iPhones\)/],
    ['HEIC sequence', ftyp('hevc'), /HEIC/],
    ['BMP', Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]), /BMP \(image\/bmp\) came/],
    ['ZIP', Buffer.from('504b030414000000080000000000', 'hex'), /ZIP/],
    ['a header alone', Buffer.from('ffd8ffe0', 'hex'), /truncated|damaged/],
    ['a PNG header alone', bytes.subarray(0, 40), /truncated|damaged/],
    ['JSON', Buffer.from('{"a":1}'), /7 bytes that are no picture/],
  ])('%s', async (_, data, message) => {
    expect(await problem(data)).toMatchObject({ code: 'not_an_image', message: expect.stringMatching(message) });
  });

  it.each(['photo.jpg', 'palette.png', 'lossy.webp', 'lossy.avif', 'animated.gif', 'colours.tiff', 'sixteen.png'])(
    '%s cut short',
    async (name) => {
      const whole = readFileSync(join(pictures, name));
      for (const part of [0.9, 0.5, 0.1]) {
        // Of an animation only the first frame is read, so it may be whole.
        const length = Math.floor(whole.length * (name.endsWith('.gif') ? part / 2 : part));
        const error = await problem(whole.subarray(0, length));
        expect(error).toMatchObject({ code: 'not_an_image', message: expect.stringMatching(/truncated|damaged/) });
      }
    },
  );

  it('counts pixels before decoding', async () => {
    const bomb = await sharp({ create: { width: 8000, height: 8000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const start = performance.now();
    const error = await problem(bomb);
    expect(error).toMatchObject({ code: 'too_large', message: expect.stringMatching(/8000 x 8000 = 64000000 came/) });
    expect(error.remedy).toMatch(/KATONIC_MAX_PIXELS/);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each(['png', 'webp', 'gif', 'tiff'] as const)('counts the pixels of %s', async (format) => {
    const large = await sharp({ create: { width: 300, height: 400, channels: 3, background: 'red' } })
      [format]()
      .toBuffer();
    expect(await problem(large, { ...limits, maxPixels: 100_000 })).toMatchObject({ code: 'too_large' });
    await readImage(large, recipe, { limits: { ...limits, maxPixels: 120_000 } });
  });

  it('counts bytes, before base64 is decoded', async () => {
    const small = { ...limits, maxBytes: 1000 };
    for (const data of [bytes, bytes.toString('base64'), `data:image/png;base64,${bytes.toString('base64')}`]) {
      expect(await problem(data, small)).toMatchObject({
        code: 'too_large',
        message: expect.stringMatching(/at most 1 kB.*4 kB/),
      });
    }
  });
});

describe('what comes out', () => {
  it('has the shape, layout and dtype of the recipe', async () => {
    const wide = { width: 6, height: 4 } as const;
    const float = await readImage(bytes, wide);
    expect([float.shape, float.dtype, float.data.constructor]).toEqual([[1, 4, 6, 3], 'float32', Float32Array]);
    const planar: Uint8Array = (await readImage(bytes, { ...wide, layout: 'nchw', dtype: 'uint8' })).data;
    const packed: Uint8Array = (await readImage(bytes, { ...wide, dtype: 'uint8' })).data;
    for (let pixel = 0; pixel < 24; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        expect(planar[channel * 24 + pixel]).toBe(packed[pixel * 3 + channel]);
        expect(float.data[pixel * 3 + channel]).toBeCloseTo((packed[pixel * 3 + channel] as number) / 255, 6);
      }
    }
  });

  it('swaps to BGR and normalises each channel by its own mean and std', async () => {
    const rgb = (await readImage(bytes, { ...recipe, dtype: 'uint8' })).data;
    const mean = [103.94, 116.78, 123.68];
    const std = [1, 2, 4];
    const { data } = await readImage(bytes, { ...recipe, order: 'bgr', scale: 1, mean, std });
    data.forEach((value, index) => {
      const channel = index % 3;
      const expected =
        ((rgb[index - channel + 2 - channel] as number) - (mean[channel] as number)) / (std[channel] as number);
      expect(value).toBeCloseTo(expected, 4);
    });
  });

  it('gives half floats as bits', async () => {
    const { data, dtype } = await readImage(bytes, { ...recipe, dtype: 'float16', scale: 1 / 127.5, mean: 1 });
    expect([data.constructor, dtype]).toEqual([Uint16Array, 'float16']);
    expect(Math.max(...data)).toBeLessThan(0xfc01);
  });

  it('flattens transparency on white, on a colour, or drops it', async () => {
    const clear = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 10, g: 20, b: 30, alpha: 0 } },
    })
      .png()
      .toBuffer();
    const colour = async (alpha?: 'drop' | readonly [number, number, number]) =>
      Array.from((await readPixels(clear, { width: 2, height: 2, ...(alpha ? { alpha } : {}) })).data.subarray(0, 3));
    expect(await colour()).toEqual([255, 255, 255]);
    expect(await colour([1, 2, 3])).toEqual([1, 2, 3]);
    expect(await colour('drop')).toEqual([10, 20, 30]);
  });

  it('turns by EXIF unless told not to', async () => {
    const turned = readFileSync(join(pictures, 'turned.jpg'));
    const upright = await readPixels(turned, { width: 30, height: 40, fit: 'stretch' });
    const byHand = await sharp(readFileSync(join(pictures, 'photo.jpg')))
      .rotate(90)
      .png()
      .toBuffer();
    const expected = await readPixels(byHand, { width: 30, height: 40, fit: 'stretch' });
    const apart = upright.data.reduce(
      (sum, value, index) => sum + Math.abs(value - (expected.data[index] as number)),
      0,
    );
    expect(apart / upright.data.length).toBeLessThan(0.5);
  });

  it('pads with the background', async () => {
    const { data } = await readPixels(bytes, { width: 20, height: 40, fit: 'pad', background: [9, 8, 7] });
    expect(Array.from(data.subarray(0, 3))).toEqual([9, 8, 7]);
    expect(Array.from(data.subarray(-3))).toEqual([9, 8, 7]);
  });

  it('shows what the model sees', async () => {
    const png = await previewImage(bytes, { width: 20, height: 10, channels: 1 });
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 20, height: 10 });
  });

  it('reads an AVIF, and the first frame of an animation', async () => {
    for (const name of ['lossy.avif', 'animated.gif']) {
      const { data } = await readPixels(readFileSync(join(pictures, name)), { width: 32, height: 24, fit: 'stretch' });
      const photo = await readPixels(readFileSync(join(pictures, 'photo.jpg')), {
        width: 32,
        height: 24,
        fit: 'stretch',
      });
      const apart = data.reduce((sum, value, index) => sum + Math.abs(value - (photo.data[index] as number)), 0);
      expect(apart / data.length).toBeLessThan(20);
    }
  });
});

describe('stages and signals', () => {
  it('adds decoding times up for whoever records them, and for no one else', async () => {
    const one: { decode?: number; fetch?: number } = {};
    const other: { decode?: number } = {};
    await Promise.all([
      recordStages(one, () => Promise.all([readImage(bytes, recipe), readImage(bytes, recipe)])),
      recordStages(other, async () => undefined),
    ]);
    expect(one.decode).toBeGreaterThan(0);
    expect(one.fetch).toBeUndefined();
    expect(other.decode).toBeUndefined();
  });

  it('does not begin when the client is gone', async () => {
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(readImage(bytes, recipe, { signal })).rejects.toThrow('gone');
  });
});
