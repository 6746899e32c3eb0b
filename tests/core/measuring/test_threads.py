"""A long text as a thread: nothing is lost, nothing is cut that means something, every part fits."""

from datetime import date
from itertools import pairwise

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.measuring import Links, Measure, TextLimit, TextRules, Unit, Weights, split_thread, thread_spans
from parvis.core.measuring.links import find_unbreakable


def at_most(*limits, **rules):
    source, day = "https://example.org", date(2026, 11, 1)
    return Measure(
        TextRules(
            limits=tuple(TextLimit(unit=unit, most=most, source=source, checked_on=day) for unit, most in limits),
            **rules,
        )
    )


def graphemes(most):
    return at_most((Unit.GRAPHEMES, most))


def like_x(most):
    return at_most(
        (Unit.WEIGHTED, most),
        links=Links(length=23, bare=True, any_path=False),
        weights=Weights(light=((0, 4351), (8192, 8205), (8208, 8223))),
        composes=True,
    )


FRENCH = (
    "La SSR publie son rapport annuel. M. Dupont, p. ex., l’a lu\u202f: «\u202fQuoi\u202f? Vraiment\u202f?\u202f» "
    "Le budget atteint 10 000 000 de francs, soit 5 % de plus qu’en 2025. Voir art. 12 al. 3 de la loi, cf. "
    "l’annexe. J. R. R. Tolkien n’y est pour rien… ni Mme Martin. Enfin, on verra le 3 janv. 2027."
)
ENGLISH = (
    "Dr. Smith, e.g., arrived at 5 p.m. on Monday. He said “No. Never.” and left. See fig. 3 and pp. 12 of vol. 2. "
    "Mr. Jones vs. the city was settled in the U.S. in 2025. What now? Nobody knows! It costs $3.50 at example.org."
)


def test_text_that_fits_is_one_part_without_a_number():
    assert split_thread("  Bonjour.\n", graphemes(300), numbering="1/n") == ["Bonjour."]


@pytest.mark.parametrize("text", ["", " \n\t", "---", "---\n\n---\n"])
def test_nothing_gives_no_parts(text):
    assert split_thread(text, graphemes(300)) == []


def test_text_without_a_limit_is_one_part():
    assert split_thread("Bonjour. " * 1000, at_most((Unit.CHARACTERS, None))) == [("Bonjour. " * 1000).strip()]


def test_paragraphs_are_cut_before_sentences():
    first, second = "Un. Deux. Trois quatre cinq six.", "Sept. Huit. Neuf dix onze."
    assert split_thread(f"{first}\n\n{second}", graphemes(40)) == [first, second]


def test_sentences_are_cut_before_clauses_and_these_before_words():
    assert split_thread("Le premier point est dit, je crois. Le second, lui, non.", graphemes(40)) == [
        "Le premier point est dit, je crois.",
        "Le second, lui, non.",
    ]
    assert split_thread("Cette phrase est longue et continue, mais elle respire une fois ici", graphemes(40)) == [
        "Cette phrase est longue et continue,",
        "mais elle respire une fois ici",
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            FRENCH,
            [
                "La SSR publie son rapport annuel.",
                "M. Dupont, p. ex., l’a lu\u202f: «\u202fQuoi\u202f? Vraiment\u202f?\u202f»",
                "Le budget atteint 10 000 000 de francs, soit 5 % de plus qu’en 2025.",
                "Voir art. 12 al. 3 de la loi, cf. l’annexe.",
                "J. R. R. Tolkien n’y est pour rien… ni Mme Martin.",
                "Enfin, on verra le 3 janv. 2027.",
            ],
        ),
        (
            ENGLISH,
            [
                "Dr. Smith, e.g., arrived at 5 p.m. on Monday.",
                "He said “No. Never.” and left.",
                "See fig. 3 and pp. 12 of vol. 2.",
                "Mr. Jones vs. the city was settled in the U.S. in 2025.",
                "What now?",
                "Nobody knows!",
                "It costs $3.50 at example.org.",
            ],
        ),
    ],
)
def test_sentences_end_where_a_reader_sees_them_end(text, sentences):
    from parvis.core.measuring.breaks import Level, find_breaks

    places = sorted(place for place, level in find_breaks(text).items() if level is Level.SENTENCE)
    assert [text[start:end].strip() for start, end in pairwise([0, *places, len(text)])] == sentences


@pytest.mark.parametrize("most", [12, 20, 25, 40])
def test_what_belongs_together_stays_together(most):
    kept = [
        "M. Dupont",
        "10 000 000",
        "5 %",
        "art. 12",
        "lu\u202f:",
        "«\u202fQuoi\u202f?",
        "Vraiment\u202f?\u202f»",
        "p. ex.,",
    ]
    parts = split_thread(FRENCH, graphemes(most))
    assert [words for words in kept if not any(words in part for part in parts)] == []


def test_sign_with_a_plain_space_before_it_does_not_begin_a_part():
    for most in range(12, 30):
        parts = split_thread("Est-ce vrai ? Oui ! Il dit : « tout va bien » ; puis il part", graphemes(most))
        assert not any(part[0] in "?!:;»" or part[-1] == "«" for part in parts)


def test_link_mention_and_hashtag_are_never_cut():
    whole = ["https://example.org/a,b;c:d.e-f/(g)?h=i&j=k#l.", "@presse@social.example.org", "#déjàVu", "rts.ch/info"]
    text = f"Voir {whole[0]} ou {whole[1]}, avec {whole[2]} et {whole[3]} pour finir"
    for most in range(50, 90):
        parts = split_thread(text, graphemes(most))
        assert all(any(one in part for part in parts) for one in whole)


def test_hashtag_in_chinese_is_never_cut():
    tag = "#" + "日本語" * 5
    assert split_thread(f"今天 {tag} 明天", graphemes(10)) == ["今天", tag, "明天"]


def test_link_that_is_too_long_by_itself_stays_whole_and_alone():
    link = "https://example.org/" + "a" * 60
    assert split_thread(f"Voir {link} ici", graphemes(40)) == ["Voir", link, "ici"]


def test_word_that_is_too_long_is_cut_between_signs():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    parts = split_thread(family * 25, graphemes(10))
    assert [len(part) % len(family) for part in parts] == [0, 0, 0]
    assert "".join(parts) == family * 25
    assert "".join(split_thread("e\u0301" * 25, graphemes(10))) == "e\u0301" * 25


@pytest.mark.parametrize(
    "text",
    ["xxxxxxxxxxxx$ex.orga.ch$a.chex.org", "mot#xxxxxxxxxxxxxxxxxxxxxxxxxxxa.ch#mot__a.ch"],
)
def test_part_that_holds_a_link_only_once_it_is_cut_fits_too(text):
    parts = split_thread(text, like_x(30))
    assert not any(like_x(30)(part).is_over for part in parts)
    assert "".join(parts) == text


def test_chinese_is_cut_at_its_own_full_stops():
    assert split_thread("今天天气很好。我们去公园。明天下雨，在家。", graphemes(8)) == [
        "今天天气很好。",
        "我们去公园。",
        "明天下雨，在家。",
    ]


def test_line_of_three_hyphens_is_a_break_and_is_not_sent():
    assert split_thread("Un.\n---\nDeux --- trois.\r\n ---\t\r\nQuatre.", graphemes(300), numbering="1/n") == [
        "Un.\n\n1/3",
        "Deux --- trois.\n\n2/3",
        "Quatre.\n\n3/3",
    ]


def test_last_part_is_not_one_word_where_that_can_be_avoided():
    text = " ".join(["mot"] * 26)  # 103 signs: 100 and a word, or about 50 and 50
    parts = split_thread(text, graphemes(100))
    assert len(parts) == 2
    assert min(map(len, parts)) > 20


def test_better_a_clause_is_cut_than_that_a_part_says_almost_nothing():
    first, second = (
        "Une phrase presque trop longue pour ce qui reste,",
        "et qui se termine juste avant la fin de la place.",
    )
    assert split_thread(f"{first} {second} Oui.", graphemes(100)) == [first, f"{second} Oui."]


def test_number_takes_no_more_room_than_it_needs():
    parts = split_thread("a" * 45 + " " + "b" * 91, graphemes(50), numbering="1/n")
    assert parts[0] == "a" * 45 + "\n\n1/4"
    assert max(map(len, parts)) <= 50


def test_tenth_part_that_numbers_bring_about_has_room_for_its_number():
    parts = split_thread("x" * 450, graphemes(50), numbering="1/n")
    assert len(parts) > 9
    assert max(map(len, parts)) <= 50


def test_number_is_counted_and_grows_with_the_thread():
    parts = split_thread("Une phrase de plus. " * 60, graphemes(50), numbering="1/n")
    assert len(parts) > 10
    assert parts[0].endswith(f"\n\n1/{len(parts)}")
    assert parts[-1].endswith(f"\n\n{len(parts)}/{len(parts)}")
    assert all(len(part) <= 50 for part in parts)


def test_the_tightest_limit_decides():
    parts = split_thread("日本語のテキスト。" * 20, at_most((Unit.GRAPHEMES, 300), (Unit.BYTES, 100)))
    assert len(parts) > 4
    assert all(len(part.encode()) <= 100 for part in parts)


def test_ten_thousand_signs_are_split_in_well_under_a_second():
    import time

    text = (FRENCH + "\n\n" + ENGLISH + "\n\n") * 20
    before = time.process_time()
    split_thread(text, graphemes(300), numbering="1/n")
    assert time.process_time() - before < 2


WORDS = st.sampled_from(
    ["mot", "Phrase.", "Oui !", "« Non ! »", "etc.", "M. X", "p. 12", "10 000", "incommensurablement", "日本語", "。",
     "e\u0301a\u0308", "\U0001f468\u200d\U0001f469\u200d\U0001f466", "\U0001f1e8\U0001f1ed", "❤️", "https://ex.org/a.b?c#d",
     "ex.org", "@a@b.ch", "@a", "#tag", "#日本", "a@b.ch", "\u0301", "\u200d", "(a,b)", "…", "—", "-", "\u202b", "x" * 45]
)  # fmt: skip
GAPS = st.sampled_from(["", " ", " ", " ", "  ", "\n", "\r\n", "\n\n", "\n---\n", "\u00a0", "\u202f", "\t"])
TEXTS = st.lists(st.tuples(WORDS, GAPS), max_size=60).map(lambda pairs: "".join(word + gap for word, gap in pairs))
MEASURES = st.sampled_from(
    [graphemes(30), graphemes(60), graphemes(140), like_x(60), like_x(140), at_most((Unit.UTF16, 50), escaped="#_@()"),
     at_most((Unit.GRAPHEMES, 60), (Unit.BYTES, 90)), at_most((Unit.CHARACTERS, 64), emoji_in_bytes=True)]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(TEXTS, MEASURES)
def test_parts_and_what_stands_between_them_are_the_text(text, measure):
    spans = thread_spans(text, measure)
    assert split_thread(text, measure) == [text[start:end] for start, end in spans]
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        assert regex.sub(r"---", "", text[start:end]).strip() == ""
    written = regex.sub(r"(?m)^[^\S\r\n]*---[^\S\r\n]*$", "", text)
    assert "".join("".join(part.split()) for part in split_thread(text, measure)) == "".join(written.split())


@settings(max_examples=300, deadline=None)
@given(TEXTS, MEASURES, st.sampled_from([None, "1/n"]))
def test_every_part_fits_but_for_one_thing_that_cannot_be_cut(text, measure, numbering):
    for part in split_thread(text, measure, numbering=numbering):
        said = regex.sub(r"\n\n\d+/\d+$", "", part)
        whole = any((span.start, span.end) == (0, len(said)) for span in find_unbreakable(said))
        assert not measure(part).is_over or whole or len(regex.findall(r"\X", said)) == 1


@settings(max_examples=300, deadline=None)
@given(TEXTS, MEASURES)
def test_no_part_begins_or_ends_within_a_sign_or_a_link(text, measure):
    edges = {edge for span in thread_spans(text, measure) for edge in span}
    starts = {found.start() for found in regex.finditer(r"\X", text)} | {len(text)}
    assert edges <= starts
    inside = {place for span in find_unbreakable(text) for place in range(span.start + 1, span.end)}
    assert not edges & inside
