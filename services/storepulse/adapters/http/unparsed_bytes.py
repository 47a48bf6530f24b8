"""Bytes that came and are not parsed yet, in their order."""

from __future__ import annotations


class UnparsedBytes:
    """What a client sent ahead. Taken piece by piece, and copied once for each piece."""

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0

    def __len__(self) -> int:
        return len(self._bytes) - self._at

    def add(self, data: bytes) -> None:
        """Holds more."""
        self._bytes, self._at = self._bytes[self._at :] + data, 0

    def take(self, most: int) -> bytes:
        """The first bytes, `most` at the most."""
        whole, at = self._bytes, self._at
        if at + most >= len(whole):
            self.clear()
            return whole[at:]
        self._at = at + most
        return whole[at : self._at]

    def put_back(self, data: bytes) -> None:
        """Holds what was taken and is to be parsed once more."""
        self._bytes, self._at = data + self._bytes[self._at :], 0

    def clear(self) -> None:
        """Lets go of all."""
        self._bytes, self._at = b"", 0
