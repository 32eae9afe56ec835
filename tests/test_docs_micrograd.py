"""docs/from-micrograd.md runs from top to bottom, and prints what it says."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "from-micrograd.md"


def test_the_page_prints_what_it_says(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = "\n".join(blocks)
    exec(compile(code, str(PAGE), "exec"), {"__name__": "page"})
    expected = re.findall(r"print\(.*\)  # (.*)", code)
    assert expected
    assert capsys.readouterr().out.splitlines() == expected
