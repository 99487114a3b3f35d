"""Draws the small pictures that the image tests read: one for each form a picture can come in.

    python3 make-pictures.py        (Pillow 13.0, numpy; writes pictures/)

Sides are odd and unequal, so that a wrong rounding of a resize or crop shows.
"""
import io
import struct
import zlib
from pathlib import Path

import numpy
from PIL import Image

OUT = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 403, 301


def scene(width=WIDTH, height=HEIGHT, seed=7):
    """Smooth colour, hard edges, fine stripes and a little noise, as photographs have them."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    noise = numpy.random.default_rng(seed).normal(0, 6, (height, width, 3))
    picture = numpy.stack(
        [
            90 + 80 * numpy.sin(x / 47) + 30 * numpy.cos(y / 19),
            120 + 70 * numpy.sin((x + 2 * y) / 61),
            110 + 90 * numpy.cos((x - y) / 53),
        ],
        axis=-1,
    )
    picture[(x - 130) ** 2 + (y - 140) ** 2 < 70**2] = (225, 40, 30)
    picture[(abs(x - 290) < 55) & (abs(y - 110) < 60)] = (30, 60, 210)
    stripes = (y > 220) & (y < 270) & (x // 3 % 2 == 0)
    picture[stripes] = (245, 245, 235)
    return (picture + noise).clip(0, 255).astype(numpy.uint8)


def wide_gamut_profile():
    """A matrix profile with Adobe-RGB-like primaries and gamma 2.2 (ICC v2)."""

    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(x, y, z):
        return b"XYZ \0\0\0\0" + fixed(x) + fixed(y) + fixed(z)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + b"\0" * 78
    tags = [
        (b"desc", text + b"\0" * (-len(text) % 4)),
        (b"cprt", b"text\0\0\0\0none"),
        (b"wtpt", xyz(0.9505, 1.0, 1.0891)),
        (b"rXYZ", xyz(0.6097, 0.3111, 0.0195)),
        (b"gXYZ", xyz(0.2053, 0.6257, 0.0609)),
        (b"bXYZ", xyz(0.1492, 0.0632, 0.7446)),
        (b"rTRC", curve),
        (b"gTRC", curve),
        (b"bTRC", curve),
    ]
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", 128 + len(table) + len(body), b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + fixed(0.9642) + fixed(1) + fixed(0.8249)
    return head.ljust(128, b"\0") + table + body


def png16(values):
    """A 16-bit RGB PNG, which Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def main():
    OUT.mkdir(exist_ok=True)
    picture = Image.fromarray(scene())
    picture.save(OUT / "photo.jpg", quality=88)
    picture.convert("L").save(OUT / "grey.jpg", quality=88)
    picture.convert("CMYK").save(OUT / "cmyk.jpg", quality=88)
    picture.save(OUT / "profile.jpg", quality=88, icc_profile=wide_gamut_profile())
    picture.save(OUT / "lossy.webp", quality=80)
    picture.save(OUT / "lossy.avif", quality=60)
    picture.resize((202, 151)).save(OUT / "colours.tiff", compression="tiff_deflate")
    turned = Image.Exif()
    turned[0x0112] = 6
    picture.save(OUT / "turned.jpg", quality=88, exif=turned)

    small = scene()[::3, ::3]
    y, x = numpy.mgrid[0 : small.shape[0], 0 : small.shape[1]]
    alpha = (255 - 4 * numpy.hypot(x - 67, y - 50)).clip(0, 255).astype(numpy.uint8)
    alpha[:, :20] = 0
    Image.fromarray(numpy.dstack([small, alpha])).save(OUT / "alpha.png", optimize=True)
    Image.fromarray(small).quantize(32).save(OUT / "palette.png", optimize=True)
    ramp = numpy.linspace(0, 257, small.size).reshape(small.shape) % 257
    (OUT / "sixteen.png").write_bytes(png16(small.astype(numpy.uint16) * 257 - ramp.astype(numpy.uint16) * (small > 0)))
    frames = [Image.fromarray(scene(seed=seed)[::4, ::4]).quantize(32) for seed in (1, 2)]
    frames[0].save(OUT / "animated.gif", save_all=True, append_images=[frames[1].rotate(180)], duration=100)


main()
