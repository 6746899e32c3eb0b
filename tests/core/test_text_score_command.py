"""`parvis text score`, `parvis text train`, as somebody types them, on the files that people have."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from parvis.cli import main

SPAM = "Win a free casino bonus now, click https://x.example"
HAM = "When does the second part of the series begin?"


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "posts.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def scored(capsys, delimiter=","):
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter=delimiter))


def test_label_score_and_language_are_added_and_the_rest_is_kept(written, capsys):
    assert main(["text", "score", written(f'id,text,who\n1,"{SPAM}",a\n2,{HAM},b\n'), "--task", "spam"]) == 0
    first, second = scored(capsys)
    assert list(first) == ["id", "text", "who", "label", "score", "language"]
    assert (first["label"], second["label"]) == ("spam", "ham")
    assert 0 <= float(second["score"]) < 0.5 <= float(first["score"]) <= 1
    assert (first["id"], first["text"], first["who"]) == ("1", SPAM, "a")
    assert first["language"] == "en"


def test_columns_of_the_same_names_are_kept_under_another(written, capsys):
    name = written(f"text,Label,score\n{HAM},1,x\n")
    assert main(["text", "score", name, "--task", "toxicity"]) == 0
    (row,) = scored(capsys)
    assert list(row) == ["text", "given_label", "given_score", "label", "score", "language"]
    assert (row["given_label"], row["given_score"], row["label"]) == ("1", "x", "ok")


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        (b"\xef\xbb\xbftext;id\nLes trains sont en retard ce matin;1\n", ";"),
        ("text\tid\r\nLes trains sont en retard ce matin\t1\r\n".encode("utf-16"), "\t"),
        ("text,id\nLes trains sont en retard à Genève ce matin é,1\n".encode("latin-1"), ","),
        (b"\n\n Text ,id\nLes trains sont en retard ce matin,1\n\n\n", ","),
        (b'"text","id"\n"Les ""trains"" sont\nen retard, ce matin",1', ","),
        (b"text,id\nLes trains sont\x00 en retard ce matin,1\n", ","),
        (b"text,id\nLes trains sont en retard ce matin \xff\xfe,1,more,cells\n", ","),
        (b"id,text\n1,Les trains sont en retard ce matin\n", ","),
        ("text,id\n" + "Les trains sont en retard. " * 9_000 + ",1\n", ","),
    ],
)
def test_any_csv_is_read(content, delimiter, written, capsys):
    assert main(["text", "score", written(content), "--task", "language"]) == 0
    rows = scored(capsys, delimiter)
    assert [(row["label"], row["language"], row["id"]) for row in rows] == [("fr", "fr", "1")]


def test_a_row_without_a_text_has_no_label(written, capsys):
    assert main(["text", "score", written(f"text,id\n,1\n{HAM},2\n3\n"), "--task", "sentiment"]) == 0
    assert [row["label"] != "" for row in scored(capsys)] == [False, True, True]


def test_as_many_rows_come_out_as_went_in_and_in_their_order(written, capsys):
    lines = "".join(f"{number},Bonjour à tous {number}\n" for number in range(2_345))
    assert main(["text", "score", written("id,text\n" + lines), "--task", "spam"]) == 0
    assert [row["id"] for row in scored(capsys)] == [str(number) for number in range(2_345)]


@pytest.mark.parametrize("content", ["", "text,id\n", "text\n\n\n", "text,id\n,5\n"])
def test_a_file_without_texts_is_told_by_the_exit_code(content, written, capsys):
    expected = 1 if content else 2
    assert main(["text", "score", written(content), "--task", "spam"]) == expected
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_column_is_one_sentence_that_names_those_there_are(written, capsys):
    assert main(["text", "score", written("body,id\nhello,1\n"), "--task", "spam"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "“body”" in error and "“text”" in error
    assert main(["text", "score", written("body,id\nhello,1\n"), "--task", "spam", "--text-column", "BODY"]) == 0


def test_a_file_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["text", "score", str(tmp_path / "none.csv"), "--task", "spam"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_unknown_language_of_the_house_is_one_sentence(written, capsys):
    assert main(["text", "score", written("text\nbonjour\n"), "--task", "language", "--languages", "fr,xx"]) == 2
    assert "xx" in capsys.readouterr().err


def test_only_the_houses_languages_are_told(written, capsys):
    name = written(
        "text\nLos trenes nocturnos vuelven pero los billetes siguen siendo caros\nLes trains de nuit reviennent\n"
    )
    assert main(["text", "score", name, "--task", "language", "--languages", "fr, de"]) == 0
    assert [row["language"] for row in scored(capsys)] == ["", "fr"]


def test_standard_input_is_read_where_the_name_is_a_dash(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(f"text\n{SPAM}\n".encode()))))
    assert main(["text", "score", "-", "--task", "spam"]) == 0
    assert scored(capsys)[0]["label"] == "spam"


def test_without_numpy_the_other_engines_serve_and_this_one_says_why(written):
    name = written(f"text\n{HAM}\n")
    code = "import sys; sys.modules['numpy'] = None\nfrom parvis.cli import main\nsys.exit(main(sys.argv[1:]))"
    ran = subprocess.run(
        [sys.executable, "-c", code, "text", "score", name, "--task", "spam"], capture_output=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (2, b"", 1)
    assert b"numpy" in ran.stderr


def test_training_without_the_sets_is_one_sentence(tmp_path, capsys):
    assert main(["text", "train", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_training_writes_both_models_and_tells_figures(tmp_path, capsys):
    _write_small_sets(tmp_path / "sets")
    assert main(["text", "train", "--data", str(tmp_path / "sets"), "--out", str(tmp_path / "out")]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["figure"] for row in rows} >= {"language.right"}
    assert (tmp_path / "out" / "language" / "model.npz").exists()
    assert (tmp_path / "out" / "classify" / "prior.npz").exists()


def _write_small_sets(directory: Path) -> None:
    from parvis.core.text.training.sources import SOURCES

    lines = {"fr": "le train numéro {} part demain matin", "de": "der Zug Nummer {} fährt morgen früh"}
    for source in SOURCES:
        (directory / source.name).mkdir(parents=True)
        with (directory / source.name / "data.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label", "lang", "video", "grp"])
            for number in range(30):
                language = ("fr", "de")[number % 2]
                label = language if source.tasks == ("language",) else number % 2
                known = source.only_language or language
                writer.writerow([lines[language].format(number), label, known, f"v{number}", number])
