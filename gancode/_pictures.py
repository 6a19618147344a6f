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
from PIL import Image, ImageOps

from gancode._arguments import short

# What Pillow reads by itself. (For EPS it starts Ghostscript, which runs what stands in the file.)
FORMATS = {"PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM", "TGA", "QOI", "JPEG2000", "AVIF"}
NO_PILLOW = {".heic", ".heif"}  # pictures all the same: a phone's, to be named rather than passed over
LARGE = 2**28  # bytes of an array that is kept in the cache
FEW = 64  # one batch
T = Image.Transpose
UPRIGHT = dict(enumerate((T.FLIP_LEFT_RIGHT, T.ROTATE_180, T.FLIP_TOP_BOTTOM, T.TRANSPOSE), 2))
UPRIGHT |= dict(enumerate((T.ROTATE_270, T.TRANSVERSE, T.ROTATE_90), 6))  # by EXIF's orientation


def read_folder(folder, shape, with_labels):
    """What `data.images` returns, of pictures of this shape, (height, width, channels)."""
    top, where = pathlib.Path(folder).expanduser(), short(str(folder))
    if not top.is_dir():
        what = "a file" if top.exists() else "which does not exist"
        raise ValueError(f"folder: expected a folder with pictures in it, got {where}, {what}")
    paths = listed(top)
    if not paths:
        raise ValueError(f"folder: expected pictures (PNG, JPEG, WebP, GIF, BMP, ...), got none in {where}")
    names = class_names(top, paths) if with_labels else None
    if len(paths) * np.prod(shape) > LARGE:
        images, broken, sizes = from_cache(top, paths, shape)
    else:
        file = io.BytesIO()
        broken, sizes = decode(top, paths, shape, file)
        images = np.frombuffer(file.getbuffer(), np.uint8).reshape(-1, *shape)

    said = [f"{path} ({why})" for path, why in broken.items()]
    what = ", ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")
    if len(images) == 0:
        raise ValueError(f"folder: expected pictures that can be read, got {len(paths)} that can not: {what}")
    if broken:
        _warn(f"{len(broken)} of {len(paths)} files could not be read and are left out: {what}")
    height, width, _ = shape
    if len(sizes) > 1 or any(h * width != w * height for h, w in sizes):
        kinds = " to ".join(f"{h} x {w}" for h, w in (sizes if len(sizes) == 1 else (sizes[0], sizes[-1])))
        _warn(f"of {kinds} pixels, each scaled until its shorter side fits {height} x {width}, and cut at the centre")
    if len(images) < FEW:
        _warn(
            f"there are only {len(images)}; of so few a GAN soon shows copies, and it needs hundreds, better thousands"
        )
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
    at_the_top = [path for path in paths if "/" not in path]
    if n := len(at_the_top):
        raise ValueError(f"labels: expected all pictures in subfolders, got {n} beside them: {at_the_top[0]}")
    if len(names) < 2:
        raise ValueError(f"labels: expected at least two subfolders, a class each, got {names}")
    for name in sorted({*names} - {path.split("/")[0] for path in paths}):
        raise ValueError(f"labels: expected pictures in every subfolder, got none in {name!r}")
    return names


def from_cache(top, paths, shape):
    """The array as a file, made unless it is there; what was broken; and, when it is made, the sizes."""
    cache = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "gancode"
    files = [(path, (top / path).stat().st_size, (top / path).stat().st_mtime_ns) for path in paths]
    key = hashlib.sha256(json.dumps([str(top.resolve()), files, shape]).encode()).hexdigest()
    kept, sizes = cache / f"{key[:32]}.npy", []
    if not kept.exists():
        beside = cache / f"{kept.name}.{os.getpid()}.partial"  # and then moved, so that it is there whole or not at all
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with open(beside, "wb") as file:
                _header(file, len(paths), shape)
                broken, sizes = decode(top, paths, shape, file)
                file.write(json.dumps(broken).encode())  # behind the array
                file.seek(0)
                _header(file, len(paths) - len(broken), shape)  # NumPy leaves room for any number
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, kept)
        except OSError as error:
            size = f"{len(paths) * np.prod(shape) / 1e9:.1f} GB"
            raise OSError(f"images: {size} could not be kept in {cache} ({error}); KERAS_HOME says where") from error
        finally:
            beside.unlink(missing_ok=True)
    images = np.load(kept, mmap_mode="r")
    with open(kept, "rb") as file:
        file.seek(images.offset + images.nbytes)
        return images, json.loads(file.read()), sizes


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
            broken[path] = " ".join(str(error).replace(f" {str(top / path)!r}", "").split())[:80]
        else:
            file.write(picture)
            sizes.add(size)
    return broken, sorted(sizes, key=lambda size: (size[0] * size[1], size))


def read(path, height, width, channels):
    """One picture as uint8 (height, width, channels), and the (height, width) that it has itself."""
    with Image.open(path, formats=tuple(FORMATS & Image.OPEN.keys())) as picture:
        size = picture.size
        picture.draft(None, (2 * max(height, width),) * 2)  # of a large JPEG, no more than is needed
        picture.load()
        upright = UPRIGHT.get(picture.getexif().get(0x0112))
        picture = eight_bits(picture).convert("L" if channels == 1 else "RGB")
    if upright is not None:
        picture = picture.transpose(upright)
        size = size if upright in (T.FLIP_LEFT_RIGHT, T.ROTATE_180, T.FLIP_TOP_BOTTOM) else size[::-1]
    picture = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)  # its centre
    return np.asarray(picture).reshape(height, width, channels), size[::-1]


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


def _header(file, n, shape):
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (n, *shape)})


def _warn(message):
    warnings.warn(f"images: {message}.", stacklevel=4)  # whoever called data.images
