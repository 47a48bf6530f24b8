"""Exports: lists as files for spreadsheets, CSV as a stream and XLSX as a whole.

Rules: rows are read in pages, the first one before the answer begins, so that a refusal still has
its status. Spreadsheets must take text as data: CSV cannot tell text from formulas, so text that
looks like a formula gets a leading apostrophe; in XLSX each text is a text cell. A file that breaks
off is left without its end, so that it is not mistaken for the whole.

    async def pages() -> AsyncIterator[Sequence[Row]]:
        ...

    return await csv_answer("orders.csv", ("id", "total"), pages())
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO
from uuid import UUID

from starlette.responses import StreamingResponse

from storepulse.domain.times import utc_text

Cell = str | int | float | bool | Decimal | datetime | UUID | None
Row = Sequence[Cell]
Pages = AsyncIterator[Sequence[Row]]

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: How the OpenAPI document describes a file.
FILE_CONTENT = {"schema": {"type": "string", "format": "binary"}}
#: Most rows of a sheet. The whole sheet is made before it is sent.
MOST_SHEET_ROWS = 100_000
#: Most characters that spreadsheets allow in a cell.
_MOST_CELL_CHARACTERS = 32_767
#: First characters of formulas, including the full-width forms of East Asian keyboards.
_BEGINS_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
#: Without this mark, spreadsheets read UTF-8 as the machine's legacy encoding.
_BYTE_ORDER_MARK = "\ufeff"
_PART = 65_536


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: prefixed with an apostrophe if necessary."""
    # Spreadsheets strip invisible characters before they look for a formula.
    seen = next((one for one in text if unicodedata.category(one)[0] not in "CZ"), "")
    return f"'{text}" if seen in _BEGINS_FORMULA else text


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV (RFC 4180): UTC times, decimal points, empty for None."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(
        [safe_text(cell) if isinstance(cell, str) else _plain(cell) for cell in row] for row in rows
    )
    return written.getvalue()


async def csv_answer(name: str, columns: Sequence[str], pages: Pages) -> StreamingResponse:
    """A CSV download of this name, sent page by page while it is read."""
    first = await _first_of(pages)

    async def parts() -> AsyncIterator[bytes]:
        yield (_BYTE_ORDER_MARK + csv_text([columns]) + csv_text(first)).encode()
        async for page in pages:
            yield csv_text(page).encode()

    return StreamingResponse(parts(), media_type=CSV_TYPE, headers=_headers_of(name))


async def xlsx_answer(name: str, columns: Sequence[str], pages: Pages) -> StreamingResponse:
    """An XLSX download of this name, with one sheet. The caller must refuse more than
    MOST_SHEET_ROWS."""
    first = await _first_of(pages)
    made: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed behind the last part
    sheet = _Sheet(made, columns)
    try:
        await asyncio.to_thread(sheet.add, first)
        async for page in pages:
            await asyncio.to_thread(sheet.add, page)
        await asyncio.to_thread(sheet.end)
    except BaseException:
        sheet.end()  # removes its temporary files
        made.close()
        raise
    return StreamingResponse(_parts_of(made), media_type=XLSX_TYPE, headers=_headers_of(name))


async def _first_of(pages: Pages) -> Sequence[Row]:
    async for page in pages:
        return page
    return ()


class _Sheet:
    """A sheet that is written to its file row by row."""

    def __init__(self, made: IO[bytes], columns: Sequence[str]) -> None:
        import xlsxwriter  # not needed to start the service

        self._book = xlsxwriter.Workbook(
            made, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._next_row = 0
        self.add([columns])

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            for column, cell in enumerate(row):
                value = _plain(cell)
                if isinstance(value, str):
                    cut = value[:_MOST_CELL_CHARACTERS]
                    self._sheet.write_string(self._next_row, column, cut)
                elif value is not None:
                    self._sheet.write_number(self._next_row, column, value)
            self._next_row += 1

    def end(self) -> None:
        self._book.close()


def _plain(cell: Cell) -> str | int | float | None:
    """A value that both file formats can hold."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case datetime():
            return utc_text(cell)
        case Decimal():
            return f"{cell:f}"
        case UUID():
            return str(cell)
    return cell


def _parts_of(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        made.seek(0)
        while part := made.read(_PART):
            yield part


def _headers_of(name: str) -> dict[str, str]:
    """`name`: letters, digits, hyphens and dots only."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
