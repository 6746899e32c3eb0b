"""The quick way to fold a text says what the way letter by letter says, in all scripts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.text import normalise
from parvis.core.text.normalise import LONGEST_WORD, cut, folded_pair, folded_text, plain_word, words_of

LETTERS = st.one_of(
    st.sampled_from("aéßœ’…“”€™ﬁ½²µ©Šł\u00ad\u0301\u200b\u200d\ufe0f\u202f 日本한ไ😀Ａ１ά€жñÅ"),
    st.characters(max_codepoint=255),
    st.characters(),
)


def slowly(text):
    return [word[:LONGEST_WORD] for word in normalise._folded_by_letter(text).split()]


@settings(max_examples=3_000, deadline=None)
@given(st.text(LETTERS, max_size=80))
def test_quick_and_slow_folding_agree(text):
    assert words_of(text) == slowly(text)
    assert folded_text(text).split() == words_of(text)


def test_every_character_folds_alike_between_letters():
    signs = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(signs), 64):
        some = signs[start : start + 64]
        assert [words_of(f"é{sign}a") for sign in some] == [slowly(f"é{sign}a") for sign in some]


@pytest.mark.parametrize("text", ["x" * 100, "ß" * 30, "é" * 41 + " un", "a " * 50 + "œ" * 30])
def test_no_word_is_longer_than_the_longest(text):
    assert max(map(len, words_of(text))) == LONGEST_WORD


@settings(max_examples=2_000, deadline=None)
@given(st.text(LETTERS, max_size=60), st.text(LETTERS, max_size=60))
def test_title_and_text_fold_together_as_they_fold_apart(title, text):
    assert cut(folded_pair(title, text)).decode().split() == [*words_of(title), "|", *words_of(text)]


def test_sign_that_parts_title_and_text_may_stand_in_both():
    assert folded_pair("a\x1fb", "c\x1f|d").decode().split() == ["a", "b", "|", "c", "d"]
    assert words_of("a\x1fb") == ["a", "b"]


@settings(max_examples=2_000, deadline=None)
@given(st.text(LETTERS, max_size=12))
def test_plain_word_is_the_only_word_of_its_text(text):
    assert plain_word(text) is None or [plain_word(text)] == words_of(text)


@pytest.mark.parametrize("dress", ["\ufe0e", "\ufe0f", "\U000e0101", "\u180b", "\u034f"])
def test_how_a_sign_is_drawn_is_no_letter(dress):
    assert words_of(f"J’❤{dress} le caf{dress}é\u0301 1{dress}\u20e3 {dress}") == ["j", "le", "cafe", "1"]
    assert words_of(f"日{dress}本") == words_of("日本")
    assert words_of(f"{dress} я") == ["я"]
