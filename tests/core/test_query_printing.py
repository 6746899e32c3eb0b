"""Tree to text and back; and the chips that a screen shows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import chips_of, parse_query, print_query
from parvis.core.query.flat import TermKind, flat_of, print_terms
from parvis.core.query.printer import quote_value, with_field
from parvis.testing.queries import queries


@settings(max_examples=1000, deadline=None)
@given(queries(most_leaves=14))
def test_what_is_printed_reads_as_the_same_query(query):
    assert parse_query(print_query(query)) == query


PIECES = [
    *'ab:-"“”«»()=*~#@ \t.é',
    " AND ", " OR ", " NOT ", " NEAR/3 ", " ONEAR/2 ", " -", "lang:", "label:", "spam:>0.5", "date:..2026-01-01", "~1",
    "climat", "日本語", "l'", "\u200b", "title:(", '"a b"', "fold:hard ",
]  # fmt: skip


def read(text):
    try:
        return parse_query(text), None
    except QueryNotUnderstood as fault:
        return None, fault


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=25).map("".join))
def test_whatever_is_typed_prints_to_an_equal_query_or_is_refused_in_words(text):
    query, fault = read(text)
    if query is None:
        assert 0 <= fault.start <= fault.end <= len(text)
        return
    assert parse_query(print_query(query)) == query
    for chip in chips_of(query):
        parse_query(chip.without)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("a AND b  OU c", "(a b) OR c"),
        ("NOT (a b)", "-(a b)"),
        ("lang:fr OR lang:de", "lang:(fr OR de)"),
        ('"AND"', '"AND"'),
        ('"-x"', '"-x"'),
        ('"#tag"', '"#tag"'),
        ("a NEAR/2 (b NEAR/3 c)", "a NEAR/2 (b NEAR/3 c)"),
        ("(a NEAR/2 b) NEAR/3 c", "a NEAR/2 b NEAR/3 c"),
        ("(a b) NEAR/2 c d", "(a NEAR/2 c) (b NEAR/2 c) d"),
        ('label:(a OR "-x" OR "AND" OR "c d")', 'label:(a OR "-x" OR "AND" OR "c d")'),
        ("«été*»", "été*"),
        ('=«a"b»', '=“a"b”'),
    ],
)
def test_printed_form_is_calm(written, printed):
    assert print_query(parse_query(written)) == printed


def test_chip_says_the_query_without_itself():
    chips = chips_of(parse_query('state:open "deux mots" -is:held (a OR b)'))
    assert [chip.text for chip in chips] == ["state:open", '"deux mots"', "-is:held", "a OR b"]
    assert [chip.value for chip in chips] == ["open", "deux mots", "held", "a OR b"]
    assert [chip.name for chip in chips] == ["state", "", "is", ""]
    assert chips[0].without == '"deux mots" -is:held (a OR b)'
    assert chips[3].without == 'state:open "deux mots" -is:held'


def test_field_is_set_in_place_of_what_it_was():
    query = parse_query("state:open foo")
    assert with_field(query, "state", "done") == "foo state:done"
    assert with_field(query, "state", None) == "foo"
    assert with_field(query, "label", "à voir") == 'state:open foo label:"à voir"'
    assert with_field(parse_query("lang:(fr OR de) -lang:it a"), "lang", "en") == "a lang:en"


@given(st.text(max_size=30))
def test_any_name_can_stand_behind_a_field(name):
    name = " ".join(name.split())
    if name and not set(name) & set('"”»'):
        assert parse_query(f"label:{quote_value(name)}").root.value == name


def test_plain_list_of_terms_is_flat_and_anything_else_is_not():
    flat = flat_of(parse_query('state:open -label:"à voir" covid-19 "deux mots*" vota* NOT is:held'))
    assert [(term.kind, term.name, term.value, term.is_negated) for term in flat.terms] == [
        (TermKind.FIELD, "state", "open", False),
        (TermKind.FIELD, "label", "à voir", True),
        (TermKind.WORD, "", "covid-19", False),
        (TermKind.PHRASE, "", "deux mots*", False),
        (TermKind.WORD, "", "vota*", False),
        (TermKind.FIELD, "is", "held", True),
    ]
    assert print_terms(flat) == 'state:open -label:"à voir" covid-19 "deux mots*" vota* -is:held'
    for written in (
        "a OR b",
        "a -(b c)",
        "a NEAR/2 b",
        "=a",
        "#a",
        "@a",
        "climat~1",
        "*a",
        "NOT NOT a",
        "lang:(fr OR de)",
    ):
        assert flat_of(parse_query(written)) is None
