"""What a learner promises, on small texts of its own."""

import random

import numpy as np
import pytest

from parvis.core.text.classify.calibration import calibration_error, curve_through, folds_of, thresholds_of
from parvis.core.text.classify.explaining import explain, nearest
from parvis.core.text.classify.labels import evidence_of_labels, positive_of
from parvis.core.text.classify.learner import LEAST_DECISIONS, Learner
from parvis.core.text.classify.parts import Outcome
from parvis.core.text.classify.state import learner_of, state_of

ABOUT_TRAINS = ["le train de nuit est en retard", "la gare ferme ses guichets", "ce wagon est trop plein ce matin"]
ABOUT_CHEESE = ["ce fromage du village est doux", "la fondue de ma tante est salée", "une raclette au feu de bois"]


def decided(count, *, seed=1):
    """Something that no prior knows: cheese is refused, trains are not."""
    chance = random.Random(seed)
    texts, labels = [], []
    for number in range(count):
        is_cheese = number % 3 == 0
        words = chance.choice(ABOUT_CHEESE if is_cheese else ABOUT_TRAINS).split()
        texts.append(" ".join([*words, chance.choice(ABOUT_CHEESE + ABOUT_TRAINS).split()[0], str(number)]))
        labels.append("refuse" if is_cheese else "keep")
    return texts, labels


@pytest.fixture(scope="module")
def taught():
    learner = Learner("spam", ["keep", "refuse"], positive="refuse")
    texts, labels = decided(200)
    learner.learn_many(texts, labels, keys=[f"c{number}" for number in range(200)])
    learner.refit()
    return learner


def test_a_learner_without_decisions_says_what_the_prior_says():
    learner = Learner("spam", ["ham", "spam"])
    assert learner.score("Win a free casino bonus now, click the link http://win.example") > 0.8
    assert learner.score("When does the second part of the series begin?") < 0.2


def test_one_decision_of_each_kind_already_moves_the_score():
    learner = Learner("spam", ["keep", "refuse"], positive="refuse")
    text = "la fondue de ma tante"
    before = learner.score(text)
    learner.learn("la fondue de mon oncle", "refuse")
    learner.learn("le train de nuit est en retard", "keep")
    assert learner.score(text) > before + 0.05


def test_a_decision_between_two_fits_counts_at_once(taught):
    learner = learner_of(state_of(taught))
    text, fitted_count = "le tunnel de base rouvre lundi", learner.fitted_count
    before = learner.score(text)
    learner.learn(text, "refuse")
    assert learner.fitted_count == fitted_count
    assert learner.score(text) > before


def test_what_it_learned_it_says_of_new_texts(taught):
    texts, labels = decided(60, seed=5)
    verdicts = taught.judge(texts)
    assert sum(verdict.label == label for verdict, label in zip(verdicts, labels, strict=True)) >= 57


def test_it_acts_alone_only_after_fifty_decisions_in_a_known_language_and_on_three_words(taught):
    texts, labels = decided(LEAST_DECISIONS - 1)
    young = Learner("spam", ["keep", "refuse"], positive="refuse")
    young.learn_many(texts, labels)
    young.refit()
    assert {verdict.outcome for verdict in young.judge(texts)} == {Outcome.ASK}
    clear, short, foreign = "le train de nuit est en retard ce matin", "le train", "поезд опаздывает каждое утро на час"
    taught.thresholds = taught.thresholds._replace(accept_up_to=0.4, hold_from=0.6)
    assert [verdict.outcome for verdict in taught.judge([clear, short, foreign])] == [
        Outcome.ACCEPT,
        Outcome.ASK,
        Outcome.ASK,
    ]


def test_a_kept_learner_says_the_same_and_learns_on(taught):
    kept = learner_of(state_of(taught))
    texts, labels = decided(20, seed=9)
    assert np.allclose(kept.shares(texts), taught.shares(texts), atol=1e-3)
    assert [decision.key for decision in kept.decisions] == [decision.key for decision in taught.decisions]
    kept.learn_many(texts, labels)
    kept.refit()
    assert len(kept.decisions) == 220


def test_what_it_no_longer_holds_it_still_knows(monkeypatch):
    monkeypatch.setattr("parvis.core.text.classify.learner.MOST_HELD", 60)
    learner = Learner("spam", ["keep", "refuse"], positive="refuse")
    learner.learn_many(*decided(60))
    learner.learn_many(["un tram bleu passe", "un bus jaune arrive"] * 30, ["keep", "refuse"] * 30)
    learner.refit()
    assert len(learner.decisions) == 60
    texts = ["la fondue de ma tante est salée", "le train de nuit est en retard", "un bus jaune", "un tram bleu"]
    assert [verdict.label for verdict in learner.judge(texts)] == ["refuse", "keep", "refuse", "keep"]
    assert np.allclose(learner_of(state_of(learner)).shares(texts), learner.shares(texts), atol=1e-3)


def test_bytes_of_something_else_are_refused():
    with pytest.raises(ValueError, match="no learner"):
        learner_of(b"PK something")


def test_a_label_that_is_not_its_own_is_refused(taught):
    with pytest.raises(ValueError, match="maybe"):
        taught.learn("un texte", "maybe")


def test_three_labels_of_any_names_are_learned():
    learner = Learner("sentiment", ["rouge", "vert", "bleu"])
    colours = {"rouge": "le feu brûle la forêt", "vert": "la prairie est humide", "bleu": "le lac gèle en hiver"}
    for number in range(12):
        for label, text in colours.items():
            learner.learn(f"{text} {number}", label)
    learner.refit()
    shares = learner.shares(["la forêt brûle", "une prairie humide", "un lac gelé en hiver"])
    assert shares.argmax(axis=1).tolist() == [0, 1, 2]
    assert np.allclose(shares.sum(axis=1), 1)


def test_an_explanation_names_the_words_and_the_nearest_decisions(taught):
    explanation = explain(taught, "la fondue de ma tante est salée")
    assert explanation.verdict.label == "refuse"
    strongest = [weight.what for weight in explanation.words if weight.weight > 0][:4]
    assert set(strongest) & {"fondue", "tante", "salee"}
    assert {near.label for near in explanation.nearest} == {"refuse"}
    assert explanation.nearest[0].likeness > 0.4


def test_without_the_words_named_the_verdict_is_another(taught):
    text = "la fondue de ma tante est dans le train en retard"
    explanation = explain(taught, text)
    assert explanation.without
    rest = " ".join(word for word in text.split() if word.replace("é", "e") not in explanation.without)
    assert taught.judge([rest])[0].label != explanation.verdict.label


def test_the_parts_of_a_score_add_up_to_it(taught):
    texts = ["la fondue de ma tante est salée", "le train de nuit"]
    sums = []
    for text in texts:
        parts = taught.parts(text, "refuse")
        sums.append(parts.run_weights.sum() + parts.word_weights.sum() + parts.shape_weights.sum())
    shares = taught.shares(texts)[:, 1]
    scores = np.log(shares / (1 - shares)) / taught.models[0].curve.slope
    assert sums[0] - sums[1] == pytest.approx(scores[0] - scores[1], abs=0.02)


def test_nothing_is_near_where_nothing_was_decided():
    assert nearest(Learner("spam", ["ham", "spam"]), "un texte") == ()


def test_names_say_which_label_the_prior_speaks_for():
    assert positive_of(["0", "1"]) == "1"
    assert positive_of(["spam", "ham"]) == "spam"
    assert evidence_of_labels("spam", ["spam", "ham"]).tolist() == [[1.0], [-1.0]]
    assert evidence_of_labels("toxicity", ["apfel", "birne"]).tolist() == [[0.0], [0.0]]
    assert evidence_of_labels("sentiment", ["0", "1", "2"]).tolist() == [[1.0, 0.0], [-0.5, -0.5], [0.0, 1.0]]


def test_scores_become_the_shares_that_came_true():
    chance = np.random.default_rng(3)
    scores = chance.normal(0, 2, 3000)
    labels = chance.random(3000) < 1 / (1 + np.exp(-(0.5 * scores - 1)))
    curve = curve_through(scores, labels)
    assert curve.slope == pytest.approx(0.5, abs=0.1)
    assert calibration_error(curve(scores), labels) < 0.02


def test_a_threshold_needs_nearly_all_to_be_right_and_enough_of_them():
    shares = np.linspace(0, 1, 1000)
    labels = shares > 0.5
    accept, hold = thresholds_of(shares, labels)
    assert 0.45 < accept <= 0.51
    assert 0.49 <= hold < 0.55
    noisy = labels ^ (np.arange(1000) % 20 == 0)
    assert thresholds_of(shares, noisy) == (None, None)
    assert thresholds_of(shares[::50], labels[::50]) == (None, None)


def test_texts_of_one_group_are_in_one_fold():
    groups = [f"author {number % 7}" for number in range(50)] + [""] * 10
    folds = folds_of(groups, np.arange(60) % 2)
    by_group = {}
    for group, fold in zip(groups, folds.tolist(), strict=True):
        if group:
            by_group.setdefault(group, set()).add(fold)
    assert all(len(found) == 1 for found in by_group.values())
    assert len(set(folds.tolist())) == 5
