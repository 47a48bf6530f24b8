"""Exports: lists as files for spreadsheets, CSV as a stream and XLSX as a whole.

Rules: rows come in pages, and the first one is read before an answer begins, so that what can be
refused has its status. Text is data in every spreadsheet: in CSV, where nothing tells text from a
formula, what could be taken for one gets an apostrophe before it; in XLSX each text is a cell of
text. A file that breaks off is not ended, so that nobody takes a part for the whole.

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
#: How the document tells of a file.
FILE_CONTENT = {"schema": {"type": "string", "format": "binary"}}
#: Most rows of a sheet: it is made before anything of it is sent.
MOST_SHEET_ROWS = 100_000
#: Most characters of a cell that a spreadsheet takes.
_MOST_CELL_CHARACTERS = 32_767
#: What formulas begin with, in the wide forms of East Asian keyboards too.
_BEGINS_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
#: Without this mark spreadsheets take UTF-8 for the machine's old encoding.
_BYTE_ORDER_MARK = "\ufeff"
_PART = 65_536


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: where it could, behind an apostrophe."""
    # Programs take away what cannot be seen before they look.
    seen = next((one for one in text if unicodedata.category(one)[0] not in "CZ"), "")
    return f"'{text}" if seen in _BEGINS_FORMULA else text


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV (RFC 4180): UTC times, decimal points, nothing for None."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(
        [safe_text(cell) if isinstance(cell, str) else _plain(cell) for cell in row] for row in rows
    )
    return written.getvalue()


async def csv_answer(name: str, columns: Sequence[str], pages: Pages) -> StreamingResponse:
    """The download of a CSV file of this name, page by page as they are read."""
    first = await _first_of(pages)

    async def parts() -> AsyncIterator[bytes]:
        yield (_BYTE_ORDER_MARK + csv_text([columns]) + csv_text(first)).encode()
        async for page in pages:
            yield csv_text(page).encode()

    return StreamingResponse(parts(), media_type=CSV_TYPE, headers=_headers_of(name))


async def xlsx_answer(name: str, columns: Sequence[str], pages: Pages) -> StreamingResponse:
    """The download of an XLSX file of this name, with one sheet. Rows beyond MOST_SHEET_ROWS are
    the caller's to refuse."""
    first = await _first_of(pages)
    made: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed behind the last part
    sheet = _Sheet(made, columns)
    try:
        await asyncio.to_thread(sheet.add, first)
        async for page in pages:
            await asyncio.to_thread(sheet.add, page)
        await asyncio.to_thread(sheet.end)
    except BaseException:
        sheet.end()  # what it keeps aside is gone then
        made.close()
        raise
    return StreamingResponse(_parts_of(made), media_type=XLSX_TYPE, headers=_headers_of(name))


async def _first_of(pages: Pages) -> Sequence[Row]:
    async for page in pages:
        return page
    return ()


class _Sheet:
    """A sheet that goes to its file row by row."""

    def __init__(self, made: IO[bytes], columns: Sequence[str]) -> None:
        import xlsxwriter  # the service starts without it

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
    """A value that both kinds of files know."""
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
    """`name`: of letters, digits, hyphens and dots."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
