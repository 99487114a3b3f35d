"""What torchvision and Pillow make of the pictures: the reference of test/runtime/images/parity.test.ts.

    python3 make-torchvision.py     (Debian 12: python3-torchvision 0.14.1, python3-pil 9.4; writes torchvision/)

One file a case: raw 8-bit RGB, height x width x 3, before normalisation; `normalised.f32` is one after it, NCHW.
"""
from pathlib import Path

from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode as Mode

HERE = Path(__file__).parent
PICTURES, OUT = HERE / "pictures", HERE / "torchvision"
SIZE = 64


def rgb(name):
    return Image.open(PICTURES / name).convert("RGB")


def save(name, image):
    (OUT / f"{name}.rgb").write_bytes(image.tobytes())


def main():
    OUT.mkdir(exist_ok=True)
    crop = lambda resize, mode=Mode.BILINEAR: transforms.Compose([transforms.Resize(resize, mode), transforms.CenterCrop(SIZE)])
    for name in ["photo.jpg", "turned.jpg", "profile.jpg", "grey.jpg", "cmyk.jpg", "alpha.png", "palette.png", "lossy.webp", "colours.tiff"]:
        save(f"crop-{name}", crop(73)(rgb(name)))
    for mode in ["bilinear", "bicubic", "lanczos", "nearest"]:
        save(f"stretch-{mode}", rgb("photo.jpg").resize((SIZE, SIZE), getattr(Image, mode.upper())))
        save(f"enlarged-{mode}", rgb("palette.png").resize((160, 160), getattr(Image, mode.upper())).crop((40, 40, 104, 104)))
    for resize in [64, 65, 66, 67, 68, 69, 70, 71]:
        save(f"short-side-{resize}", crop(resize)(rgb("photo.jpg")))
    save("small-padded", transforms.CenterCrop(SIZE)(rgb("photo.jpg").resize((51, 38), Image.BILINEAR)))
    (OUT / "grey-from-colour.l").write_bytes(rgb("photo.jpg").resize((SIZE, SIZE), Image.BILINEAR).convert("L").tobytes())
    whole = transforms.Compose(
        [transforms.Resize(40), transforms.CenterCrop(32), transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    )
    (OUT / "normalised.f32").write_bytes(whole(rgb("photo.jpg")).numpy().tobytes())


main()
