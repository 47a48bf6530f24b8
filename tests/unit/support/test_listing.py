"""What the tests share is listed where one looks for it."""

from __future__ import annotations

import re
from pathlib import Path

from tests import support


def test_every_module_is_listed_once() -> None:
    listed = re.findall(r"^ {4}(\w+)  ", support.__doc__ or "", flags=re.MULTILINE)
    modules = {file.stem for file in Path(str(support.__file__)).parent.glob("*.py")}
    assert sorted(listed) == sorted(modules - {"__init__"})
