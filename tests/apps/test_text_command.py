"""`parvis text stories`, as somebody types it."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from parvis.cli import main

POST = "Le Conseil fédéral veut plus d’éoliennes dans le Jura, dit la ministre"


@pytest.fixture
def written(tmp_path):
    def write(*lines):
        path = tmp_path / "posts.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write


def stories_told(capsys):
    return [(row["doc"], row["story"]) for row in map(json.loads, capsys.readouterr().out.splitlines())]


def test_each_line_is_told_the_line_that_its_story_began_with(written, capsys):
    again = {"text": f"RT @rts: {POST} https://t.co/x", "id": 9}
    name = written(json.dumps({"text": POST}), "", json.dumps({"text": "Tout autre chose à Genève"}), json.dumps(again))
    assert main(["text", "stories", name]) == 0
    assert stories_told(capsys) == [(1, 1), (3, 3), (4, 1)]


def test_a_line_without_a_text_has_no_story_and_is_said(written, capsys):
    name = written(json.dumps({"text": POST}), "no json", '{"title": "x"}', '{"text": 5}', "[1]", '{"text": "\\ud83d"}')
    assert main(["text", "stories", name]) == 1
    output = capsys.readouterr()
    rows = [json.loads(line) for line in output.out.splitlines()]
    assert [row["story"] for row in rows] == [1, None, None, None, None, None]
    assert "2" in output.err
    assert "6" in output.err


def test_no_text_at_all_is_one_and_a_missing_file_two(written, capsys):
    assert main(["text", "stories", written("")]) == 1
    assert main(["text", "stories", written("") + "x"]) == 2
    with pytest.raises(SystemExit) as bad_call:
        main(["text"])
    assert bad_call.value.code == 2
    assert capsys.readouterr().out == ""


def test_lines_come_through_standard_input(monkeypatch, capsys):
    lines = io.BytesIO(b"\xef\xbb\xbf" + json.dumps({"text": POST}).encode() + b"\n")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=lines))
    assert main(["text", "stories", "-"]) == 0
    assert stories_told(capsys) == [(1, 1)]
