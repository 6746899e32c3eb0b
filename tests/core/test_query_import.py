"""Queries of other tools: what is carried over means the same, what is not is told."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import parse_query
from parvis.core.query.dialects import MANNERS
from parvis.core.query.imports import import_query


def lost(imported, text):
    return [text[note.start : note.end] for note in imported.notes]


@pytest.mark.parametrize(
    ("dialect", "written", "printed", "told"),
    [
        ("brandwatch", '"apple juice" AND NOT recipe*', '"apple juice" -recipe*', []),
        ("brandwatch", "(apple OR orange) NEAR/5 (phone OR tablet)", "(apple OR orange) NEAR/6 (phone OR tablet)", []),
        ("brandwatch", "logitech NEAR/2f keyboard", "logitech ONEAR/3 keyboard", []),
        ("brandwatch", '"apple juice"~5', "apple NEAR/6 juice", ['"apple juice"~5']),
        ("brandwatch", "raw:Google+ OR {Apple}", "=Google+ OR =Apple", []),
        ("brandwatch", "country:che AND RTS", "RTS", ["country:che"]),
        ("brandwatch", "RTS AND (country:che OR region:VD)", "RTS", ["country:che", "region:VD"]),
        ("brandwatch", "RTS AND authorGender:(F OR M)", "RTS", ["authorGender:(F OR M)"]),
        ("brandwatch", 'site:rts.ch AND url:"rts.ch/info"', "site:rts.ch url:rts.ch/info", []),
        ("brandwatch", "at_mentions:rts OR hashtags:climat", "mention:rts OR hashtag:climat", []),
        ("brandwatch", "authorFollowers:[1000 TO 5000]", "followers:1000..5000", []),
        ("brandwatch", "<<<brand>>> RTS <<<end>>>", "RTS", ["<<<brand>>>", "<<<end>>>"]),
        ("brandwatch", "((cake OR pie) AND birthday)~5", "(cake OR pie) birthday", ["~5"]),
        ("brandwatch", "engagementType:REPLY AND sentiment:negative", "is:reply sentiment:<0", ["sentiment:negative"]),
        ("brandwatch", "colo?r", "colo*r", ["colo?r"]),
        ("brandwatch", "language:fr AND title:(vote OR votation)", "lang:fr title:(vote OR votation)", []),
        ("brandwatch", "a NEAR/5 (b NOT c)", "a b -c", ["NOT c"]),
        ("talkwalker", "BMW AND NOT bike", "BMW -bike", []),
        ("talkwalker", 'chocolate -swiss -site:"mysite.com"', "chocolate -swiss -site:mysite.com", []),
        ("talkwalker", 'site:"http://www.wort.lu"', "site:www.wort.lu", []),
        ("talkwalker", 'site:"http://www.wort.lu/fr"', "url:www.wort.lu/fr", ['site:"http://www.wort.lu/fr"']),
        ("talkwalker", "apple ONEAR/3 computer", "apple ONEAR/3 computer", []),
        ("talkwalker", "++Apple AND +C++", "=Apple C++", ["+"]),
        ("talkwalker", "reach:>1000 AND sourcecountry:ch", "reach:>1000", ["sourcecountry:ch"]),
        ("talkwalker", "content:(a OR b) AND lang:fr", "(a OR b) lang:fr", []),
        ("lucene", "foo AND bar", "foo bar", []),
        ("lucene", "foo bar", "foo OR bar", ["foo bar"]),
        ("lucene", "+foo bar -baz", "foo -baz", ["bar"]),
        ("lucene", "foo bar -baz", "(foo OR bar) -baz", ["foo bar -baz"]),
        ("lucene", "foo && !bar || baz", "(foo -bar) OR baz", []),
        ("lucene", "NOT (a AND b) AND c", "-(a b) c", []),
        ("lucene", '"foo bar"~3', "foo NEAR/4 bar", ['"foo bar"~3']),
        ("lucene", "roam~ AND roam~0.8 AND roam~1", "roam~1 roam~1 roam~1", ["~", "~0.8"]),
        ("lucene", 'foo^2 AND "a b"^4', 'foo "a b"', ["^2", "^4"]),
        ("lucene", "subject:(foo OR bar)", "title:(foo OR bar)", []),
        ("lucene", "followers:[10 TO 20] OR followers:{10 TO *}", "followers:(10..20 OR >10)", []),
        ("lucene", "date:[2026-01-01 TO 2026-02-01]", "date:2026-01-01..2026-02-01", []),
        ("lucene", "/jo.*n/ OR x", "x", ["/jo.*n/"]),
        ("lucene", r"covid\-19 OR a\:b", 'covid-19 OR "a:b"', []),
        ("lucene", "price:[1 TO 2] OR x", "x", ["price:[1 TO 2]"]),
        ("lucene", "#foo", '"#foo"', []),
        ("lucene", "foo AND", "foo", ["AND"]),
        ("lucene", "foo) bar", "foo OR bar", ["foo) bar", ")"]),
        ("lucene", "(foo AND bar", "foo bar", ["("]),
    ],
)  # fmt: skip
def test_query_is_carried_over_and_what_is_lost_is_told(dialect, written, printed, told):
    imported = import_query(written, dialect=dialect)
    assert imported.printed == printed
    assert parse_query(printed) == imported.query
    assert lost(imported, written) == told
    assert all(note.text.en != note.text.fr for note in imported.notes)


def test_reason_names_what_has_no_counterpart():
    [note] = import_query("country:che AND a", dialect="brandwatch").notes
    assert note.text.en == "“country:che” was left out: Parvis does not know where people are"


LUCENE = json.loads((Path(__file__).parent / "lucene_queries.json").read_text(encoding="utf-8"))["queries"]


@pytest.mark.parametrize("written", LUCENE)
@pytest.mark.parametrize("dialect", sorted(MANNERS))
def test_query_from_the_wild_is_carried_over_or_says_what_is_lost(written, dialect):
    imported = import_query(written, dialect=dialect)
    assert parse_query(imported.printed) == imported.query
    assert imported.query.root is not None or imported.notes


PIECES = [
    "(", ")", '"', " ", "AND ", "OR ", "NOT ", "NEAR/2 ", "NEAR/2f ", "-", "+", "!", "~", "~2", "^3", "*", "?", "foo", "a b",
    "title:", "country:", "x:(", "[1 TO 2]", "{a}", "<<<", ">>>", "/", "\\", "#", "@", "site:", "||", "followers:", "été",
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=25).map("".join), st.sampled_from(sorted(MANNERS)))
def test_whatever_comes_gives_a_query_that_reads(text, dialect):
    try:
        imported = import_query(text, dialect=dialect)
    except QueryNotUnderstood:
        return
    assert parse_query(imported.printed) == imported.query
    assert all(0 <= note.start <= note.end <= len(text) for note in imported.notes)
