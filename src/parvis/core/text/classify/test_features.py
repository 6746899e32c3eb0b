"""What is read from a text: the same alone as among others, and what no word tells."""

import numpy as np
import pytest

from parvis.core.text.classify.features import features_of, shape_names
from parvis.core.text.classify.hashing import counted, letters_of, numbers_of, runs
from parvis.core.text.classify.lexicon import lexicon_of
from parvis.core.text.classify.prior import CLASSES, shipped, tone_of, vectors_and_features
from parvis.core.text.classify.shape_words import shape_text
from parvis.core.text.classify.signs import SIGN_NAMES, signs_of
from parvis.core.text.classify.telling import tell

TEXTS = ["Bonjour à tous !", "", "😀", "Écrivez-moi : https://a.example", "Привет всем", "x" * 9000, "\x00\ud800 odd"]


def sign(text, name):
    return signs_of([text])[0][SIGN_NAMES.index(name)]


def shape(text, name, language=""):
    return features_of([text], languages=[language]).shapes[0][shape_names().index(name)]


def test_a_text_is_read_alone_as_among_others():
    together = features_of(TEXTS)
    for place, text in enumerate(TEXTS):
        alone = features_of([text])
        for rows, own in ((together.runs, alone.runs), (together.words, alone.words)):
            part = slice(rows.starts[place], rows.starts[place + 1])
            assert rows.ids[part].tolist() == own.ids.tolist()
            assert rows.counts[part].tolist() == own.counts.tolist()
        assert np.allclose(together.shapes[place], alone.shapes[0])


def test_runs_stay_within_their_text():
    apart = runs(letters_of(["ab", "cd"]), 2, 2)[0]
    rows = counted([apart[0]], [numbers_of(apart[1])], 2)
    assert rows.counts.tolist() == [1.0, 1.0]


def test_numbers_of_features_never_change():
    """Models are kept with them."""
    _, hashed = runs(letters_of([" chat "]), 5, 5)[0]
    assert numbers_of(hashed).tolist() == [296654, 1011756]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("C’EST VRAIMENT N’IMPORTE QUOI", "all capitals"),
        ("fr\u200bee mo\u200bney", "invisible"),
        ("𝗦𝗟𝗢𝗧 gacor", "disguised"),
        ("A X L 7 7 7", "spaced letters"),
        ("саsino", "mixed scripts"),
        ("voir www.exemple.ch", "links"),
        ("bon . com", "links"),
        ("trooop", "repeated letters"),
        ("quoi???!!!", "repeated signs"),
        ("appelle le 079 123 45 67", "long figures"),
        ("merci 😍", "glad signs"),
        ("non 😡", "sad signs"),
    ],
)
def test_a_shape_is_seen(text, name):
    assert sign(text, name) > 0
    assert sign("Une phrase tout à fait ordinaire.", name) == 0


def test_joined_emoji_hide_nothing():
    assert sign("👩\u200d👧 ❤\ufe0f", "invisible") == 0


def test_a_word_counts_in_its_own_language():
    assert shape("die", "toxicity.threat", "en") > 0
    assert shape("die", "toxicity.threat", "de") == 0


def test_a_listed_beginning_stands_for_all_its_endings():
    lexicon = lexicon_of("fr")
    assert lexicon["merveilleusement"] and not lexicon["mer"]


def test_a_negation_turns_praise():
    _, plain = vectors_and_features(["C’est bon"], ["fr"])
    praise, blame = (
        tone_of(features_of([text], languages=["fr"]).shapes)[0] for text in ("C’est bon", "Ce n’est pas bon")
    )
    assert plain.row_count == 1
    assert praise > 0 > blame


def test_every_shape_has_words_in_both_languages():
    for name in shape_names():
        assert shape_text(name).en and shape_text(name).fr


@pytest.mark.parametrize("task", CLASSES)
def test_shares_of_a_text_sum_to_one(task):
    features, vectors = vectors_and_features(TEXTS)
    shares = shipped().shares(features, vectors, task)
    assert shares.shape == (len(TEXTS), len(CLASSES[task]))
    assert np.allclose(shares.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("task", "bad", "fine"),
    [
        (
            "spam",
            "Casino en ligne, bonus gratuit, cliquez ici https://x.example",
            "Le casino de la ville ouvre un musée.",
        ),
        ("spam", "𝗦𝗟𝗢𝗧 𝗚𝗔𝗖𝗢𝗥 maxwin, klik link di bio", "Videonya lucu banget, ditunggu yang berikutnya"),
        ("toxicity", "T’es vraiment un gros connard, ferme ta gueule", "Merci de votre réponse, vous avez raison."),
        ("toxicity", "Halt die Fresse, du dummes Arschloch", "Danke, du hast recht."),
        ("toxicity", "Sei un coglione, stai zitto idiota", "Grazie, hai ragione."),
    ],
)
def test_the_prior_tells_plain_cases_apart(task, bad, fine):
    features, vectors = vectors_and_features([bad, fine])
    worse, better = shipped().shares(features, vectors, task)[:, 1]
    assert worse > 0.5 > better


def test_everything_is_told_in_one_reading():
    praise, blame, spam = tell(
        [
            "Bravo, c’est magnifique, merci !",
            "Quelle horreur, c’est nul et décevant.",
            "Casino bonus gratuit, cliquez ici https://x.example",
        ]
    )
    assert praise.language == blame.language == "fr"
    assert praise.tone > 0.6 and blame.tone < 0.4
    assert spam.spam > 0.5 > praise.spam
    assert tell([]) == []
