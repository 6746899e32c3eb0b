"""The matcher and the compiled predicate say what the naive evaluator says, whatever is asked of whatever text."""

import random
from datetime import timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parvis.core.matching import Matcher, compile_query, finding, prepare
from parvis.core.query.naive import holds
from parvis.testing.queries import NOW, documents, queries

ZONE = timezone(timedelta(hours=1))
EXAMPLES = 60
MANY = 60
"""Queries, and documents, of one example: 60 × 60 × 60 = 216,000 pairs."""


@pytest.fixture(autouse=True, scope="module")
def _automaton_is_built_soon():
    """So that both ways to find words are taken: with changes one by one, without by the automaton."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "_WORDS_WORTH", 1_000)
        yield


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # the failure names one query and one document: no need to shrink forty of each
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(queries(), min_size=MANY, max_size=MANY),
    st.lists(documents(), min_size=MANY, max_size=MANY),
    st.integers(0, 2**32),
)
@pytest.mark.slow
def test_matcher_and_predicate_agree_with_the_naive_evaluator(asked, texts, seed):
    """Also while queries come, change and go between documents."""
    chance = random.Random(seed)
    predicates = [compile_query(query) for query in asked]
    matcher = Matcher(zone=ZONE)
    there: dict[int, int] = {}
    """Keys in the order in which they were added, with the number of the query that each stands for."""
    for number, document in enumerate(texts):
        if number % 5 == 0:
            _change_some(matcher, there, asked, chance)
        prepared = prepare(document, now=NOW, zone=ZONE)
        truth = [holds(query, document, now=NOW, zone=ZONE) for query in asked]
        wrong = [query for at, query in enumerate(asked) if predicates[at](prepared) != truth[at]]
        assert (wrong, document) == ([], document)
        found = matcher.match(document, now=NOW)
        wrong = [(asked[at], truth[at]) for key, at in there.items() if truth[at] != (key in found)]
        assert (wrong, document) == ([], document)
        assert found == [key for key, at in there.items() if truth[at]]


def _change_some(matcher, there, asked, chance):
    """Nearly all come at first; then some go, come back and are changed now and then."""
    for at in range(len(asked)):
        what = chance.random()
        if at not in there and (not there or what < 0.8):
            matcher.add(at, asked[at])
            there[at] = at
        elif at in there and what < 0.05:
            matcher.remove(at)
            del there[at]
        elif at in there and what < 0.1:
            there[at] = chance.randrange(len(asked))
            matcher.change(at, asked[there[at]])
    assert len(matcher) == len(there)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(queries(), min_size=20, max_size=20), documents())
def test_without_the_automaton_library_the_answers_are_the_same(asked, document):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "HAS_AUTOMATON", False)
        matcher = Matcher(zone=ZONE)
        for key, query in enumerate(asked):
            matcher.add(key, query)
        for _ in range(3):
            found = matcher.match(document, now=NOW)
    assert found == [key for key, query in enumerate(asked) if holds(query, document, now=NOW, zone=ZONE)]
