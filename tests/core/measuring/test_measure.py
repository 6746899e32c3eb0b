"""What a measure says besides the length: limits told by servers, where a text is too long, things that are counted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.core.measuring import Links, Measure, TextLimit, TextPart, TextRules, Unit, Weights, grapheme_count


def rules(*limits, **more):
    return TextRules(
        limits=tuple(
            TextLimit(source="https://example.org", checked_on=date(2026, 11, 1), **limit) for limit in limits
        ),
        **more,
    )


INSTANCE = rules(
    {"unit": Unit.GRAPHEMES, "most": 10, "fact": "max_characters"},
    links=Links(length=23, fact="url_characters"),
    shortens_mentions=True,
    warning_counts=True,
)
TWO_LIMITS = rules({"unit": Unit.GRAPHEMES, "most": 10}, {"unit": Unit.BYTES, "most": 30})
TAGS = rules(
    {"unit": Unit.CHARACTERS, "most": 100}, {"unit": Unit.HASHTAGS, "most": 2}, {"unit": Unit.LINKS, "most": 1}
)
COMPOSING = rules({"unit": Unit.WEIGHTED, "most": 3}, composes=True, weights=Weights(light=((0, 4351),)))


def test_what_the_server_tells_goes_before_the_rule():
    measure = Measure(INSTANCE, {"max_characters": "5000", "url_characters": "30"})
    measured = measure("https://example.org/a")
    assert (measured.length, measured.most) == (30, 5000)


@pytest.mark.parametrize("told", ["", "0", "-5", "many", "²"])
def test_nonsense_from_the_server_leaves_the_rule(told):
    assert Measure(INSTANCE, {"max_characters": told})("a").most == 10


def test_content_warning_counts_with_the_text():
    assert Measure(INSTANCE)("abc", warning="Été").length == 6
    assert Measure(INSTANCE)("abcdefgh", warning="Été").too_long == ((7, 8),)
    assert Measure(TWO_LIMITS)("abc", warning="Été").length == 3


def test_text_is_over_by_any_of_its_limits():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    measured = Measure(TWO_LIMITS)(family * 2)
    assert (measured.length, measured.left, measured.is_over) == (2, 8, True)
    assert measured.too_long == ((len(family), 2 * len(family)),)


def test_what_is_too_long_begins_where_the_first_limit_is_passed():
    assert Measure(TWO_LIMITS)("a" * 40).too_long == ((10, 40),)
    assert Measure(TWO_LIMITS)("\U0001f468" * 12).too_long == ((7, 12),)


def test_what_is_too_long_begins_at_a_sign_and_counts_characters_of_the_given_text():
    assert Measure(COMPOSING)("e\u0301e\u0301e\u0301e\u0301\r\n").too_long == ((6, 10),)


def test_link_that_does_not_fit_is_too_long_as_a_whole():
    assert Measure(INSTANCE, {"max_characters": "20"})("Lire https://example.org/a").too_long == ((5, 26),)


def test_each_hashtag_and_link_too_many_is_shown_and_the_same_link_counts_once():
    text = "#un #deux#trois #4 &#5x; #quatre https://a.ch https://a.ch https://b.ch"
    measured = Measure(TAGS)(text)
    assert [counted.length for counted in measured.units] == [len(text), 4, 2]
    assert [text[start:][:3] for start, _ in measured.too_long] == ["#tr", "#qu", "htt"]
    assert text[measured.too_long[-1].start :] == "https://b.ch"


def test_part_without_a_limit_is_counted_all_the_same():
    measured = Measure(TWO_LIMITS, part=TextPart.TITLE)("a" * 1000)
    assert (measured.length, measured.most, measured.left, measured.is_over) == (1000, None, None, False)


def test_caption_without_a_limit_of_its_own_has_that_of_the_text():
    assert Measure(TWO_LIMITS, part=TextPart.CAPTION)("").most == 10


def test_half_a_surrogate_pair_is_counted_and_breaks_nothing():
    assert [counted.length for counted in Measure(TWO_LIMITS)("a\ud83d").units] == [2, 4]


@pytest.mark.parametrize(
    "text",
    ["a" * 50_000, "https://" * 5_000, "a." * 20_000, "@a" * 20_000, "(" * 20_000, "http://a.ch/" + "(" * 5_000,
     "\u65e5" * 20_000 + ".", "#" * 20_000, "\u0301" * 20_000, "\u200d\U0001f468" * 5_000, "http://a.ch/?" + "!" * 5_000],
)  # fmt: skip
def test_odd_text_of_any_kind_is_counted_in_time_that_grows_with_its_length(text):
    import time

    everything = rules(
        {"unit": Unit.WEIGHTED, "most": 5}, {"unit": Unit.HASHTAGS, "most": 5}, {"unit": Unit.MENTIONS, "most": 5},
        links=Links(length=23, bare=True, any_path=False), weights=Weights(light=()), composes=True,
        shortens_mentions=True,
    )  # fmt: skip
    before = time.process_time()
    Measure(everything)(text)
    assert time.process_time() - before < 5


@given(
    st.text(
        st.sampled_from("ae\u0301\u200d\U0001f468\U0001f3fd\U0001f1e8\u1100\u1161\u11a8\r\n .@#/:h\u65e5\u0915\u094d"),
        max_size=40,
    )
)
def test_pieces_cover_the_text_and_add_up(text):
    for measure in (Measure(TWO_LIMITS), Measure(COMPOSING), Measure(INSTANCE), Measure(TAGS)):
        pieces = measure.weigh(text)
        assert "".join(text[piece.start : piece.end] for piece in pieces) == text
        sums = [sum(piece.sizes[index] for piece in pieces) for index in range(len(measure.limits))]
        assert sums == [counted.length for counted in measure(text).units]
    assert Measure(TWO_LIMITS)(text).length == grapheme_count(text)
