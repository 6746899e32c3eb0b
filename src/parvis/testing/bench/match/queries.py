"""Made-up saved queries, as monitoring desks write them: who, in which connection, and what not.

2 to 40 terms about one topic. A third has phrases; a tenth each NEAR, wildcards, negations and fields.
"""

import random
from collections.abc import Iterator
from itertools import pairwise

from parvis.core.query.tree import All, Any, Field, Hashtag, Near, Node, Not, Pattern, Phrase, Query, Word
from parvis.testing.bench.match.vocabulary import LANGUAGE_SHARES, LANGUAGES, Topic, Vocabulary

PHRASES = 1 / 3
TENTH = 1 / 10
HASHTAGS = 1 / 20
FEWEST, MOST = 2, 40


def make_queries(vocabulary: Vocabulary, count: int, *, seed: int) -> Iterator[Query]:
    chance = random.Random(seed)
    for _ in range(count):
        yield Query(_query(vocabulary, chance))


def _query(vocabulary: Vocabulary, chance: random.Random) -> Node:
    [language] = chance.choices(LANGUAGES, LANGUAGE_SHARES)
    topic = chance.choice(vocabulary.topics)
    terms = _terms(topic, language, chance)
    wanted = [*_groups(terms, chance), *_narrowed(vocabulary, topic, language, chance)]
    return wanted[0] if len(wanted) == 1 else All(tuple(wanted))


def _terms(topic: Topic, language: str, chance: random.Random) -> list[Node]:
    """The names first, then the words; some of them written as phrases, wildcards or hashtags."""
    count = min(MOST, max(FEWEST, int(chance.lognormvariate(1.7, 0.75))))
    names = chance.sample(topic.names, min(len(topic.names), max(1, count // 3)))
    words = chance.sample(topic.words[language], min(len(topic.words[language]), count - len(names)))
    terms: list[Node] = [Word(text) for text in (*names, *words)]
    if chance.random() < PHRASES:
        phrases = chance.sample(topic.phrases[language], chance.randint(1, 2))
        for at, phrase in enumerate(phrases):
            terms[-at % len(terms)] = Phrase(tuple(Word(word) for word in phrase))
    if chance.random() < TENTH:
        terms[-1] = _wildcard(chance.choice(words or names), chance)
    if chance.random() < HASHTAGS:
        terms[0] = Hashtag(names[0])
    return terms


def _wildcard(word: str, chance: random.Random) -> Pattern:
    kept = max(3, len(word) - 3)
    if len(word) < 5 or chance.random() < 0.8:
        return Pattern(f"{word[:kept]}*")
    return Pattern(f"*{word[-kept:]}") if chance.random() < 0.5 else Pattern(f"{word[:2]}*{word[4:]}")


def _groups(terms: list[Node], chance: random.Random) -> list[Node]:
    """Two or three terms: all of them. More: one of the names and one of the others."""
    if len(terms) <= 3:
        return list(terms)
    who = max(1, len(terms) // 3)
    cuts = [0, who, len(terms)] if len(terms) < 9 or chance.random() < 0.6 else [0, who, 2 * who, len(terms)]
    parts = [terms[start:end] for start, end in pairwise(cuts)]
    return [part[0] if len(part) == 1 else Any(tuple(part)) for part in parts]


def _narrowed(vocabulary: Vocabulary, topic: Topic, language: str, chance: random.Random) -> Iterator[Node]:
    words = topic.words[language]
    if chance.random() < TENTH:
        left = Word(chance.choice(topic.names))
        yield Near(left, Word(chance.choice(words)), chance.choice((3, 5, 10, 20)), chance.random() < 0.2)
    if chance.random() < TENTH:
        unwanted = tuple(Word(word) for word in chance.sample(words, chance.randint(1, 4)))
        yield Not(unwanted[0] if len(unwanted) == 1 else Any(unwanted))
    if chance.random() < TENTH:
        site = chance.choice(vocabulary.names[:400]).lower()
        yield chance.choice(
            (
                Field("lang", language),
                Field("platform", "mastodon"),
                Field("followers", f">{chance.choice((100, 1000))}"),
                Field("site", f"{site}.example"),
                Field("title", chance.choice(words)),
            )
        )
