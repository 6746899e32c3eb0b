"""`parvis site inspect`, as somebody types it."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from parvis.cli import main

CLEAN = '<!doctype html><html lang="fr"><body><p>Le musée ouvre ses portes. <a href="/plan">Plan</a></p></body></html>'
HREFS = ["https://fanolira.ru/?node=1&x=2", "https://tobe.net/x"]
BLOCK = (
    f'<div style="display:none"><a href="{HREFS[0]}">casino en ligne</a> <a href="{HREFS[1]}">tours gratuits</a></div>'
)
INJECTED = CLEAN.replace("</body>", f"{BLOCK}</body>")
URL = ["--url", "https://musee.example/"]


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode())
        return str(path)

    return write


def told(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_finding_is_a_line_with_the_address_as_it_stands_in_the_source(written, capsys):
    assert main(["site", "inspect", written("a.html", INJECTED), *URL]) == 0
    lines = told(capsys)
    assert [line["href"] for line in lines] == HREFS
    assert {(line["kind"], "file" in line) for line in lines} == {("hidden_link", False)}
    assert all(line["severity"] in {"high", "critical"} and "casino" in lines[0]["evidence"] for line in lines)


def test_nothing_found_is_one(written, capsys):
    assert main(["site", "inspect", written("a.html", CLEAN), *URL]) == 1
    assert main(["site", "inspect", written("empty.html", ""), *URL]) == 1
    assert told(capsys) == []


def test_several_files_are_named_in_the_lines(written, capsys):
    clean, injected = written("a.html", CLEAN), written("b.html", INJECTED)
    assert main(["site", "inspect", clean, injected, written("c.html", CLEAN), *URL]) == 0
    assert {line["file"] for line in told(capsys)} == {injected}


def test_page_comes_through_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(INJECTED.encode())))
    assert main(["site", "inspect", "-", *URL]) == 0
    assert [line["href"] for line in told(capsys)] == HREFS


def test_evidence_is_in_the_language_of_the_terminal(written, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_CH.UTF-8")
    main(["site", "inspect", written("a.html", INJECTED), *URL])
    assert told(capsys)[0]["evidence"].startswith("Le lien «\u202fcasino en ligne\u202f»")


@pytest.mark.parametrize("url", ["", "musee", "musee.example", "ftp://x.ch/", "https://"])
def test_odd_address_is_a_bad_call_with_one_sentence(written, capsys, url):
    assert main(["site", "inspect", written("a.html", INJECTED), "--url", url]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("parvis: ") and output.err.count("\n") == 1


def test_missing_file_and_missing_arguments_are_bad_calls(written, capsys, tmp_path):
    for name in (str(tmp_path / "none.html"), str(tmp_path), "a\0b"):
        assert main(["site", "inspect", written("a.html", CLEAN), name, *URL]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    for arguments in (["site"], ["site", "inspect"], ["site", "inspect", "x.html"]):
        with pytest.raises(SystemExit) as bad_call:
            main(arguments)
        assert bad_call.value.code == 2
