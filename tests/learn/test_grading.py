"""Many answers to one exercise in one call."""

import json

from microgd.learn.command import main
from microgd.learn.course import Course

TANH = Course().find("tanh")


def folder(tmp_path):
    for name, text in (
        ("ann", TANH.solution),
        ("bob", TANH.solution.replace("* g", "")),
        ("eve", "import os\nos._exit(0)\n"),
        ("zoe", TANH.solution.replace("(1 - out**2)", "(1 + out**2)")),
    ):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def test_a_folder_is_a_line_of_json_for_each_file_in_order(tmp_path, capsys):
    assert main(["check", str(folder(tmp_path)), "--as", "tanh", "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["file"] for row in rows] == [str(tmp_path / f"{x}.py") for x in ("ann", "bob", "eve", "zoe")]
    assert [row["ok"] for row in rows] == [True, False, False, False]
    assert [row["key"] for row in rows][:3] == ["ok", "missing_upstream", "crashed"]
    assert set(rows[0]) == {"ok", "key", "message", "exercise", "file", "printed", "joy", "beside"}


def test_several_files_are_a_table_for_the_teacher(tmp_path, capsys):
    files = [str(folder(tmp_path) / f"{x}.py") for x in ("ann", "bob")]
    assert main(["check", *files, "--as", "tanh"]) == 1
    out = capsys.readouterr().out
    assert f"✓ {files[0]}" in out
    assert "missing_upstream" in out
    assert "1 of 2 pass. Why the others do not: missing_upstream 1." in out
    assert main(["check", files[0], files[0], "--as", "tanh"]) == 0


def test_a_folder_without_answers_is_nothing_to_check(tmp_path, capsys):
    assert main(["check", str(tmp_path), "--as", "tanh"]) == 2
    assert "There is no Python file to check" in capsys.readouterr().err
    assert main(["check", str(tmp_path), str(tmp_path), "--as", "tahn"]) == 2
