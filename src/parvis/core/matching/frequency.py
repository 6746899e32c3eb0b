"""How often words are met, so that a query is looked for by its rarest: guessed at first, then learnt."""

from collections.abc import Iterable

from parvis.core.text.normalise import LONGEST_WORD

_COMMON_WORDS = """
    a ai au aux avec ce ces cette ceux chez comme d dans de depuis des deux dont du elle en encore
    entre est et ete etre eu fait fois ici il ils je jour l la le les leur leurs lui ma mais me meme
    mes moins mon n ne ni nos notre nous on ont ou par pas peu peut plus pour qu quand que qui s sa
    sans se ses si son sont sous sur ta te tous tout toute toutes tres tu un une vers vos votre vous
    y
    about after all also an and any are as at be been but by can could for from had has have he her
    his how i if in into is it its just like me more my new no not now of on one only or other our
    out over said she so some such than that the their them then there these they this to two up us
    was we were what when which who will with would you your
    aber als am an auch auf aus bei bis das dass dem den der des die doch durch ein eine einem einen
    einer er es fur hat hatte ich ihr im immer ist ja jahr kann man mehr mit nach nicht noch nur
    oder schon sein sich sie sind so uber um und uns unter vom von vor war was wenn werden wie wir
    wird wurde zu zum zur
    ai al alla alle anche che chi ci come con cosi cui da dal dalla degli dei del della delle di e
    era fra gli ha hanno ho il io la le lo loro ma mi nei nel nella non o per perche piu quando
    quello questa questo se sono su sua sul suo tra tutti un una
"""
"""Of French, English, German and Italian, folded."""
COMMON = frozenset(_COMMON_WORDS.split())
_COMMON_SHARE = 0.5
_BY_LENGTH = (1.0, 0.3, 0.15, 0.04, 0.015, 0.006, 0.004, 0.003, 0.002, 0.0015, *[0.001] * (LONGEST_WORD - 9))
"""Expected share of documents with a word of so many letters that is not among COMMON."""
_GUESS_WEIGHS = 200
"""Documents: a guess counts as much as having seen so many."""
_OF_VALUE = {"hashtag": 0.01, "mention": 0.01, "site": 0.05, "author": 0.05, "story": 0.001, "label": 0.02}
"""Dearer than words as rare: a document's values are worked out where a query is found by them."""
_OF_ANY_VALUE = 0.2
_MOST_WORDS = 200_000
"""Kept at most; beyond, what was met once is forgotten."""


class Frequencies:
    """How many documents were learnt from, and in how many each word stood."""

    def __init__(self) -> None:
        self.learnt = 0
        self._counts: dict[str, int] = {}

    def learn(self, vocabulary: Iterable[str]) -> None:
        """From the words of one document, each once."""
        self.learnt += 1
        counts = self._counts
        for word in vocabulary:
            counts[word] = counts.get(word, 0) + 1
        if len(counts) > _MOST_WORDS:
            self._counts = {word: count for word, count in counts.items() if count > 1}

    def share_of_any(self, words: Iterable[str]) -> float:
        """The sum of their shares."""
        counts, total = self._counts, 0.0
        for word in words:
            total += counts.get(word, 0) + _GUESS_WEIGHS * (_COMMON_SHARE if word in COMMON else _BY_LENGTH[len(word)])
        return total / (self.learnt + _GUESS_WEIGHS)

    def share_of(self, word: str) -> float:
        """Of documents in which a folded word is expected, 0 to 1."""
        guess = _COMMON_SHARE if word in COMMON else _BY_LENGTH[len(word)]
        return (self._counts.get(word, 0) + guess * _GUESS_WEIGHS) / (self.learnt + _GUESS_WEIGHS)


def share_of_letters(pattern: str) -> float:
    """Letters within words are met more often than a word of as many."""
    return min(1.0, 5 * _BY_LENGTH[min(len(pattern), LONGEST_WORD)])


def share_of_value(name: str, value: str) -> float:
    return _OF_VALUE.get(name, _OF_ANY_VALUE) if value else _OF_ANY_VALUE
