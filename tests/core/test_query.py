"""The query language: text, tree and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import TermKind, chips_of, parse_query, print_query
from parvis.core.query.printer import quote_value, with_field


def test_fields_words_and_phrases_are_all_wanted_together():
    query = parse_query('state:open -label:"à voir" covid-19 "deux mots" AND since:7d NOT is:held')
    assert [(term.kind, term.name, term.value, term.is_negated) for term in query.terms] == [
        (TermKind.FIELD, "state", "open", False),
        (TermKind.FIELD, "label", "à voir", True),
        (TermKind.WORD, "", "covid-19", False),
        (TermKind.PHRASE, "", "deux mots", False),
        (TermKind.FIELD, "since", "7d", False),
        (TermKind.FIELD, "is", "held", True),
    ]


@pytest.mark.parametrize(("written", "meant"), [("a ET b", "a b"), ("SAUF a b", "-a b"), ("STATE:Open", "state:open")])
def test_french_operators_and_case_mean_the_same(written, meant):
    assert parse_query(written) == parse_query(meant)


@pytest.mark.parametrize("written", ["and", "et or ou", "https://a.example/x:y", "19:30", "a-b", "l’été"])
def test_what_looks_like_a_word_is_a_word(written):
    assert all(term.kind is TermKind.WORD for term in parse_query(written).terms)


@pytest.mark.parametrize(
    ("written", "start", "end", "repaired"),
    [
        ("foo stat:open", 4, 13, "foo state:open"),
        ("state:opne", 0, 10, "state:open"),
        ('foo "bar', 4, 8, 'foo "bar"'),
        ("foo OR bar", 4, 6, None),
        ("(foo)", 0, 1, None),
        ("foo -", 4, 5, None),
        ("foo --bar", 5, 6, None),
        ("since:soon", 0, 10, None),
        ("date:2026-02-30", 0, 15, None),
        ("date:2026-03-02..2026-03-01", 0, 27, None),
        ("label:", 0, 6, None),
        ('""', 0, 2, None),
    ],
)
def test_what_cannot_be_read_says_where_and_offers_the_repair(written, start, end, repaired):
    with pytest.raises(QueryNotUnderstood) as caught:
        parse_query(written)
    fault = caught.value
    assert (fault.start, fault.end, fault.repaired) == (start, end, repaired)
    assert fault.text.en != fault.text.fr
    if repaired:
        parse_query(repaired)


def test_very_long_query_is_refused():
    with pytest.raises(QueryNotUnderstood):
        parse_query("a " * 600)


def test_chip_says_the_query_without_itself():
    chips = chips_of(parse_query('state:open "deux mots" -is:held'))
    assert [chip.text for chip in chips] == ["state:open", '"deux mots"', "-is:held"]
    assert [chip.without for chip in chips] == ['"deux mots" -is:held', "state:open -is:held", 'state:open "deux mots"']


def test_field_is_set_in_place_of_what_it_was():
    query = parse_query("state:open foo")
    assert with_field(query, "state", "done") == "foo state:done"
    assert with_field(query, "state", None) == "foo"
    assert with_field(query, "label", "à voir") == 'state:open foo label:"à voir"'


def read(text):
    try:
        return parse_query(text), None
    except QueryNotUnderstood as fault:
        return None, fault


@given(st.text(st.sampled_from(list('ab:-"“”«»() \t.éAND0ORlabelstate')) | st.characters(), max_size=60))
def test_whatever_is_typed_prints_to_an_equal_query_or_is_refused_in_words(text):
    query, fault = read(text)
    if query is None:
        assert 0 <= fault.start <= fault.end <= len(text)
        return
    assert parse_query(print_query(query)) == query
    for chip in chips_of(query):
        parse_query(chip.without)


@given(st.text(max_size=30))
def test_any_name_can_stand_behind_a_field(name):
    name = " ".join(name.split())
    if name and not set(name) & set('"”»'):
        [term] = parse_query(f"label:{quote_value(name)}").terms
        assert term.value == name
