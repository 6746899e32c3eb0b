"""The parts of a query that ask for one of several words, tags, letters of words or runs of words: most of them."""

from collections.abc import Sequence

from parvis.core.matching.folding import folded_once
from parvis.core.matching.literals import token
from parvis.core.matching.predicates import Run, Stars
from parvis.core.query.document import hashtag_key, mention_key
from parvis.core.query.homoglyphs import hard
from parvis.core.query.tree import Any, Field, Hashtag, Mention, Node, Pattern, Phrase, Word
from parvis.core.query.words import folded_parts
from parvis.core.text.normalise import LONGEST_WORD, plain_word

Asked = Run | Stars
Plain = tuple[list[str], list[str], list[Asked]]
"""Words and tokens are found early, of all queries at once; what is asked is looked for only where nothing else speaks
against the query: runs of words, and letters within words, of which to find all at once is dear.
"""


class Reading:
    def __init__(self, *, is_hard: bool) -> None:
        self.is_hard = is_hard

    def plain(self, part: Node) -> Plain | None:
        """None: it asks for more than that."""
        found: list[str] = []
        tokens: list[str] = []
        asked: list[Asked] = []
        for one in part.parts if isinstance(part, Any) else (part,):
            if isinstance(one, Word):
                word = plain_word(one.text)
                if word is not None and not self.is_hard:
                    found.append(word)
                    continue
                words: Sequence[str] = folded_once(one.text)
            elif isinstance(one, Phrase):
                words = _words_of(one)
            else:
                literal = self._literal(one)
                if isinstance(literal, str):
                    tokens.append(literal)
                elif literal is not None:
                    asked.append(literal)
                else:
                    return None
                continue
            if self.is_hard:
                words = tuple(map(hard, words))
            if len(words) == 1:
                found += words
            elif words and max(map(len, words)) < LONGEST_WORD:
                asked.append(Run(tuple(words)))
            else:
                return None
        return found, tokens, asked

    def _literal(self, leaf: Node) -> str | Stars | None:
        match leaf:
            case Pattern(text):
                return self._pattern(text)
            case Hashtag(text) | Field("hashtag", text):
                return self._token("hashtag", text, hashtag_key(text))
            case Mention(text) | Field("mention", text):
                return self._token("mention", text, mention_key(text))
        return None

    def _pattern(self, text: str) -> Stars | None:
        """Letters of one word."""
        parts = folded_parts(text)
        if len(parts) != 1 or not parts[0].strip("*"):
            return None
        return Stars(hard(parts[0]) if self.is_hard else parts[0])

    def _token(self, name: str, text: str, key: str) -> str | None:
        if not key or text.endswith("*"):
            return None
        return token(name, hard(key) if self.is_hard else key)


def _words_of(phrase: Phrase) -> Sequence[str]:
    """Its folded words; none where one of its parts is more than words."""
    words: list[str] = []
    for part in phrase.parts:
        if not isinstance(part, Word):
            return ()
        words += folded_once(part.text)
    return tuple(words)
