"""Files for spreadsheets: what is in them, and that nothing in them is a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from starlette.responses import StreamingResponse

from storepulse.query.exports import Row, csv_answer, csv_text, safe_text, xlsx_answer

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u200b=1", "\ufeff@x",
           "\uff1d1", '=HYPERLINK("http://x","y")', "\n-2")  # fmt: skip
PLAIN = ("", "Grün", "a=1", "'; drop table sessions; --", "<script>", "1-2", "\u202eabc", "0x=")


async def pages_of(*pages: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
    for page in pages:
        yield page


async def body_of(answer: StreamingResponse) -> bytes:
    return b"".join([bytes(part, "utf-8") if isinstance(part, str) else bytes(part)
                     async for part in answer.body_iterator])  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_formula(text: str) -> None:
    assert safe_text(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_cells_of_csv() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    rows = [['a,"b"\r\nc', None, -5, Decimal("-0.5000"), True, at]]
    text = csv_text(rows)
    assert text == '"a,""b""\r\nc",,-5,-0.5000,true,2026-03-01T12:00:00.000Z\r\n'
    assert next(csv.reader(io.StringIO(text, newline="")))[0] == 'a,"b"\r\nc'


async def test_a_csv_file_has_all_pages() -> None:
    answer = await csv_answer("a.csv", ("x", "y"), pages_of([[1, "="]], [[2, "é"]]))
    assert (await body_of(answer)).decode("utf-8") == "\ufeffx,y\r\n1,'=\r\n2,é\r\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="a.csv"'
    empty = await csv_answer("a.csv", ("x",), pages_of())
    assert (await body_of(empty)).decode("utf-8-sig") == "x\r\n"


async def test_a_fault_of_the_first_page_comes_before_the_answer() -> None:
    async def broken() -> AsyncIterator[Sequence[Row]]:
        raise ConnectionError
        yield

    for answer_of in (csv_answer, xlsx_answer):
        with pytest.raises(ConnectionError):
            await answer_of("a", ("x",), broken())


async def test_a_sheet_has_text_and_numbers_and_no_formula() -> None:
    rows = [[1, text] for text in (*HOSTILE, *PLAIN, "https://shop.example/x", "\x07bell")]
    answer = await xlsx_answer("a.xlsx", ("n", "text"), pages_of(rows[:3], rows[3:], [[2, None]]))
    book = zipfile.ZipFile(io.BytesIO(await body_of(answer)))
    assert book.testzip() is None
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert sheet.count("<row ") == len(rows) + 2
    assert sheet.count('t="inlineStr"') == len(rows) + 2
    assert "<t>=1+1</t>" in sheet
    assert "<v>2</v>" in sheet


async def test_a_long_text_is_cut_where_a_cell_ends() -> None:
    answer = await xlsx_answer("a.xlsx", ("x",), pages_of([["é" * 40_000]]))
    book = zipfile.ZipFile(io.BytesIO(await body_of(answer)))
    assert book.read("xl/worksheets/sheet1.xml").decode().count("é") == 32_767


async def test_a_fault_of_a_later_page_ends_no_sheet() -> None:
    async def breaking() -> AsyncIterator[Sequence[Row]]:
        yield [[1]]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await xlsx_answer("a.xlsx", ("x",), breaking())
    # A stream breaks off: nobody takes the part that came for the whole.
    with pytest.raises(ConnectionError):
        await body_of(await csv_answer("a.csv", ("x",), breaking()))
