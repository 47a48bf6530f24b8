"""The shell script that is made of a page."""

from __future__ import annotations

import subprocess

from tests.unit.docs.page_script import commands_of, said_by, script_of

PAGE = """
Text with `storepulse nothing`.

```
A=1
echo "$A \\
two" 'and
three'      # why
```

```console
$ false
output
```

```json
{"no": "command"}
```
"""


def test_commands_are_whole() -> None:
    assert commands_of(PAGE) == ["A=1", "echo \"$A \\\ntwo\" 'and\nthree'      # why", "false"]


def test_each_command_says_its_own() -> None:
    commands = [*commands_of(PAGE), "sleep 60"]
    script = script_of(commands, {"sleep": 0.1})
    done = subprocess.run(["bash"], input=script, capture_output=True, text=True, check=True)
    said = said_by(done.stdout, commands)
    assert [one.code for one in said] == [0, 0, 1, 0]
    assert said[1].lines == ["1 two and", "three"]
