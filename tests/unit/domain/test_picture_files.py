"""What a file of a picture says of itself, and what is refused."""

from __future__ import annotations

import struct

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.picture_files import MOST_BYTES, PictureFile, read_picture


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def jpeg(width: int, height: int, code: int = 0xC2) -> bytes:
    about = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF" + b"\0" * 10
    tables = b"\xff\xc4" + struct.pack(">H", 4) + b"\0\0" + b"\xff"
    frame = bytes((0xFF, code)) + struct.pack(">HBHH", 17, 8, height, width)
    return b"\xff\xd8" + about + tables + frame


def webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + rest


GOOD = {
    "png": (png(1440, 3000), PictureFile("image/png", 1440, 3000)),
    "progressive jpeg": (jpeg(390, 844), PictureFile("image/jpeg", 390, 844)),
    "baseline jpeg": (jpeg(390, 844, 0xC0), PictureFile("image/jpeg", 390, 844)),
    "lossy webp": (
        webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 820 | 0x4000, 1180)),
        PictureFile("image/webp", 820, 1180),
    ),
    "lossless webp": (
        webp(b"VP8L", b"\x2f" + struct.pack("<I", 819 | 1179 << 14)),
        PictureFile("image/webp", 820, 1180),
    ),
    "extended webp": (
        webp(b"VP8X", b"\0\0\0\0" + (819).to_bytes(3, "little") + (1179).to_bytes(3, "little")),
        PictureFile("image/webp", 820, 1180),
    ),
}


@pytest.mark.parametrize(("data", "said"), GOOD.values(), ids=GOOD)
def test_kind_and_size_are_those_of_the_content(data: bytes, said: PictureFile) -> None:
    assert read_picture(data) == said


@pytest.mark.parametrize("data", [data for data, _ in GOOD.values()], ids=GOOD)
def test_a_file_that_ends_within_its_head_is_none(data: bytes) -> None:
    # What stands behind the size of a PNG and of a JPEG is not looked at.
    for length in range(len(data) - 8):
        with pytest.raises(Rejected, match="is not a picture"):
            read_picture(data[:length])


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a\1\0\1\0", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xff\xff",
     png(0, 5), webp(b"ANIM", b"\0" * 40), b"\x89PNG\r\n\x1a\n\0\0\0\rIDAT" + b"\0" * 20],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected, match="is not a picture"):
        read_picture(data)


@pytest.mark.parametrize("data", [png(20_001, 5), png(9_000, 9_000)])
def test_more_than_a_browser_unpacks_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected, match="pixels"):
        read_picture(data)


def test_a_file_that_is_too_large_is_refused() -> None:
    good = png(10, 10)
    assert read_picture(good.ljust(MOST_BYTES, b"\0")).width == 10
    with pytest.raises(Rejected, match="larger"):
        read_picture(good.ljust(MOST_BYTES + 1, b"\0"))
