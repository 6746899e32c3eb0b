"""`parvis query`: the language from the shell."""

import io
import json

import pytest

from parvis.cli import main


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")


def test_check_prints_the_query_as_it_is_understood(capsys):
    assert main(["query", "check", "a ET (b OU c) SAUF d"]) == 0
    assert capsys.readouterr().out == "a (b OR c) -d\n"


def test_check_takes_a_query_that_begins_with_a_hyphen_and_says_that_it_is_slow(capsys):
    assert main(["query", "check", "-a"]) == 0
    printed, cost = capsys.readouterr().out.splitlines()
    assert printed == "-a" and cost.startswith("slow: ")


def test_check_of_a_wrong_query_points_at_the_place(capsys):
    assert main(["query", "check", "a NEAR b"]) == 1
    out, told = capsys.readouterr()
    assert out == ""
    assert told.splitlines() == [
        "parvis: The query cannot be read at character 3: NEAR needs a number from 1 to 100.",
        "  a NEAR b",
        "    ^^^^",
        "  NEAR needs a number: NEAR/5",
        "  → a NEAR/5 b",
    ]


def test_check_speaks_french(capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_CH.UTF-8")
    assert main(["query", "check", "auteur:x"]) == 1
    assert "illisible au caractère 1" in capsys.readouterr().err


def test_import_prints_our_form_and_tells_what_is_lost(capsys):
    assert main(["query", "import", "--from", "brandwatch", "a NEAR/2f b AND country:che"]) == 0
    out, told = capsys.readouterr()
    assert out == "a ONEAR/3 b\n"
    assert told == "parvis: character 17: “country:che” was left out: Parvis does not know where people are\n"
    assert main(["query", "import", "--from", "lucene", "x:y"]) == 1


@pytest.fixture
def files(tmp_path):
    queries, documents = tmp_path / "queries.txt", tmp_path / "docs.jsonl"
    queries.write_text("redevance\n\n# a comment\n#climat\n-redevance lang:fr\n", encoding="utf-8")
    lines = [{"text": "La redevance"}, {"text": "#Climat", "lang": "fr-CH", "else": 1}, {"text": "rien"}]
    documents.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    return queries, documents


def test_match_prints_for_each_document_the_lines_of_its_queries(files, capsys):
    assert main(["query", "match", *map(str, files)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        '{"doc": 1, "queries": [1]}',
        '{"doc": 2, "queries": [4, 5]}',
        '{"doc": 3, "queries": []}',
    ]


def test_match_reads_documents_from_standard_input(files, capsys, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b'\xef\xbb\xbf{"text": "redevance"}\n'))
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["query", "match", str(files[0]), "-"]) == 0
    assert capsys.readouterr().out == '{"doc": 1, "queries": [1]}\n'


def test_wrong_query_is_named_by_its_line_and_nothing_is_matched(files, capsys):
    files[0].write_text("a\n\n(b\n", encoding="utf-8")
    assert main(["query", "match", *map(str, files)]) == 2
    out, told = capsys.readouterr()
    assert out == "" and "line 3" in told and told.count("\n") == 1


def test_wrong_document_is_named_by_its_line_and_the_others_are_matched(files, capsys):
    files[1].write_text('{"text": "redevance"}\nnot json\n{"text": 5}\n[1]\n{"text": "redevance"}\n', encoding="utf-8")
    assert main(["query", "match", *map(str, files)]) == 1
    out, told = capsys.readouterr()
    assert [json.loads(line)["doc"] for line in out.splitlines()] == [1, 5]
    assert [line.split(":")[1].strip() for line in told.splitlines()] == ["line 2", "line 3", "line 4"]


def test_match_that_finds_nothing_ends_with_one(files, capsys):
    files[1].write_text('{"text": "rien"}\n', encoding="utf-8")
    assert main(["query", "match", *map(str, files)]) == 1


def test_file_that_is_not_there_is_a_bad_call(files, capsys):
    assert main(["query", "match", "/nowhere", str(files[1])]) == 2
