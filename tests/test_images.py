"""What a folder of pictures becomes: a table of inputs and outcomes. Each file is made here, by Pillow."""

import io
import os
import pathlib
import tracemalloc
import warnings

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from gancode import _pictures, data

# red and green above, blue and yellow below: 24 rows of 32
CORNERS = np.array([[(200, 30, 30), (30, 160, 60)], [(40, 60, 210), (220, 200, 40)]], np.uint8)
UPRIGHT = CORNERS.repeat(12, axis=0).repeat(16, axis=1)
GREY = np.round(UPRIGHT @ [0.299, 0.587, 0.114]).astype(np.uint8)  # luma, ITU-R BT.601
RAMP = np.linspace(0, 1, 24 * 32).reshape(24, 32)
HALF = np.where(np.arange(32) < 16, 255, 51)[None].repeat(24, axis=0).astype(np.uint8)  # opaque left, a fifth right
ON_WHITE = np.round(UPRIGHT * (HALF / 255)[..., None] + 255 * (1 - HALF / 255)[..., None])


def picture(array, mode=None):
    return Image.fromarray(np.asarray(array)) if mode is None else Image.fromarray(np.asarray(array)).convert(mode)


def images(folder, size=(24, 32), **settings):
    """What data.images gives, and what it says: a list of lines, but that there are few."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = data.images(folder, size, **settings)
    assert {warning.filename for warning in said} <= {__file__}  # where the reader's own code called
    lines = [str(warning.message) for warning in said]
    assert all(line.startswith("images: ") and "\n" not in line for line in lines)
    return found, [line for line in lines if "so few" not in line]


def alone(tmp_path, image, name, **save):
    """One picture saved, with its name and settings, in an otherwise empty folder; and what is read of it."""
    image.save(tmp_path / name, **save)
    found, said = images(tmp_path)
    assert found.shape == (1, 24, 32, 3) and found.dtype == np.uint8 and said == []
    return found[0].astype(float)


FORMATS = [
    ("a.png", {}, 0),
    ("a.PNG", {}, 0),
    ("a.jpg", {"quality": 95, "subsampling": 0}, 6),
    ("a.jpeg", {"quality": 95, "subsampling": 0, "progressive": True}, 6),
    ("a.webp", {"lossless": True}, 0),
    ("a.bmp", {}, 0),
    ("a.gif", {}, 1),
    ("a.tif", {}, 0),
    ("a.tiff", {"compression": "tiff_lzw"}, 0),
    ("a.ppm", {}, 0),
    ("a.tga", {}, 0),
    ("a.png", {"format": "JPEG", "quality": 95, "subsampling": 0}, 6),  # a wrong name
]


@pytest.mark.parametrize("name, save, slack", FORMATS, ids=[f"{name} {save}" for name, save, _ in FORMATS])
def test_each_format_is_read_as_it_was_saved(tmp_path, name, save, slack):
    assert np.abs(alone(tmp_path, picture(UPRIGHT), name, **save) - UPRIGHT).max() <= slack


def palette(transparent=None):
    one = picture(UPRIGHT).quantize(4)
    if transparent is not None:
        one.info["transparency"] = one.getpixel(transparent)
    return one


RGBA = np.dstack([UPRIGHT, HALF])
HOLE = UPRIGHT.astype(float)
HOLE[:12, :16] = 255
KINDS = {
    "grey": (picture(GREY), "a.png", GREY, 0),
    "black and white": (picture(GREY > 100), "a.png", 255 * (GREY > 100), 0),
    "palette": (palette(), "a.png", UPRIGHT, 1),
    "palette, one colour transparent": (palette((0, 0)), "a.png", HOLE, 1),
    "GIF, one colour transparent": (palette((0, 0)), "a.gif", HOLE, 1),
    "alpha": (picture(RGBA), "a.png", ON_WHITE, 1),
    "alpha, WebP": (picture(RGBA), "a.webp", ON_WHITE, 1),
    "grey and alpha": (picture(np.dstack([GREY, HALF])), "a.png", ON_WHITE @ [0.299, 0.587, 0.114], 2),
    "CMYK, JPEG": (picture(UPRIGHT, "CMYK"), "a.jpg", UPRIGHT, 12),
    "CMYK, TIFF": (picture(UPRIGHT, "CMYK"), "a.tif", UPRIGHT, 1),
    "16 bit": (picture((RAMP * 65535).astype(np.uint16)), "a.png", RAMP * 255, 1),
    "16 bit, dark": (picture((RAMP * 6553).astype(np.uint16)), "a.png", RAMP * 25.5, 1),
    "16 bit, TIFF": (picture((RAMP * 65535).astype(np.uint16)), "a.tif", RAMP * 255, 1),
    "mode I": (picture((RAMP * 65535).astype(np.int32)), "a.tif", RAMP * 255, 1),
    "mode I, 32 bits": (picture((RAMP * 2e9).astype(np.int32)), "a.tif", RAMP * 255, 1),
    "mode F to 1": (picture(RAMP.astype(np.float32)), "a.tif", RAMP * 255, 1),
    "mode F to 255": (picture((RAMP * 255).astype(np.float32)), "a.tif", RAMP * 255, 1),
    "mode F below 0": (picture((RAMP * 2 - 1).astype(np.float32)), "a.tif", RAMP * 255, 1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_pixel_becomes_colour_and_grey(tmp_path, kind):
    image, name, expected, slack = KINDS[kind]
    save = {"quality": 95} if name.endswith("jpg") else {"lossless": True} if name.endswith("webp") else {}
    expected = np.broadcast_to(np.atleast_3d(expected), (24, 32, 3))
    assert np.abs(alone(tmp_path, image, name, **save) - expected).max() <= slack
    grey, _ = images(tmp_path, channels=1)
    assert grey.shape == (1, 24, 32, 1)
    assert np.abs(grey[0, ..., 0] - expected @ [0.299, 0.587, 0.114]).max() <= slack + 1


# EXIF: which side of the picture the file's first row and first column are
TURNED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],  # top, right
    3: UPRIGHT[::-1, ::-1],  # bottom, right
    4: UPRIGHT[::-1],  # bottom, left
    5: UPRIGHT.swapaxes(0, 1),  # left, top
    6: UPRIGHT[:, ::-1].swapaxes(0, 1),  # right, top
    7: UPRIGHT[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: UPRIGHT[::-1].swapaxes(0, 1),  # left, bottom
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_a_picture_taken_sideways_is_turned_upright(tmp_path, name, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save = {"a.jpg": {"quality": 95, "subsampling": 0}, "a.webp": {"lossless": True}}.get(name, {})
    found = alone(tmp_path, picture(np.ascontiguousarray(TURNED[orientation])), name, exif=exif, **save)
    assert np.abs(found - UPRIGHT).max() <= (40 if name == "a.jpg" else 0)  # JPEG blurs the edges: blocks of 8


@pytest.mark.parametrize(
    "exif, stored",
    [
        # cut off at once; behind the orientation; and a date there that is no text
        (b"\0\x08\xff\xff\x01\x12", 1),
        (b"\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x01\x1a\0\x05\xff\xff\xff\xff", 6),
        (
            b"\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x01\x32\0\x07\0\0\0\x01\0\0\0\0\0\0\0\0",
            6,
        ),
    ],
)
def test_a_torn_exif_does_not_cost_the_picture(tmp_path, exif, stored):
    save = {"quality": 95, "subsampling": 0, "exif": b"Exif\0\0MM\0*\0\0" + exif}
    found = alone(tmp_path, picture(np.ascontiguousarray(TURNED[stored])), "a.jpg", **save)
    assert np.abs(found - UPRIGHT).max() <= 40


def test_of_a_film_the_first_frame_is_read(tmp_path):
    frames = [picture(UPRIGHT), picture(255 - UPRIGHT)]
    found = alone(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert np.abs(found - UPRIGHT).max() <= 1


# --- sizes ---

STRIPES = np.repeat(np.array([0, 100, 200], np.uint8), [20, 40, 20])[None].repeat(40, axis=0)  # 40 rows of 80


@pytest.mark.parametrize(
    "stored, size, expected",
    [
        (STRIPES, 40, 100),  # the middle
        (STRIPES.T, 40, 100),
        (STRIPES.repeat(3, 0).repeat(3, 1), 40, 100),  # scaled down by 3
        (STRIPES, (80, 80), 100),  # up by 2
        (STRIPES, (20, 20), 100),
        (STRIPES, (40, 80), STRIPES),  # whole
    ],
)
def test_a_picture_is_scaled_until_its_shorter_side_fits_and_cut_at_the_centre(tmp_path, stored, size, expected):
    picture(stored).save(tmp_path / "a.png")
    found, said = images(tmp_path, size, channels=1)
    inner = np.s_[0, :, 3:-3, 0] if stored.shape[1] > 40 else np.s_[0, 3:-3, :, 0]  # Lanczos rings at an edge
    expected = expected if np.ndim(expected) == 0 else expected[:, 3:-3]
    assert np.abs(found[inner].astype(float) - expected).max() <= (0 if np.shape(stored) == found.shape[1:3] else 3)
    assert len(said) == (np.ndim(expected) == 0)
    assert all("scaled until its shorter side fits" in line and "cut at the centre" in line for line in said)


def test_a_large_photograph_keeps_its_place_though_less_of_it_is_decoded(tmp_path):
    picture(UPRIGHT.repeat(50, 0).repeat(50, 1)).save(tmp_path / "a.jpg")
    (found,), _ = images(tmp_path)
    assert np.abs(found.astype(float) - UPRIGHT)[2:-2, 2:-2].mean() < 2


def test_mixed_sizes_are_said_in_one_line_and_one_size_that_fits_not_at_all(tmp_path):
    for i, side in enumerate((20, 48, 30)):
        picture(np.zeros((side, side), np.uint8)).save(tmp_path / f"{i}.png")
    found, said = images(tmp_path, 24)
    assert found.shape == (3, 24, 24, 3)
    assert len(said) == 1 and "of 20 x 20 to 48 x 48 pixels (height x width)" in said[0] and "fits 24 x 24" in said[0]
    (tmp_path / "0.png").unlink()
    (tmp_path / "2.png").unlink()
    assert images(tmp_path, 24)[1] == []


# --- folders ---


def paint(path, level=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(np.full((24, 32), level, np.uint8)).save(path)


def broken(path, what="cut"):
    """A file that is called a picture, and is none."""
    file = io.BytesIO()
    picture(np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)).save(file, "PNG")
    whole = file.getvalue()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    content = {"cut": whole[:-2000], "page": b"<html>", "empty": b"", "zeros": bytes(500), "flipped": bytes(flipped)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[what])


def test_pictures_of_nested_folders_come_in_the_order_of_their_paths(tmp_path):
    for level, name in enumerate(["B.png", "a/1.png", "a/10.png", "a/b/c/d.png", "b.png"]):
        paint(tmp_path / name, 10 * level)
    found, said = images(tmp_path)
    assert found[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40] and said == []


def test_hidden_files_and_what_is_no_picture_are_passed_over_without_a_word(tmp_path):
    paint(tmp_path / "a.png", 7)
    for name in (".hidden.png", ".git/a.png", "__MACOSX/._a.png"):
        broken(tmp_path / name)
    for name in ("notes.txt", "Thumbs.db", "labels.json", "film.mp4", "no suffix"):
        (tmp_path / name).write_text("nothing")
    (tmp_path / "a folder.png").mkdir()
    (tmp_path / "link.png").symlink_to("nowhere.png")
    found, said = images(tmp_path)
    assert found[:, 0, 0, 0].tolist() == [7] and said == []


@pytest.mark.parametrize("what", ["cut", "page", "empty", "zeros", "flipped"])
def test_a_broken_file_is_named_left_out_and_counted(tmp_path, what):
    for level in range(3):
        paint(tmp_path / f"{level}.png", level)
    broken(tmp_path / "0 broken.png", what)
    found, said = images(tmp_path)
    assert found[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert len(said) == 1 and "1 of 4 files could not be read" in said[0] and "0 broken.png (" in said[0]
    assert str(tmp_path) not in said[0]


def test_of_many_broken_files_five_are_named(tmp_path):
    paint(tmp_path / "z.png")
    for i in range(7):
        broken(tmp_path / f"{i}.png")
    _, said = images(tmp_path)
    assert len(said) == 1 and "7 of 8" in said[0] and "4.png" in said[0] and "5.png" not in said[0]
    assert "and 2 more" in said[0]


@pytest.mark.parametrize("most", [100, 500])  # Pillow raises above twice its limit, and warns from there on
def test_a_decompression_bomb_is_a_broken_file(tmp_path, monkeypatch, most):
    paint(tmp_path / "a.png")
    picture(np.zeros((8, 8), np.uint8)).save(tmp_path / "b.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
    found, said = images(tmp_path)
    assert len(found) == 1 and any("a.png" in line and "bomb" in line for line in said)


def test_no_other_program_is_started_to_read_a_file(tmp_path, monkeypatch):
    def started(*args, **kwargs):
        raise AssertionError("Ghostscript")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    paint(tmp_path / "a.png")
    picture(UPRIGHT).save(tmp_path / "b.eps")
    os.replace(tmp_path / "b.eps", tmp_path / "b.png")
    _, said = images(tmp_path)
    assert "b.png (cannot identify image file)" in said[0]


def test_a_phones_pictures_that_pillow_can_not_read_are_named(tmp_path):
    paint(tmp_path / "a.png")
    (tmp_path / "b.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    assert "b.HEIC (cannot identify image file: save it as JPEG)" in images(tmp_path)[1][0]


def test_infinite_levels_are_a_broken_file(tmp_path):
    paint(tmp_path / "a.png")
    picture(np.full((4, 4), np.nan, np.float32)).save(tmp_path / "b.tif")
    assert "b.tif (NaN or inf" in images(tmp_path)[1][0]


@pytest.mark.parametrize("n", [1, 2, 63, 64])
def test_few_pictures_are_a_warning(tmp_path, n):
    for i in range(n):
        paint(tmp_path / f"{i}.png")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len(data.images(tmp_path, (24, 32))) == n
    assert [f"there are only {n};" in str(warning.message) for warning in said] == ([True] if n < 64 else [])


def test_colour_at_64_is_what_nobody_need_ask_for(tmp_path):
    picture(np.zeros((64, 64), np.uint8)).save(tmp_path / "a.png")
    with pytest.warns(UserWarning, match="only 1"):
        assert data.images(str(tmp_path)).shape == (1, 64, 64, 3)


# --- labels ---


def test_subfolders_are_classes_by_name(tmp_path):
    for level, name in enumerate(["b/1.png", "b/deep/2.png", "a/3.png", "c 10/4.png"]):
        paint(tmp_path / name, level)
    broken(tmp_path / "a" / "0.png")
    paint(tmp_path / ".hidden" / "a.png")
    (found, labels, names), said = images(tmp_path, labels="folders")
    assert names == ["a", "b", "c 10"] and labels.dtype == np.int64
    assert labels.tolist() == [0, 1, 1, 2] and found[:, 0, 0, 0].tolist() == [2, 0, 1, 3]
    assert len(said) == 1 and "a/0.png" in said[0]


FOLDERS = {
    "empty": ([], "folder: expected pictures .*, got none"),
    "no pictures": (["notes.txt"], "folder: expected pictures .*, got none"),
    "only hidden ones": ([".a.png"], "folder: expected pictures .*, got none"),
    "only broken ones": (["broken 1.png", "broken 2.png"], r"got 2 that can not: broken 1\.png \("),
}
CLASSES = {
    "some beside the subfolders": (["a/1.png", "b/1.png", "1.png"], r"labels: .* got 1 beside them: 1\.png"),
    "none": (["1.png", "2.png"], r"labels: .* got 2 beside them"),
    "one subfolder": (["a/1.png"], r"labels: expected at least two subfolders.*\['a'\]"),
    "an empty subfolder": (["a/1.png", "b/1.png", "c/notes.txt"], "labels: .* got none in 'c'"),
    "a subfolder of broken ones": (["a/1.png", "b/1.png", "c/broken 1.png"], "labels: .* got none in 'c'"),
}


@pytest.mark.parametrize("labels, case", [(None, case) for case in FOLDERS] + [("folders", case) for case in CLASSES])
def test_a_folder_that_will_not_do_is_refused_in_one_line(tmp_path, labels, case):
    names, wanted = (CLASSES if labels else FOLDERS)[case]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (broken if "broken" in name else paint if ".png" in name else pathlib.Path.touch)(tmp_path / name)
    with pytest.raises(ValueError, match=wanted) as error:
        images(tmp_path, labels=labels)
    assert "\n" not in str(error.value)


def test_a_file_and_a_folder_that_is_not_there_are_refused(tmp_path):
    paint(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"folder: expected a folder .* a file$"):
        images(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"folder: expected a folder .* which does not exist$"):
        images(tmp_path / "b")


def test_a_folder_that_vanishes_is_an_error_and_not_a_thousand_broken_files(tmp_path, monkeypatch):
    for i in range(3):
        paint(tmp_path / "pictures" / f"{i}.png")
    read = _pictures.read

    def once(path, *shape):
        if path.name == "1.png":
            (tmp_path / "pictures").rename(tmp_path / "away")
        return read(path, *shape)

    monkeypatch.setattr(_pictures, "read", once)
    with pytest.raises(ValueError, match=r"folder: .* has vanished"):
        images(tmp_path / "pictures")


# --- a large array is a file ---


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """All arrays count as large; the folder that they are kept in."""
    monkeypatch.setattr(_pictures, "LARGE", 0)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    for level in range(5):
        paint(tmp_path / "pictures" / f"{level % 2}" / f"{level}.png", level)
    broken(tmp_path / "pictures" / "0" / "broken.png")
    return tmp_path / "home" / "gancode"


def never(*args):
    raise AssertionError("decoded again")


def test_it_is_mapped_equals_the_one_in_memory_and_is_not_decoded_again(cache, tmp_path, monkeypatch):
    (one, labels, names), said = images(tmp_path / "pictures", labels="folders")
    assert isinstance(one, np.memmap) and not one.flags.writeable
    monkeypatch.setattr(_pictures, "read", never)
    (again, *others), said_again = images(tmp_path / "pictures", labels="folders")
    assert isinstance(again, np.memmap) and said == said_again and "broken.png" in said[0]
    np.testing.assert_array_equal(one, again)
    assert one[:, 0, 0, 0].tolist() == [0, 2, 4, 1, 3]
    assert labels.tolist() == others[0].tolist() == [0, 0, 0, 1, 1] and names == others[1] == ["0", "1"]
    monkeypatch.undo()
    in_memory, _ = images(tmp_path / "pictures")
    assert not isinstance(in_memory, np.memmap) and in_memory.flags.writeable
    np.testing.assert_array_equal(one, in_memory)


@pytest.mark.parametrize("what", ["a picture more", "one less", "another", "another size", "grey"])
def test_what_is_not_the_same_is_decoded_anew(cache, tmp_path, what):
    folder, settings = tmp_path / "pictures", {}
    before, _ = images(folder)
    if what == "a picture more":
        paint(folder / "2.png", 9)
    elif what == "one less":
        (folder / "0" / "2.png").unlink()
    elif what == "another":
        paint(folder / "0" / "2.png", 99)
        os.utime(folder / "0" / "2.png", ns=(1, 1))
    else:
        settings = {"another size": {"size": 16}, "grey": {"channels": 1}}[what]
    after, _ = images(folder, **settings)
    assert after.shape != before.shape or not np.array_equal(before, after)
    assert len(list(cache.glob("*.uint8"))) == len(list(cache.glob("*.json"))) == 2


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_what_stops_halfway_leaves_nothing_and_the_next_call_begins_anew(cache, tmp_path, monkeypatch, stop):
    def stops(file):
        raise stop

    monkeypatch.setattr(os, "fsync", stops)
    with pytest.raises((KeyboardInterrupt, OSError)) as error:
        images(tmp_path / "pictures")
    if isinstance(stop, OSError):
        assert str(cache) in str(error.value) and "No space left" in str(error.value)
    assert list(cache.iterdir()) == []
    monkeypatch.undo()
    assert len(images(tmp_path / "pictures")[0]) == 5


def test_to_make_it_takes_the_memory_of_one_picture(cache, tmp_path):
    for i in range(100):
        paint(tmp_path / "pictures" / f"{i}.png", i)
    images(tmp_path / "pictures", size=16)  # Pillow, and what else is imported
    tracemalloc.start()
    found, _ = images(tmp_path / "pictures", size=96)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.nbytes > 2_900_000 and most < 600_000
