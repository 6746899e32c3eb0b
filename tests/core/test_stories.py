"""Stories: what tells the same gathers, what does not stays apart."""

import csv
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.core.text.stories import (
    MOST_BANDS,
    SAME_FROM,
    StoryIndex,
    bands_of,
    likeness,
    nearest_of,
    same,
    signature_of,
)
from parvis.testing.bench.stories.material import PAIRS, made_sources, posts

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
POST = "Le Conseil d’État genevois veut interdire les terrasses chauffées dès l’hiver prochain, annonce le ministre"
ARTICLE = " ".join(made_sources(60, seed=5))

needs_data = pytest.mark.skipif(not PAIRS.exists(), reason="the labelled pairs are not on this machine")


def alike(a, b):
    return likeness(signature_of(a), signature_of(b))


@pytest.mark.parametrize(
    "changed",
    [
        POST + " https://t.co/Ab3dE?utm_source=tw&utm_campaign=7&fbclid=IwAR",
        f"RT @rts: {POST}",
        f"{POST} via @anna@chaos.social",
        POST.upper(),
        "  ".join(POST.split()) + "\n",
        POST.replace("’", "'").replace(",", ""),
        POST.replace("e", "е").replace("a", "а").replace("o", "ο"),
        "\u200b".join(POST),
        "\u00ad".join(POST),
        f"🔥🔥 {POST} 🇨🇭 ✅",
        POST[:70] + "…",
        POST[:70] + "... https://example.org/x",
        POST[:60] + " […] (via @rts)",
        POST.replace("chauffées", "chauffees").replace("é", "e\u0301"),
        "".join(chr(0x1D41A + ord(char) - 97) if "a" <= char <= "z" else char for char in POST),
        POST.replace("genevois", "heute").replace("prochain", "new"),
        POST.replace("ministre", "minsitre").replace("chauffées", "chauffése").replace("veut", "vuet"),
        POST.replace("&", "&amp;"),
        f"{POST} #Genève #terrasses #énergie",
    ],
)
def test_a_disguise_does_not_hide_that_it_is_the_same(changed):
    assert alike(POST, changed) >= SAME_FROM
    assert len(set(bands_of(signature_of(POST))) & set(bands_of(signature_of(changed)))) >= 3


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Amo ouvir Dráuzio #ConversaComBial", "Vai conversar o #ConversaComBial ❤❤"),
        (
            "Aaaaah não kkkkkk @user #MaiaraeMaraisa #ConversaComBial",
            "E começoou @user #ConversaComBial #MaiaraeMaraisa",
        ),
        ("@user merci. Réchauffement climatique: autres impacts", "* Réchauffement climatique: de plus en plus…"),
        ("Le réchauffement climatique…", "Lutter contre le réchauffement climatique et réduire la facture énergétique"),
        ("Danke sehr!", "Danke schön!"),
        ("👍", "👍"),
        ("", ""),
        (POST, "Le Conseil d’État vaudois veut plus de pistes cyclables, annonce la ministre dès l’hiver"),
        (ARTICLE, " ".join(made_sources(60, seed=6))),
    ],
)
def test_a_shared_topic_is_not_a_shared_story(a, b):
    assert alike(a, b) < SAME_FROM


def test_another_order_of_the_same_words_says_something_else():
    words = POST.split()
    assert alike(POST, " ".join(words[8:] + words[:8])) < SAME_FROM


def test_a_reprint_of_an_article_is_found_and_so_is_its_teaser():
    sentences = ARTICLE.split(". ")
    reprint = "Genève, ATS — " + ". ".join(sentences[: len(sentences) * 3 // 4]) + ". Lire aussi: autre chose."
    assert alike(ARTICLE, reprint) >= SAME_FROM
    assert alike(ARTICLE, ARTICLE[:150] + "…") >= SAME_FROM
    index = StoryIndex()
    index.place("article", ARTICLE, at=NOW)
    assert index.place("reprint", reprint, at=NOW).story == "article"


@pytest.mark.parametrize(
    "text",
    [
        "你好世界今天天气很好我们去公园散步吧大家一起来",
        "Привет всем, сегодня в Женеве открылась выставка",
        "مرحبا بكم في جنيف اليوم",
    ],
)
def test_other_scripts_are_compared_too(text):
    assert same(signature_of(text), signature_of(f"RT @x: {text} https://t.co/1"))
    assert not same(signature_of(text), signature_of(POST))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=400), st.text(max_size=400))
def test_likeness_is_a_symmetric_share_for_any_text(a, b):
    one, other = signature_of(a), signature_of(b)
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, other) == likeness(other, one)
    assert not one or likeness(one, one) == 1.0
    assert len(bands_of(one)) <= MOST_BANDS
    assert all(-(2**31) <= band < 2**31 for band in bands_of(one))


def test_signatures_and_bands_stay_what_rows_already_hold():
    signature = signature_of("RT @rts: L’été à Genève : 30 degrés #chaleur https://t.co/x")
    assert signature == b"\x00\x00\x13leteageneve30degreschaleur"
    assert bands_of(signature)[:3] == (-1939435822, -1725737780, -1554723747)
    assert len(signature_of(ARTICLE)) <= 700


def test_a_story_does_not_drift_from_one_thing_to_another():
    words = made_sources(1, seed=9)[0].split() + made_sources(1, seed=10)[0].split()
    index = StoryIndex()
    half = len(words) // 2
    placed = [
        index.place(start, " ".join(words[start : start + half]), at=NOW).story for start in range(len(words) - half)
    ]
    assert placed[0] == 0
    assert placed[1] == 0
    assert placed[-1] != 0


def test_a_run_gathers_each_source_and_nothing_else():
    texts = made_sources(1_000, seed=4)
    stream = list(posts(texts, 4_000))
    index = StoryIndex()
    stories = {}
    alone = 0
    for key, post in enumerate(stream):
        story = index.place(key, post.text, at=NOW).story
        assert stream[story].source == post.source
        alone += stories.setdefault(post.source, story) != story
    assert alone < 0.03 * len(stream)


def test_what_rested_is_forgotten_and_what_goes_on_is_kept():
    first, second, *_ = made_sources(3, seed=3)
    index = StoryIndex()
    index.place(1, first, at=NOW)
    index.place(2, second, at=NOW)
    index.place(3, f"RT @x: {first}", at=NOW + timedelta(days=2))
    assert index.forget(NOW + timedelta(days=1)) == 1
    assert index.place(4, first, at=NOW).story == 1
    assert index.place(5, second, at=NOW).story == 5
    assert index.forget(NOW - timedelta(days=9)) == 0


def test_an_index_of_limited_size_forgets_what_rested_longest():
    texts = made_sources(60, seed=3)
    index = StoryIndex(most_stories=40)
    for key, text in enumerate(texts):
        index.place(key, text, at=NOW + timedelta(minutes=key))
        index.place(-key, texts[0], at=NOW + timedelta(minutes=key))
        assert len(index) <= 40
    assert index.place("a", texts[0], at=NOW).story == 0
    assert index.place("b", texts[-1], at=NOW).story == 59
    assert index.place("c", texts[1], at=NOW).story == "c"


def test_an_index_restored_from_its_rows_places_alike():
    texts = made_sources(300, seed=8)
    stream = list(posts(texts, 900))
    index = StoryIndex()
    for key, post in enumerate(stream[:600]):
        index.place(key, post.text, at=NOW)
    rows = list(index.rows())
    restored = StoryIndex(rows)
    assert list(restored.rows()) == rows
    for key, post in enumerate(stream[600:], 600):
        assert restored.place(key, post.text, at=NOW) == index.place(key, post.text, at=NOW)


def test_a_database_that_asks_by_band_chooses_like_the_index():
    texts = made_sources(200, seed=2)
    rows = {key: signature_of(text) for key, text in enumerate(texts)}
    chance = random.Random(1)
    for post in posts(texts, 400):
        signature = signature_of(post.text)
        wanted = set(bands_of(signature))
        candidates = [(key, row) for key, row in rows.items() if wanted & set(bands_of(row))]
        chance.shuffle(candidates)
        key, nearness = nearest_of(signature, candidates)
        assert nearness < SAME_FROM or key == post.source


@pytest.mark.parametrize(
    "hostile",
    [
        "#" * 200_000,
        "@" * 200_000,
        "h" * 200_000,
        "..." * 70_000,
        "rt @a " * 40_000,
        "a" * 300_000,
        "http://" * 40_000,
        "#a " * 70_000,
    ],
)
def test_a_hostile_text_is_soon_done_with(hostile):
    start = time.process_time()
    signature = signature_of(hostile)
    assert len(signature) <= 700
    assert likeness(signature, signature_of(POST)) < SAME_FROM
    assert time.process_time() - start < 2


@needs_data
def test_the_labelled_pairs_are_told_apart():
    with PAIRS.open(encoding="utf-8", newline="") as lines:
        rows = [(alike(row["text"], row["text_b"]) >= SAME_FROM, row["label"] == "1") for row in csv.DictReader(lines)]
    right = sum(found and is_same for found, is_same in rows)
    f1 = 2 * right / (sum(found for found, _ in rows) + sum(is_same for _, is_same in rows))
    assert f1 >= 0.995
