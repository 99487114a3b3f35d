"""What Hugging Face's image processors make of the pictures.

    pip install transformers==5.23.0 pillow==13.0.0 numpy && python3 make-transformers.py     (writes transformers/)

One file a case: float32, NCHW, normalised.
"""
from pathlib import Path

import numpy
from transformers import CLIPImageProcessorPil, ConvNextImageProcessorPil, ViTImageProcessorPil
from transformers.image_utils import load_image

HERE = Path(__file__).parent
OUT = HERE / "transformers"
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CASES = {
    "vit": ViTImageProcessorPil(size={"height": 48, "width": 48}),
    "clip": CLIPImageProcessorPil(size={"shortest_edge": 51}, crop_size={"height": 48, "width": 48}),
    "convnext": ConvNextImageProcessorPil(size={"shortest_edge": 48}, crop_pct=0.875, **IMAGENET),
}


def main():
    OUT.mkdir(exist_ok=True)
    for case, processor in CASES.items():
        for name in ["photo.jpg", "turned.jpg"]:
            picture = load_image(str(HERE / "pictures" / name)).convert("RGB")
            values = processor(picture, return_tensors="np")["pixel_values"].astype(numpy.float32)
            print(case, name, values.shape)
            (OUT / f"{case}-{name}.f32").write_bytes(values.tobytes())


main()
