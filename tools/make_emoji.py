"""Make gancode/emoji/emoji.npz, the 3 251 emoji that travel with the book, from the pictures of Noto Emoji.

    npm pack emoji-datasource-google@16.0.0
    python tools/make_emoji.py emoji-datasource-google-16.0.0.tgz

Flags and skin-tone components are left out, and of an emoji with skin tones at most six pictures are kept: the yellow
one and the first five tones. Each is put on white and made 32 x 32.
"""

import base64
import hashlib
import io
import json
import pathlib
import re
import sys
import tarfile

import numpy as np
from PIL import Image

TARGET = pathlib.Path(__file__).parent.parent / "gancode" / "emoji" / "emoji.npz"
# as `npm view emoji-datasource-google@16.0.0 dist.integrity` says
SHA512 = "ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A=="
TONES_AND_SIGNS = r"-1F3F[B-F]|-FE0F|-200D|-2640|-2642"  # skin tones, joiners, the signs for female and male
FACING_RIGHT = r"(?<=.)-27A1$"
SAME = {  # of a woman, a man and a person: the person
    "1F468|1F469": "1F9D1",
    "1F466|1F467": "1F9D2",  # girl, boy, child
    "1F474|1F475": "1F9D3",  # old
    "1F478|1F934": "1FAC5",  # with a crown
    "1F385|1F936": "1F9D1-1F384",  # Father, Mother and Mx Christmas
    "1F930|1FAC3": "1FAC4",  # pregnant
    "1F57A": "1F483",  # dancing
    "1F46B|1F46C|1F46D": "1F9D1-1F91D-1F9D1",  # two, holding hands
    "1F48F": "1F9D1-2764-1F48B-1F9D1",  # two, kissing
    "1F491": "1F9D1-2764-1F9D1",  # two, with a heart
    r"1F9D1(-1F9D1)?(-1F9D2)+": "1F46A",  # all families
}
HELD_OUT = 6  # of each category every sixth emoji


def same_emoji(code):
    """One name for an emoji and its variants: skin tones, woman, man and person, facing left and right."""
    code = re.sub(FACING_RIGHT, "", re.sub(TONES_AND_SIGNS, "", code))
    for variants, person in SAME.items():
        code = re.sub(rf"\b({variants})\b", person, code)
    return code


def main(archive):
    raw = pathlib.Path(archive).read_bytes()
    if base64.b64encode(hashlib.sha512(raw).digest()).decode() != SHA512:
        raise SystemExit(f"{archive}: its SHA-512 is not the one that npm has published")
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        wanted = re.compile(r"package/(emoji\.json|img/google/64/.+\.png)")
        files = {member.name[8:]: tar.extractfile(member).read() for member in tar if wanted.fullmatch(member.name)}
    entries = [each for each in json.loads(files["emoji.json"]) if each["category"] not in ("Flags", "Component")]
    names = sorted({each["category"] for each in entries})
    bases = {name: {} for name in names}  # of each category its emoji, in the order of the Unicode charts
    for entry in sorted(entries, key=lambda each: each["sort_order"]):
        bases[entry["category"]].setdefault(same_emoji(entry["unified"]))
    held_out = {base for of_one in bases.values() for base in list(of_one)[HELD_OUT - 1 :: HELD_OUT]}

    found = {"train": [], "test": []}
    for entry in entries:
        side = found["test" if same_emoji(entry["unified"]) in held_out else "train"]
        for each in [entry, *list(entry.get("skin_variations", {}).values())[:5]]:
            emoji = Image.open(io.BytesIO(files[f"img/google/64/{each['image']}"])).convert("RGBA")
            on_white = Image.alpha_composite(Image.new("RGBA", emoji.size, "white"), emoji).convert("RGB")
            image = np.asarray(on_white.resize((32, 32), Image.Resampling.LANCZOS))
            side.append((image, names.index(entry["category"]), each["unified"]))
    arrays = {"names": np.array(names)}
    for side, rows in found.items():
        kinds = {"images": np.uint8, "labels": np.uint8, "codes": str}
        arrays |= {
            f"{side}_{kind}": np.array(row, kinds[kind])
            for kind, row in zip(kinds, zip(*rows, strict=True), strict=True)
        }
        print(side, arrays[f"{side}_images"].shape, np.bincount(arrays[f"{side}_labels"]), names)
    np.savez_compressed(TARGET, **arrays)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.2f} MB")
    print("SHA-256", hashlib.sha256(TARGET.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
