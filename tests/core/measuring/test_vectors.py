"""Shared vectors: what each platform's own documentation gives for a text, worked out by hand (`why` says how)."""

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from parvis.channels.registry import connectors
from parvis.core.measuring import Measure, TextPart, Unit
from parvis.core.measuring.platforms import platforms

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
RULES = {slug: platform.text_rules for slug, platform in platforms().items()} | {
    slug: connector.text_rules for slug, connector in connectors().items() if connector.text_rules is not None
}
PLAIN = {
    "characters": ("discord", "wordpress", "mailbox", "ghost"),
    "utf16": ("facebook", "google-business", "instagram", "pinterest", "telegram", "tiktok"),
    "graphemes": ("bluesky",),
    "bytes": ("youtube", "matrix"),
}
OWN = {"x": "x", "mastodon": "graphemes", "threads": "characters", "linkedin": "utf16"}
"""Platforms with rules of their own, and the unit that they have in common with others where no rule applies."""


def named(vector):
    return vector["name"]


@pytest.mark.parametrize("vector", VECTORS, ids=named)
@pytest.mark.parametrize("unit", PLAIN)
def test_platform_without_rules_of_its_own_counts_its_unit(vector, unit):
    lengths = {slug: Measure(RULES[slug])(vector["text"]).length for slug in PLAIN[unit]}
    assert lengths == dict.fromkeys(PLAIN[unit], vector["expect"][unit])


@pytest.mark.parametrize("vector", VECTORS, ids=named)
@pytest.mark.parametrize("slug", OWN)
def test_platform_counts_as_its_documentation_says(vector, slug):
    expected = vector["expect"].get(slug, vector["expect"][OWN[slug]])
    if expected is not None:
        assert Measure(RULES[slug])(vector["text"]).length == expected


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_bluesky_counts_bytes_beside_graphemes(vector):
    graphemes, in_bytes = Measure(RULES["bluesky"])(vector["text"]).units
    assert (graphemes.limit.unit, in_bytes.limit.unit) == (Unit.GRAPHEMES, Unit.BYTES)
    assert in_bytes.length == vector["expect"]["bytes"]


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_x_counts_composed_and_decomposed_alike(vector):
    x = Measure(RULES["x"])
    assert {x(unicodedata.normalize(form, vector["text"])).length for form in ("NFC", "NFD")} == {
        x(vector["text"]).length
    }


def test_every_platform_of_the_field_has_rules_and_is_in_these_tests():
    assert set(RULES) == {*OWN, *(slug for slugs in PLAIN.values() for slug in slugs)}


@pytest.mark.parametrize("slug", sorted(RULES))
def test_every_limit_is_dated_and_has_a_source(slug):
    limits = RULES[slug].limits
    assert limits[0].applies_to is TextPart.TEXT
    assert all(limit.source.startswith("https://") and limit.checked_on >= date(2026, 11, 1) for limit in limits)
    assert all(limit.most is None or limit.most > 0 for limit in limits)


@pytest.mark.parametrize(
    ("slug", "part", "most"),
    [
        ("x", TextPart.TEXT, 280),
        ("mastodon", TextPart.TEXT, 500),
        ("bluesky", TextPart.TEXT, 300),
        ("threads", TextPart.TEXT, 500),
        ("linkedin", TextPart.TEXT, 3_000),
        ("facebook", TextPart.TEXT, 63_206),
        ("instagram", TextPart.TEXT, 2_200),
        ("youtube", TextPart.TEXT, 5_000),
        ("youtube", TextPart.TITLE, 100),
        ("tiktok", TextPart.TEXT, 2_200),
        ("pinterest", TextPart.TEXT, 500),
        ("pinterest", TextPart.TITLE, 100),
        ("telegram", TextPart.TEXT, 4_096),
        ("telegram", TextPart.CAPTION, 1_024),
        ("discord", TextPart.TEXT, 2_000),
        ("google-business", TextPart.TEXT, 1_500),
        ("ghost", TextPart.TITLE, 255),
    ],
)
def test_limit_is_reached_and_not_passed(slug, part, most):
    measure = Measure(RULES[slug], part=part)
    full, over = measure("a" * most), measure("a" * (most + 1))
    assert (full.length, full.most, full.left, full.is_over, full.too_long) == (most, most, 0, False, ())
    assert (over.left, over.is_over, over.too_long) == (-1, True, ((most, most + 1),))
