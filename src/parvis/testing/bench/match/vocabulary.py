"""Made-up words of French, English, German and Italian, as frequent as real ones: few common, most of them rare.

The commonest are real (articles, prepositions); the rest is built of the syllables of each language. How
frequent: Zipf and Mandelbrot, 1 / (rank + 2.7) ** 1.05. The same seed gives the same words.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

WORDS_A_LANGUAGE = 40_000
NAMES = 12_000
TOPICS = 5_000
FIRST_OF_TOPIC = 400
"""Rank of the commonest word that a text can be about."""

_COMMON = {
    "fr": "de la le les et des en du un une dans que est pour qui par sur au plus pas ce se son avec il sont ne aux "
    "cette ses été mais ou sa comme nous deux même aussi leur ont fait elle après entre tout bien être sans ans ces "
    "selon contre depuis encore où très peut lors avant alors chez déjà trois sous dont faire ainsi quand",
    "en": "the of and to in a is that for it as was with be by on not he his but at are this have had from or which "
    "one you were all her she there would their we him been has when who will no more if out so up said what its "
    "about than into them can only other time new some could these two may first then do any like my now over",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
    "hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis "
    "mehr durch man sein wurde sei seit schon können gegen vom wenn hatte unter wir zwei Jahr für während",
    "it": "di e il la che in un a per è del una non i le si con da della sono al come alla ha più nel dei anche ma lo "
    "dal delle gli se o su due ed questo alle suo sua sul già loro dopo anni ai tra tutti stato essere nella fra così "
    "perché solo quando prima dove fatto hanno ancora molto cui fino contro sempre",
}
_STARTS = {
    "fr": "b br c ch cl d f fr g gr j l m n p pl pr qu r s t tr v",
    "en": "b bl br c ch d f g gr h j k l m n p pr r s sh st t th tr w",
    "de": "b d f g h k kr l m n p r s sch sp st t tr v w z",
    "it": "b c ch d f fr g gi gl l m n p pr qu r s sc t tr v z",
}
_VOWELS = {
    "fr": "a e i o u a e i o u a e i o é é é è ai ou eau oi an on en in ai ou on en a e i o u a e i ê œ",
    "en": "a e i o u ea oo ai ou ee i e a o",
    "de": "a e i o u ei ie ä ö ü au eu e e",
    "it": "a e i o u ia io a e o i ie",
}
_ENDS = {
    "fr": ". . . r t s l nt ge que tion ment",
    "en": ". . r t s ng l nd ck ly tion ed er",
    "de": ". . n r t ch ung en er keit lich s",
    "it": ". . . . . re ne to zione mente",
}
LANGUAGES: tuple[str, ...] = ("fr", "de", "en", "it")
LANGUAGE_SHARES = (0.4, 0.25, 0.2, 0.15)


@dataclass(frozen=True, slots=True)
class Topic:
    """What texts and queries are about: a few names, and words of each language."""

    names: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    phrases: dict[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    words: Mapping[str, Sequence[str]]
    names: Sequence[str]
    word_weights: Sequence[float]
    """Running totals, for random.choices."""
    name_weights: Sequence[float]
    topics: Sequence[Topic]
    topic_weights: Sequence[float]


def make_vocabulary(seed: int) -> Vocabulary:
    chance = random.Random(seed)
    words = {language: _words(language, chance) for language in LANGUAGES}
    names = [word.capitalize() for word in _made("en", NAMES, chance, longest=3)][:NAMES]
    return Vocabulary(
        words=words,
        names=names,
        word_weights=_zipf(WORDS_A_LANGUAGE),
        name_weights=_zipf(NAMES),
        topics=[_topic(words, names, chance) for _ in range(TOPICS)],
        topic_weights=_zipf(TOPICS, flat=50),
    )


def _words(language: str, chance: random.Random) -> list[str]:
    """The commonest first; the shorter a made-up word, the commoner, by and large."""
    common = _COMMON[language].split()
    made = _made(language, WORDS_A_LANGUAGE, chance, longest=5)
    made.sort(key=lambda word: len(word) + chance.gauss(0, 2.5))
    return list(dict.fromkeys(common + made))[:WORDS_A_LANGUAGE]


def _made(language: str, count: int, chance: random.Random, *, longest: int) -> list[str]:
    starts, vowels, ends = (parts[language].split() for parts in (_STARTS, _VOWELS, _ENDS))
    found: dict[str, None] = {}
    while len(found) < count * 1.02:
        syllables = chance.choice((2, 2, 3, 3, 3, 4, longest))
        word = "".join(chance.choice(starts) + chance.choice(vowels) for _ in range(syllables))
        found[word + chance.choice(ends).strip(".")] = None
    return list(found)


def _topic(words: dict[str, list[str]], names: list[str], chance: random.Random) -> Topic:
    """Names of any frequency, and words from the 400th to the rarest, evenly on a logarithmic scale."""
    own_names = tuple(chance.choice(names) for _ in range(8))
    own_words = {
        language: tuple(
            known[int(FIRST_OF_TOPIC * (len(known) / FIRST_OF_TOPIC) ** chance.random()) % len(known)]
            for _ in range(25)
        )
        for language, known in words.items()
    }
    phrases = {
        language: (own_names[:2], own_names[2:4], *((chance.choice(own), chance.choice(own)) for _ in range(4)))
        for language, own in own_words.items()
    }
    return Topic(own_names, own_words, phrases)


def _zipf(count: int, *, flat: float = 2.7) -> list[float]:
    return list(accumulate(1 / (rank + flat) ** 1.05 for rank in range(1, count + 1)))
