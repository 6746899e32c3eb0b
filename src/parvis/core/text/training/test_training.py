"""Making models: the same rows give the same model, and disguises keep the words readable."""

import random

import numpy as np
import pytest

from parvis.core.text.classify.logistic import minimised
from parvis.core.text.classify.prior import packed, unpacked
from parvis.core.text.normalise import words_of
from parvis.core.text.training.disguise import disguised
from parvis.core.text.training.making import is_held_out
from parvis.core.text.training.prior import log_odds, prior_of, taught
from parvis.core.text.training.sources import SOURCES, Example, own_lines

MAY_TRAIN = {"CC BY 4.0", "MIT", "public domain", "texts of their authors, annotations CC BY 4.0"}


def examples(task):
    return [example for example in own_lines() if example.source == f"own_{task}"]


def test_the_least_point_of_a_bowl_is_found():
    def bowl(point):
        away = point - np.array([3.0, -2.0, 0.5])
        scale = np.array([1.0, 10.0, 100.0])
        return float((scale * away * away).sum()), 2 * scale * away

    assert minimised(bowl, np.zeros(3), most_steps=60) == pytest.approx([3.0, -2.0, 0.5], abs=1e-3)


def test_the_same_rows_give_the_same_prior_and_it_can_be_kept():
    rows = {task: taught(task, examples(task), []) for task in ("spam", "toxicity")}
    first, second = prior_of(rows), prior_of(rows)
    assert all(
        np.array_equal(one, other) for one, other in zip(packed(first).values(), packed(second).values(), strict=True)
    )
    texts = ["Casino bonus, cliquez ici", "Merci pour cet article"]
    kept = unpacked(packed(first))
    assert log_odds(kept, texts, "spam") == pytest.approx(log_odds(first, texts, "spam"), abs=0.05)
    assert log_odds(kept, texts, "spam")[0] > log_odds(kept, texts, "spam")[1]


def test_a_disguise_changes_the_letters_and_another_seed_the_disguise():
    text = "Win a free bonus at the best casino today"
    found = {disguised(text, random.Random(seed)) for seed in range(12)}
    assert len(found) > 6
    assert all(set(words_of(text)) & set(words_of(disguise)) for disguise in found)


def test_texts_of_one_group_are_held_out_together():
    one = Example("set", "a", "1", "fr", "author 7")
    assert is_held_out(one) == is_held_out(one._replace(text="b", label="0"))


def test_nothing_trains_that_may_not():
    assert {source.licence for source in SOURCES} <= MAY_TRAIN
    assert all(source.credit for source in SOURCES)
    assert next(source for source in SOURCES if "sms" in source.name).only_language == "en"
