"""Made-up posts and articles: 20 to 800 words, 215 on average, with the signs that real ones carry."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from parvis.core.query.document import Document
from parvis.testing.bench.match.vocabulary import LANGUAGE_SHARES, LANGUAGES, Topic, Vocabulary

FIRST_DAY = datetime(2026, 11, 1, tzinfo=UTC)
_ELIDED = {"fr": ("l’", "d’", "qu’", "l'", "d'"), "it": ("l’", "dell’", "un'")}
_QUOTES = {"fr": "«\u202f{}\u202f»", "de": "„{}“", "en": "“{}”", "it": "«{}»"}
_BETWEEN = (*[", "] * 6, ": ", "; ", " (", ") ", "-", "-", " – ")
_ENDS = ("!", "?", "…", *"........")
_EMOJI = "😀👍🔥🎉😂🇨🇭"


def make_documents(vocabulary: Vocabulary, count: int, *, seed: int) -> Iterator[Document]:
    chance = random.Random(seed)
    for number in range(count):
        yield _document(vocabulary, chance, number)


def _document(vocabulary: Vocabulary, chance: random.Random, number: int) -> Document:
    [language] = chance.choices(LANGUAGES, LANGUAGE_SHARES)
    topics = chance.choices(vocabulary.topics, cum_weights=vocabulary.topic_weights, k=2)
    length = int(min(800, max(20, chance.lognormvariate(4.98, 0.9))))
    title_length = chance.randint(4, 10) if chance.random() < 0.7 else 0
    words = _words(vocabulary, language, topics, length, chance)
    site = chance.choice(vocabulary.names[:400]).lower()
    return Document(
        text=_written(words[title_length:], language, chance) + _tail(topics[0], site, chance),
        title=" ".join(words[:title_length]).capitalize(),
        author=" ".join(chance.choices(vocabulary.names, cum_weights=vocabulary.name_weights, k=2)),
        handle=chance.choice(vocabulary.names).lower(),
        url=f"https://www.{site}.example/{FIRST_DAY:%Y}/{number}",
        lang=language,
        kind=chance.choice(("post", "comment", "article")),
        platform=chance.choice(("mastodon", "wordpress", "bluesky", "feed")),
        followers=int(chance.paretovariate(0.7) * 20),
        spam=round(chance.random() ** 4, 3),
        published_at=FIRST_DAY + timedelta(seconds=number * 7),
        is_reply=chance.random() < 0.3,
    )


def _words(vocabulary: Vocabulary, language: str, topics: list[Topic], length: int, chance: random.Random) -> list[str]:
    """Common words mostly; a tenth of them is what the text is about, and comes back, as in real texts."""
    words = chance.choices(vocabulary.words[language], cum_weights=vocabulary.word_weights, k=length)
    for at in range(length):
        what = chance.random()
        if what < 0.06:
            words[at] = chance.choice(chance.choice(topics).words[language][:12])
        elif what < 0.08:
            words[at] = chance.choice(chance.choice(topics).names[:4])
        elif what < 0.11:
            [words[at]] = chance.choices(vocabulary.names, cum_weights=vocabulary.name_weights)
        elif what < 0.12:
            phrase = chance.choice(chance.choice(topics).phrases[language])
            words[at : at + len(phrase)] = phrase
    return words[:length]


def _written(words: list[str], language: str, chance: random.Random) -> str:
    pieces: list[str] = []
    begins = True
    for word in words:
        written = word.capitalize() if begins else word
        what = chance.random()
        begins = what < 0.07
        if what < 0.07:
            pieces.append(f"{written}{chance.choice(_ENDS)} ")
        elif what < 0.16:
            pieces.append(written + chance.choice(_BETWEEN))
        elif what < 0.19 and language in _ELIDED:
            pieces.append(f"{chance.choice(_ELIDED[language])}{written} ")
        elif what < 0.195:
            pieces.append(f"{_QUOTES[language].format(written)} ")
        elif what < 0.205:
            pieces.append(f"{written} {chance.randint(1, 2030)} ")
        else:
            pieces.append(f"{written} ")
    return "".join(pieces)


def _tail(topic: Topic, site: str, chance: random.Random) -> str:
    """A link, hashtags, a mention, an emoji: what stands under a post."""
    pieces = []
    if chance.random() < 0.3:
        pieces.append(f"https://www.{site}.example/{chance.randint(1, 9_999)}")
    if chance.random() < 0.2:
        pieces += [f"#{name}" for name in topic.names[: chance.randint(1, 3)]]
    if chance.random() < 0.15:
        pieces.append(f"@{chance.choice(topic.names)}")
    if chance.random() < 0.1:
        pieces.append(chance.choice(_EMOJI))
    return " ".join(pieces)
