"""Pictures out of a folder, whatever people have there, as one uint8 array. Under `data.images`.

Each is decoded once, by Pillow, one after the other. Where they are many, the array is a file in a cache, and only what
a step needs of it is in memory.
"""

import hashlib
import io
import json
import os
import pathlib
import warnings

import numpy as np
from PIL import ExifTags, Image, ImageOps

from gancode._arguments import expect, short
from gancode._files import write_whole

# What Pillow reads by itself. (For EPS it starts Ghostscript, which runs what stands in the file.)
FORMATS = {"PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM", "TGA", "QOI", "JPEG2000", "AVIF"}
NO_PILLOW = {".heic", ".heif"}  # pictures all the same: a phone's, to be named rather than passed over
LARGE = 2**28  # bytes of an array that is kept in the cache
FEW = 64  # one batch


def read_folder(folder, shape, with_labels):
    """What `data.images` returns, of pictures of this shape, (height, width, channels)."""
    top, where = pathlib.Path(folder).expanduser(), short(str(folder))
    what = "a file" if top.exists() else "which does not exist"
    expect(top.is_dir(), "folder", "a folder with pictures in it", got=f"{where}, {what}")
    paths = listed(top)
    expect(paths, "folder", "pictures (PNG, JPEG, WebP, GIF, BMP, ...)", got=f"none in {where}")
    names = class_names(top, paths) if with_labels else None
    if len(paths) * np.prod(shape) > LARGE:
        images, broken, sizes = from_cache(top, paths, shape)
    else:
        file = io.BytesIO()
        broken, sizes = decode(top, paths, shape, file)
        images = np.frombuffer(file.getbuffer(), np.uint8).reshape(-1, *shape)

    if broken:
        _warn(f"{len(broken)} of {len(paths)} files could not be read and are left out: {some(broken)}")
    height, width, to = *shape[:2], f"{shape[0]} x {shape[1]}"
    if len(sizes) > 1 or any(h * width != w * height for h, w in sizes):
        kinds = "of " + " to ".join(f"{h} x {w}" for h, w in (sizes if len(sizes) == 1 else (sizes[0], sizes[-1])))
        _warn(f"{kinds} pixels (height x width), each scaled until its shorter side fits {to}, and cut at the centre")
    if len(images) < FEW:
        _warn(f"there are only {len(images)}; of so few a GAN soon shows copies: it needs hundreds, better thousands")
    if names is None:
        return images
    labels = np.array([names.index(path.split("/")[0]) for path in paths if path not in broken], np.int64)
    if without := [name for label, name in enumerate(names) if label not in labels]:
        raise ValueError(f"labels: expected pictures that can be read in every subfolder, got none in {without[0]!r}")
    return images, labels, names


def listed(top):
    """The pictures' paths from `top` on, as text, sorted. What is hidden or has no picture's name is passed over."""
    suffixes = {suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS} | NO_PILLOW
    found = (path.relative_to(top) for path in top.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))


def class_names(top, paths):
    """The subfolders' names, sorted. Raises ValueError unless each picture is in one, and each has a picture."""
    names = sorted(each.name for each in top.iterdir() if each.is_dir() and not each.name.startswith("."))
    if at_top := [path for path in paths if "/" not in path]:
        raise ValueError(f"labels: expected all pictures in subfolders, got {len(at_top)} beside them: {at_top[0]}")
    expect(len(names) >= 2, "labels", "at least two subfolders, a class each", got=names)
    for name in sorted({*names} - {path.split("/")[0] for path in paths}):
        raise ValueError(f"labels: expected pictures in every subfolder, got none in {name!r}")
    return names


def from_cache(top, paths, shape):
    """The array as a file, made unless it is there; what was broken; and the sizes. A file of notes holds these."""
    cache = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "gancode"
    files = [(path, (top / path).stat().st_size, (top / path).stat().st_mtime_ns) for path in paths]
    key = hashlib.sha256(json.dumps([str(top.resolve()), files, shape]).encode()).hexdigest()
    kept, notes = cache / f"{key[:32]}.uint8", cache / f"{key[:32]}.json"
    how = {"name": f"images: {len(paths) * np.prod(shape) / 1e9:.1f} GB: ", "mark": f"{os.getpid()}-"}
    how["then"] = "KERAS_HOME says where"
    if not notes.exists():
        found = []

        def write(beside):
            with open(beside, "wb") as file:
                found.extend(decode(top, paths, shape, file))

        write_whole(kept, write, **how)
        write_whole(notes, lambda file: file.write_text(json.dumps(found)), **how)
    broken, sizes = json.loads(notes.read_text())
    return np.memmap(kept, np.uint8, "r", shape=(len(paths) - len(broken), *shape)), broken, sizes


def decode(top, paths, shape, file):
    """Write the pictures' bytes to a file, one by one. Returns {path: why} of the broken and the others' sizes."""
    from tqdm.auto import tqdm

    broken, sizes = {}, set()
    for path in tqdm(paths, "reading pictures", leave=False, delay=3):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a torn EXIF, say
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                picture, size = read(top / path, *shape)
        except Exception as error:  # a broken file may raise anything
            if not top.is_dir():
                raise ValueError(f"folder: {top} has vanished while it was read") from error
            cure = ": save it as JPEG" if pathlib.Path(path).suffix.lower() in NO_PILLOW else ""
            broken[path] = " ".join(str(error).replace(f" {str(top / path)!r}", "").split())[:80] + cure
        else:
            file.write(picture)
            sizes.add(size)
    expect(sizes, "folder", "pictures that can be read", got=f"{len(paths)} that can not: {some(broken)}")
    return broken, sorted(sizes, key=lambda size: (size[0] * size[1], size))


def some(broken):
    """The first five of them, and how many there are besides."""
    said = [f"{path} ({why})" for path, why in broken.items()]
    return ", ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")


def read(path, height, width, channels):
    """One picture as uint8 (height, width, channels), and the (height, width) that it has itself."""
    with Image.open(path, formats=tuple(FORMATS & Image.OPEN.keys())) as picture:
        size = picture.size
        picture.draft(None, (2 * max(height, width),) * 2)  # of a large JPEG, no more than is needed
        picture.load()
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) > 4  # its sides are the other way round
        picture.info.pop("exif", None)  # or Pillow would write it anew, which a torn one does not stand
        picture = eight_bits(ImageOps.exif_transpose(picture)).convert("L" if channels == 1 else "RGB")
    picture = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)  # its centre
    return np.asarray(picture).reshape(height, width, channels), size if turned else size[::-1]


def eight_bits(picture):
    """Levels of more than 8 bits scaled to 0 to 255, and transparent pixels on white."""
    if picture.mode[0] in "IF":  # whole numbers of 16 or 32 bits; floats, whose white is 1, 255 or 65535
        levels = np.asarray(picture, np.float64)
        if not np.isfinite(levels).all():
            raise ValueError("NaN or inf among its levels")
        whites = (1, 255, 65535) if picture.mode == "F" else (65535,)
        black, white = min(levels.min(), 0), next((white for white in whites if levels.max() <= white), levels.max())
        return Image.fromarray(np.uint8(np.round((levels - black) * (255 / (white - black)))))
    if {"A", "a"} & set(picture.getbands()) or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture


def _warn(message):
    warnings.warn(f"images: {message}.", stacklevel=4)  # whoever called data.images
