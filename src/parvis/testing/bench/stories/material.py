"""Posts whose story is known: distinct sources, and what happens to a post on its way through the networks."""

import csv
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parvis.core.text.normalise import words_of

DATA = Path(__file__).resolve().parents[6] / "shared" / "data"
PAIRS = DATA / "neardup_posts_synth" / "data.csv"
TWEETS = DATA / "sent_tweets_multi" / "data.csv"

_LOOK_ALIKES = str.maketrans("aeopcxyiHKMTB", "аеорсхуіНКМТВ")
_PADDING = ("🔥", "👉", "✨", "✅", "😍😍", "🇨🇭", "⚡️", "❗")
_FILLERS = ("really", "vraiment", "heute", "oggi", "ici", "new", "encore", "davvero", "wieder")
_INVISIBLE = ("\u200b", "\u200c", "\u2060", "\u00ad", "\ufeff")
_SYLLABLES = [a + b for a, b in itertools.product([*"bdfgklmnprstvz", "ch", "tr", "st"], "aeiou")]
SHORTEST_CUT = 40

Change = Callable[[str, random.Random], str]


@dataclass(frozen=True, slots=True)
class Post:
    text: str
    source: int


def sources() -> list[str]:
    """Distinct real posts where the data is, else made ones."""
    if not (PAIRS.exists() and TWEETS.exists()):
        return made_sources(14_000)
    texts = [row["text"] for row in itertools.chain(_rows(TWEETS), _rows(PAIRS))]
    by_words = {tuple(words_of(text)): text for text in texts if len(words_of(text)) >= 3}
    return list(by_words.values())


def made_sources(count: int, *, seed: int = 1) -> list[str]:
    """Sentences of invented words, some of them frequent and some hashtags shared, as in a language."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 4)))) for _ in range(8_000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    tags = [f"#{word}" for word in words[50:80]]
    made: dict[str, None] = {}
    while len(made) < count:
        sentence = chance.choices(words, weights, k=chance.choice((7, 10, 14, 18, 22)))
        ending = chance.sample(tags, k=chance.choice((0, 0, 1, 2)))
        made[" ".join(sentence).capitalize() + chance.choice((".", " !", "", "?")) + " ".join(["", *ending])] = None
    return list(made)


def posts(texts: Sequence[str], count: int, *, seed: int = 20_261_122) -> Iterator[Post]:
    """Every source once at least, in any order; beyond that some far more often than others, each time changed."""
    chance = random.Random(seed)
    places = list(range(len(texts)))[:count]
    weights = [1 / (rank + 20) for rank in range(len(places))]
    chance.shuffle(weights)
    places += chance.choices(places, weights, k=count - len(places))
    chance.shuffle(places)
    seen: set[int] = set()
    for place in places:
        text = texts[place]
        if place in seen:
            text = changed(text, chance)
        seen.add(place)
        yield Post(text, place)


def changed(text: str, chance: random.Random) -> str:
    """One change, or one that alters words and one that does not."""
    text = chance.choice(_ALTERING)(text, chance) if chance.random() < 0.5 else text
    return chance.choice(_DISGUISES)(text, chance)


def pairs() -> Iterator[tuple[str, str, bool, str]]:
    """Two texts, whether they tell the same, and the text by which the row belongs to one half of the set."""
    if PAIRS.exists():
        for row in _rows(PAIRS):
            yield row["text"], row["text_b"], row["label"] == "1", row["text"]
        return
    chance = random.Random(3)
    made = made_sources(1_200, seed=2)
    for place, text in enumerate(made):
        yield text, chance.choice(_DISGUISES + _ALTERING)(text, chance), True, text
        yield text, made[place - 1], False, text


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _with_link(text: str, chance: random.Random) -> str:
    number = chance.randrange(10_000)
    return f"{text} https://news{number % 97}.example/a/{number}?utm_source=x&utm_campaign={number}&fbclid=Iw{number}"


def _passed_on(text: str, chance: random.Random) -> str:
    name = chance.choice(("@rts", "@le_matin", "@anna.b", "@a@chaos.example"))
    return chance.choice((f"RT {name}: {text}", f"{text} via {name}", f"RT {name} : {text} (via {name})"))


def _spaced(text: str, _: random.Random) -> str:
    return "  ".join(text.split()) + " \n"


def _recased(text: str, chance: random.Random) -> str:
    return chance.choice((text.upper(), text.lower(), text.replace(",", "").replace("!", "").replace("'", "")))


def _disguised(text: str, chance: random.Random) -> str:
    return "".join(char.translate(_LOOK_ALIKES) if chance.random() < 0.3 else char for char in text)


def _interspersed(text: str, chance: random.Random) -> str:
    return "".join(char + chance.choice(_INVISIBLE) if chance.random() < 0.15 else char for char in text)


def _padded(text: str, chance: random.Random) -> str:
    return f"{chance.choice(_PADDING)} {text} {chance.choice(_PADDING)}"


def _in_bold(text: str, _: random.Random) -> str:
    return "".join(chr(0x1D41A + ord(char) - 97) if "a" <= char <= "z" else char for char in text)


def _cut(text: str, chance: random.Random) -> str:
    if len(text) < SHORTEST_CUT:
        return text
    return text[: int(len(text) * chance.uniform(0.6, 0.9))].rstrip() + chance.choice(("…", "...", " […]"))


def _reworded(text: str, chance: random.Random) -> str:
    """One word in ten is another."""
    words = text.split()
    for place in chance.sample(range(len(words)), k=max(1, len(words) // 10) if len(words) > 5 else 0):
        words[place] = chance.choice(_FILLERS)
    return " ".join(words)


def _mistyped(text: str, chance: random.Random) -> str:
    """Two neighbours change places about every twenty letters."""
    chars = list(text)
    for place in chance.sample(range(len(chars) - 1), k=len(chars) // 20):
        chars[place], chars[place + 1] = chars[place + 1], chars[place]
    return "".join(chars)


_DISGUISES: list[Change] = [
    *(_with_link, _passed_on, _spaced, _recased, _disguised, _interspersed, _padded, _in_bold),
]
_ALTERING: list[Change] = [_cut, _reworded, _mistyped]
