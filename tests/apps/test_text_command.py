"""`parvis text stories` and `parvis text count`, as somebody types them."""

import io
import json
import subprocess
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


@pytest.fixture
def counted(tmp_path, capsys):
    def count(text, *options):
        path = tmp_path / "post.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = main(["text", "count", str(path), *options])
        output = capsys.readouterr()
        return code, output.out, output.err

    return count


@pytest.mark.parametrize(
    ("platform", "length"),
    [("x", 29), ("mastodon", 28), ("bluesky", 26), ("linkedin", 28), ("google-business", 27), ("google_business", 27)],
)
def test_length_is_printed_as_the_platform_counts_it(counted, platform, length):
    code, out, err = counted("👍 @a https://example.org/a", "--platform", platform)
    assert (code, out, err) == (0, f"{length}\n", "")


def test_last_line_end_and_the_mark_of_the_encoding_are_not_of_the_text(counted):
    for written in (b"abc\n", b"abc\r\n", b"\xef\xbb\xbfabc", b"abc"):
        assert counted(written, "--platform", "discord")[1] == "3\n"
    assert counted(b"abc\n\n", "--platform", "discord")[1] == "4\n"
    assert counted(b"", "--platform", "discord")[1] == "0\n"


def test_text_that_is_too_long_is_one_with_its_length_and_a_sentence(counted):
    code, out, err = counted("a" * 301, "--platform", "bluesky")
    assert (code, out) == (1, "301\n")
    assert "301" in err
    assert "300" in err
    assert counted("é" * 101, "--platform", "youtube", "--part", "title")[0] == 1


def test_json_tells_every_unit_and_where_it_is_too_long(counted):
    code, out, _ = counted("日" * 301, "--platform", "bluesky", "--json")
    told = json.loads(out)
    assert code == 1
    assert (told["platform"], told["part"]) == ("bluesky", "text")
    assert (told["length"], told["unit"], told["most"], told["left"], told["over"]) == (301, "graphemes", 300, -1, True)
    assert [(unit["unit"], unit["length"], unit["over"]) for unit in told["units"]] == [
        ("graphemes", 301, True),
        ("bytes", 903, False),
    ]
    assert told["too_long"] == [[300, 301]]


def test_several_files_are_several_lines(tmp_path, capsys):
    names = []
    for text in ("a", "bc"):
        names.append(str(tmp_path / text))
        (tmp_path / text).write_text(text)
    assert main(["text", "count", *names, "--platform", "x"]) == 0
    assert capsys.readouterr().out == "1\n2\n"


def test_unknown_platform_is_two_and_the_known_ones_are_told(counted):
    code, out, err = counted("a", "--platform", "myspace")
    assert (code, out) == (2, "")
    assert "myspace" in err
    assert all(slug in err for slug in ("mastodon", "google-business", "x,"))


def test_file_that_is_missing_or_no_text_is_two(counted, tmp_path, capsys):
    assert main(["text", "count", str(tmp_path / "none"), "--platform", "x"]) == 2
    assert counted(b"\xff\xfe", "--platform", "x")[0] == 2
    assert capsys.readouterr().out == ""


def test_text_to_count_comes_through_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("été\n".encode())))
    assert main(["text", "count", "-", "--platform", "threads"]) == 0
    assert capsys.readouterr().out == "3\n"


def test_counting_needs_no_database():
    script = "import sys; from parvis.cli import main; main(['text', 'count', '/dev/null', '--platform', 'mastodon']); print('django' in sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "0\nFalse\n"
