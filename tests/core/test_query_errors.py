"""A query that cannot be read says where, why, and how it is mended."""

import pytest

from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import parse_query
from parvis.core.query.faults import caret_lines


def fault_of(written):
    with pytest.raises(QueryNotUnderstood) as caught:
        parse_query(written)
    return caught.value


@pytest.mark.parametrize(
    ("written", "place", "repaired"),
    [
        ("foo stat:open", "stat:open", "foo state:open"),
        ("auteur:Dupont", "auteur:Dupont", "author:Dupont"),
        ("foo:bar", "foo:bar", '"foo:bar"'),
        ("state:opne", "state:opne", "state:open"),
        ("label:", "label:", None),
        ('foo "bar', '"bar', 'foo "bar"'),
        ("foo «bar", "«bar", "foo «bar»"),
        ("(foo", "(", "(foo)"),
        ("((foo", "(", "((foo))"),
        ("foo)", ")", "foo"),
        ("()", "()", None),
        ("foo -", "-", None),
        ("foo - bar", "-", None),
        ("foo --bar", "-", None),
        ("foo AND", "AND", "foo"),
        ("OR foo", "OR", "foo"),
        ("foo OR AND bar", "AND", "foo OR bar"),
        ("foo NOT", "NOT", "foo"),
        ("a NEAR b", "NEAR", "a NEAR/5 b"),
        ("a NEAR 3 b", "NEAR 3", "a NEAR/3 b"),
        ("a NEAR:3 b", "NEAR:3", "a NEAR/3 b"),
        ("a PROCHE/0 b", "PROCHE/0", "a PROCHE/1 b"),
        ("a NEAR/101 b", "NEAR/101", "a NEAR/100 b"),
        ("a NEAR/x b", "NEAR/x", "a NEAR/5 b"),
        ("a NEAR/5 -b", "-", None),
        ("(a -b) NEAR/5 c", "-b", None),
        ("a NEAR/5 lang:fr", "lang:fr", None),
        ("a NEAR/5 lang:(fr OR de)", "lang:(", None),
        ("title:(a NEAR/5 b)", "NEAR/5", None),
        ("title:(author:x)", "author:x", None),
        ('"a b"~5', '"a b"~5', "(a NEAR/5 b)"),
        ("!!!", "!!!", None),
        ('""', '""', None),
        ("*", "*", None),
        ("foo-*", "foo-*", None),
        ('"a * b"', '"a * b"', None),
        ("=a*", "=a*", None),
        ("#", "#", None),
        ("#a*b", "#a*b", "#a*"),
        ("foo~1", "foo~1", '"foo"'),
        ("climat~2", "climat~2", "climat~1"),
        ("climat~", "climat~", "climat~1"),
        ("covid-19~1", "covid-19~1", '"covid-19"'),
        ("since:soon", "since:soon", None),
        ("since:7days", "since:7days", "since:7d"),
        ("date:2026-02-30", "date:2026-02-30", None),
        ("date:2026-03-02..2026-03-01", "date:2026-03-02..2026-03-01", "date:2026-03-01..2026-03-02"),
        ("lang:français", "lang:français", "lang:fr"),
        ("lang:fr,de", "lang:fr,de", "lang:(fr OR de)"),
        ("site:rts.ch/info", "site:rts.ch/info", "site:rts.ch"),
        ("spam:0,9", "spam:0,9", "spam:0.9"),
        ("spam:>= 0.9", "spam:>=", None),
        ("reach:5..1", "reach:5..1", "reach:1..5"),
        ("author:*", "author:*", None),
        ("title:=Été", "title:=Été", None),
        ("a OR fold:hard", "fold:hard", None),
        ("-fold:hard a", "fold:hard", None),
    ],
)
def test_error_points_at_its_place_and_offers_what_reads(written, place, repaired):
    fault = fault_of(written)
    assert written[fault.start : fault.end] == place
    assert fault.repaired == repaired
    if repaired is not None:
        parse_query(repaired)


@pytest.mark.parametrize("written", ["a NEAR b", "foo stat:open", "!!!", "(a", "* b", "since:soon", "a NEAR/5 -b"])
def test_error_is_said_in_both_languages(written):
    fault = fault_of(written)
    assert fault.text.en != fault.text.fr and "{" not in fault.text.en + fault.text.fr
    assert fault.repair is None or fault.repair.en != fault.repair.fr


def test_near_says_that_it_needs_a_number():
    assert fault_of("a NEAR b").repair.en == "NEAR needs a number: NEAR/5"


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("a NEAR b", ("a NEAR b", "  ^^^^")),
        ("日本語 foo:x", ("日本語 foo:x", "       ^^^^^")),
        ("a\n!!!", ("a !!!", "  ^^^")),
    ],
)
def test_carets_stand_under_the_place(written, lines):
    assert caret_lines(written, fault_of(written)) == lines


def test_long_query_is_shown_around_the_place():
    written = "word " * 100 + "!!! " + "word " * 100
    line, carets = caret_lines(written, fault_of(written))
    assert len(line) < 80 and line[carets.index("^") :].startswith("!!!") and line[0] == line[-1] == "…"


@pytest.mark.parametrize(
    ("written", "reads"),
    [
        ("(" * 100 + "a" + ")" * 100, True),
        ("(" * 101 + "a" + ")" * 101, False),
        ("a" + " NEAR/2 a" * 100, True),
        ("a" + " NEAR/2 a" * 101, False),
        ("NOT " * 100 + "a", True),
        ("NOT " * 101 + "a", False),
        ("a " * 2000, True),
        ("a " * 2001, False),
        ("a-" * 2000 + "a", False),
        ("a " * 60 + ") NEAR/5 (" + "b " * 60, False),
        (f"({'a ' * 30}) NEAR/5 ({'b ' * 30})", True),
        (f"({'a ' * 40}) NEAR/5 ({'b ' * 40})", False),
        ("a" * 20_000, True),
        ("a" * 20_001, False),
    ],
)
def test_limits_are_told_and_what_is_within_them_reads(written, reads):
    if reads:
        assert parse_query(written).root is not None
    else:
        fault_of(written)
