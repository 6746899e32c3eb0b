"""What a query costs, and which words it marks."""

from itertools import pairwise

import pytest
from hypothesis import given, settings

from parvis.core.query import parse_query
from parvis.core.query.cost import Ease, cost_of
from parvis.core.query.highlight import marks
from parvis.core.query.places import letters_of, places_of
from parvis.core.query.words import folded
from parvis.testing.queries import queries, texts


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("a", Ease.CHEAP),
        ("a -b", Ease.CHEAP),
        ("a spam:>0.5", Ease.CHEAP),
        ("a OR #b OR @c OR lang:fr OR site:rts.ch", Ease.CHEAP),
        ("*ment NEAR/5 loi", Ease.CHEAP),
        ('"*ment loi"', Ease.CHEAP),
        ("vo*", Ease.CHEAP),
        ("author:dupont", Ease.CHEAP),
        ("climat~1 suisse", Ease.CHEAP),
        ("-a", Ease.SLOW),
        ("a OR -b", Ease.SLOW),
        ("-(a b) -c", Ease.SLOW),
        ("*ment", Ease.SLOW),
        ("v*", Ease.SLOW),
        ("a OR *ment", Ease.SLOW),
        ("climat~1", Ease.SLOW),
        ("spam:>0.5", Ease.SLOW),
        ("since:7d", Ease.SLOW),
        ("url:sport", Ease.SLOW),
        ("author:*pont", Ease.SLOW),
        ("fold:hard -a", Ease.SLOW),
        ("", Ease.REFUSED),
        ("fold:hard", Ease.REFUSED),
    ],
)
def test_query_without_anything_to_look_up_is_marked_with_its_reason(query, kind):
    cost = cost_of(parse_query(query))
    assert cost.kind is kind
    assert (cost.reason is None) is (kind is Ease.CHEAP)
    assert cost.reason is None or cost.reason.en != cost.reason.fr


TEXT = "L’été 2026 à Genève : la redevance, #RTS_info et @rts@social.ch. L'œuvre d'ÉTÉ"


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("été", ["été", "ÉTÉ"]),
        ("=ÉTÉ", ["ÉTÉ"]),
        ("l'été", ["L’été"]),
        ('"la redevance"', ["la redevance"]),
        ("oeuv*", ["œuvre"]),
        ("geneva~1", ["Genève"]),
        ("2026 NEAR/1 été", ["été", "2026"]),
        ("été NEAR/1 redevance", []),
        ("#rts*", ["#RTS_info"]),
        ("@rts", ["@rts@social.ch"]),
        ("genève -redevance", ["Genève"]),
        ("genève absent", ["Genève"]),
        ("(genève absent) OR (redevance 2026)", ["2026", "redevance"]),
        ("redevance lang:fr", ["redevance"]),
        ("title:redevance", []),
        ("fold:hard g3n3v3", ["Genève"]),
        ("", []),
    ],
)
def test_words_that_made_it_true_are_marked(query, marked):
    assert [TEXT[start:end] for start, end in marks(parse_query(query), TEXT)] == marked


@settings(max_examples=300, deadline=None)
@given(queries(), texts())
def test_marks_stand_in_order_and_apart(query, text):
    found = marks(query, text)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(found))


@settings(max_examples=500, deadline=None)
@given(texts(most_words=20))
def test_places_are_those_of_the_folded_words(text):
    places = places_of(text)
    assert [place.word for place in places] == folded(text)
    assert all(folded(letters_of(text, place)) == [place.word] for place in places if "½" not in text)
