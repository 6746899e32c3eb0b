"""Cuts a query of another tool into our tokens. What has no counterpart becomes NOTHING, with a note."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from parvis.core.query.dialects import EXACT, REPLY, TEXT, TONE, Manner
from parvis.core.query.fields import BY_NAME, Value
from parvis.core.query.leaves import SHORTEST_FUZZY
from parvis.core.query.lexer import FARTHEST, QUOTES, Token, TokenKind
from parvis.core.query.values import shortened
from parvis.core.query.words import folded
from parvis.core.wording import Text

_NEAR = re.compile(r"(O?NEAR)/?([0-9]{1,9})?(f)?")
_WORDS_OF_JOINING = {
    "AND": TokenKind.AND, "&&": TokenKind.AND, "OR": TokenKind.OR, "||": TokenKind.OR, "|": TokenKind.OR,
    "NOT": TokenKind.NOT,
}  # fmt: skip
_NAME = re.compile(r"[^\W\d][\w.\-]*(?=:)")
_SUFFIX = re.compile(r"~([0-9.]*)|\^[0-9.]*")
_RANGE = re.compile(r"([\[{])\s{0,9}(\S{1,60}?)\s{1,9}TO\s{1,9}(\S{1,60}?)\s{0,9}([\]}])")
COMMENT = "comment"
"""The text of a NOTHING that is no operand."""
_TONES = {"positive": ">0", "negative": "<0", "neutral": "0"}


@dataclass(frozen=True, slots=True)
class Note:
    """What could not be carried over as it was written, and where it stood."""

    start: int
    end: int
    text: Text


@dataclass
class ForeignLexer:
    text: str
    manner: Manner
    notes: list[Note] = field(default_factory=list)

    def tokens(self) -> Iterator[Token]:
        at = 0
        while at < len(self.text):
            if self.text[at].isspace():
                at += 1
                continue
            end = at
            for token in self._tokens_at(at):
                yield token
                end = max(end, token.end)
            at = max(self._after(end, at), at + 1)

    def _after(self, end: int, start: int) -> int:
        """Past the suffixes of what ends here: distances and boosts that stand behind a parenthesis."""
        while end > start and self.text[end - 1] == ")" and (found := _SUFFIX.match(self.text, end)):
            self.note(end, found.end(), _NO_SUFFIX.format(term=found[0]))
            end = found.end()
        return end

    def note(self, start: int, end: int, text: Text) -> None:
        self.notes.append(Note(start, end, text))

    def _tokens_at(self, at: int) -> Iterator[Token]:
        sign = self.text[at]
        if self.text.startswith("<<<", at):
            yield self._comment(at)
        elif sign in "()":
            yield Token(TokenKind.OPEN if sign == "(" else TokenKind.CLOSE, sign, at, at + 1)
        elif sign == "-" or (sign == "!" and self.manner.is_lucene):
            yield Token(TokenKind.NOT, sign, at, at + 1)
        elif sign == "+" and (self.manner.is_lucene or self.manner.has_plus):
            yield from self._plus(at)
        elif sign == "{" and self.manner.has_braces:
            yield self._braces(at)
        elif found := _NAME.match(self.text, at):
            yield from self._field(at, found)
        else:
            yield from self._term(at, at, "")

    def _comment(self, at: int) -> Token:
        found = self.text.find(">>>", at)
        end = len(self.text) if found < 0 else found + 3
        self.note(at, end, Text("a comment was left out", "un commentaire a été laissé de côté"))
        return Token(TokenKind.NOTHING, COMMENT, at, end)

    def _plus(self, at: int) -> Iterator[Token]:
        if self.manner.is_lucene:
            yield Token(TokenKind.MUST, "+", at, at + 1)
            return
        begin = at + len(self.text[at:]) - len(self.text[at:].lstrip("+"))
        if begin == at + 1:
            self.note(at, begin, Text("“+” does not keep signs here; it was left out", "ici, «\u202f+\u202f» ne garde pas les signes\u202f; il a été supprimé"))  # fmt: skip
        if begin >= len(self.text) or self.text[begin].isspace() or self.text[begin] in "()":
            yield Token(TokenKind.NOTHING, "", at, begin)
            return
        for token in self._term(at, begin, ""):
            is_word = token.kind in {TokenKind.WORD, TokenKind.PHRASE} and begin > at + 1
            yield Token(TokenKind.EXACT, token.text, at, token.end) if is_word else token

    def _braces(self, at: int) -> Token:
        found = self.text.find("}", at)
        end = len(self.text) if found < 0 else found + 1
        if found < 0:
            self.note(at, end, Text("this brace is never closed", "cette accolade n’est jamais fermée"))
        inside = self.text[at + 1 : end].rstrip("}").replace('"', " ")
        return Token(TokenKind.EXACT, " ".join(inside.split()), at, end)

    def _field(self, at: int, found: re.Match[str]) -> Iterator[Token]:
        name, begin = found[0], found.end() + 1
        if self.text.startswith("//", begin):
            yield from self._term(at, at, "")
            return
        while inner := _NAME.match(self.text, begin):  # author:birth:city
            name, begin = f"{name}:{inner[0]}", inner.end() + 1
        if self.manner.is_lucene:
            begin += len(self.text[begin:]) - len(self.text[begin:].lstrip())
        target = self.manner.fields.get(name.lower(), "")
        if not target:
            yield self._left_out(at, begin, name)
        elif self.text.startswith("(", begin):
            yield from self._group(at, begin, target)
        else:
            yield from self._term(at, begin, target)

    def _left_out(self, at: int, begin: int, name: str) -> Token:
        end = self._value_end(begin)
        reason = self.manner.missing.get(name.lower(), Text("Parvis has no such field", "Parvis n’a pas ce champ"))
        self.note(at, end, _NOT_CARRIED.format(term=shortened(self.text[at:end]), reason=reason))
        return Token(TokenKind.NOTHING, "", at, end)

    def _group(self, at: int, begin: int, target: str) -> Iterator[Token]:
        if target == TEXT:
            yield Token(TokenKind.OPEN, "(", at, begin + 1)
        elif target in BY_NAME:
            yield Token(TokenKind.GROUP, self.text[at : begin + 1], at, begin + 1, target)
        else:
            yield self._left_out(at, begin, self.text[at:begin].rstrip(": "))

    def _term(self, at: int, begin: int, target: str) -> Iterator[Token]:
        """What stands at `begin`, with what may follow it; `at` is where its field begins."""
        opening = self.text[begin : begin + 1]
        if opening and opening in QUOTES:
            yield from self._quoted(at, begin, target)
        elif found := _RANGE.match(self.text, begin):
            yield from self._range(at, found, target)
        elif opening == "/" and self.manner.is_lucene and self.text.find("/", begin + 1) > 0:
            end = self.text.find("/", begin + 1) + 1
            self.note(at, end, Text("regular expressions cannot be carried over", "les expressions régulières ne peuvent pas être reprises"))  # fmt: skip
            yield Token(TokenKind.NOTHING, "", at, end)
        else:
            yield from self._word(at, begin, target)

    def _word(self, at: int, begin: int, target: str) -> Iterator[Token]:
        end = self._word_end(begin)
        word, suffix_end = self.text[begin:end], end
        if not target and at == begin and word in _WORDS_OF_JOINING:
            yield Token(_WORDS_OF_JOINING[word], word, at, end)
            return
        near = _NEAR.fullmatch(word) if not target and at == begin else None
        if near:
            yield self._near(at, end, near)
            return
        while found := _SUFFIX.match(self.text, suffix_end):
            word += self._word_suffix(word, found)
            suffix_end = found.end()
        word = re.sub(r"\\(.?)", r"\1", word)
        if "?" in word and folded(word.replace("?", "")):
            self.note(begin, end, _QUESTION.format(term=shortened(word)))
            word = re.sub(r"\?+(?=\W*$)(?<=\W\?)|\?", "*", word)
        yield self._made(at, max(suffix_end, at + 1), target, word, is_quoted=False)

    def _word_suffix(self, word: str, found: re.Match[str]) -> str:
        if found[0].startswith("^"):
            self.note(found.start(), found.end(), _NO_BOOST)
            return ""
        words = folded(word)
        if len(words) != 1 or len(words[0]) < SHORTEST_FUZZY or "*" in word:
            self.note(found.start(), found.end(), _NO_FUZZY.format(term=shortened(word)))
            return ""
        if found[1] != "1":
            self.note(found.start(), found.end(), _ONE_EDIT)
        return "~1"

    def _near(self, at: int, end: int, found: re.Match[str]) -> Token:
        name, number, forward = found.groups()
        wanted = int(number or 5) + self.manner.extra_distance
        distance = min(max(wanted, 1), FARTHEST)
        if not number or distance != wanted:
            self.note(at, end, _DISTANCE.format(term=found[0], n=distance))
        return Token(TokenKind.NEAR, found[0], at, end, distance=distance, is_ordered=bool(forward) or name == "ONEAR")

    def _quoted(self, at: int, begin: int, target: str) -> Iterator[Token]:
        closing, end = QUOTES[self.text[begin]], begin + 1
        while end < len(self.text) and self.text[end] != closing:
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            self.note(
                begin, len(self.text), Text("this quotation mark is never closed", "ce guillemet n’est jamais fermé")
            )
        value = re.sub(r"\\(.)", r"\1", self.text[begin + 1 : end])
        end = min(end + 1, len(self.text))
        distance = None
        while found := _SUFFIX.match(self.text, end):
            if found[0].startswith("~") and found[1].isdecimal() and int(found[1]):
                distance = int(found[1][:4])
            elif found[0].startswith("^"):
                self.note(end, found.end(), _NO_BOOST)
            end = found.end()
        words = value.split()
        if distance is None or len(words) < 2 or target not in {"", TEXT}:
            if distance is not None:
                self.note(at, end, _NO_SUFFIX.format(term=f"~{distance}"))
            yield self._made(at, end, target, " ".join(words), is_quoted=True)
            return
        yield from self._slop(at, end, words, distance)

    def _slop(self, at: int, end: int, words: list[str], slop: int) -> Iterator[Token]:
        distance = min(slop + 1, FARTHEST)
        self.note(at, end, _SLOP.format(n=distance))
        yield Token(TokenKind.OPEN, "(", at, at + 1)
        for number, word in enumerate(words):
            if number:
                yield Token(TokenKind.NEAR, f"NEAR/{distance}", at, end, distance=distance)
            yield Token(TokenKind.PHRASE, _plain(word), at, end)
        yield Token(TokenKind.CLOSE, ")", at, end)

    def _range(self, at: int, found: re.Match[str], target: str) -> Iterator[Token]:
        opening, low, high, closing = found.groups()
        kind = BY_NAME[target].value if target in BY_NAME else None
        if kind not in {Value.NUMBER, Value.DAYS}:
            reason = Text("ranges are for numbers and dates", "les intervalles sont pour les nombres et les dates")
            self.note(at, found.end(), _NOT_CARRIED.format(term=shortened(found[0]), reason=reason))
            yield Token(TokenKind.NOTHING, "", at, found.end())
            return
        low, high = ("" if one == "*" else one.strip('"')[: 10 if kind is Value.DAYS else None] for one in (low, high))
        ends = []
        if kind is Value.NUMBER and (opening == "{" or closing == "}"):
            ends = [f"{'>' if opening == '{' else '>='}{low}"] * bool(low)
            ends += [f"{'<' if closing == '}' else '<='}{high}"] * bool(high)
        elif low or high:
            ends = [f"{low}..{high}"]
        if not ends:
            yield Token(TokenKind.NOTHING, "", at, found.end())
            return
        yield Token(TokenKind.OPEN, "(", at, at + 1)
        for value in ends:
            yield Token(TokenKind.FIELD, value, at, found.end(), target)
        yield Token(TokenKind.CLOSE, ")", at, found.end())

    def _made(self, at: int, end: int, target: str, value: str, *, is_quoted: bool) -> Token:
        """The token of one term, in the field that it goes into."""
        if target == EXACT:
            return Token(TokenKind.EXACT, value, at, end)
        if target == REPLY:
            is_reply = value.upper() == "REPLY"
            reply = Token(TokenKind.FIELD, "reply", at, end, "is")
            return reply if is_reply else self._left_out(at, end - len(value), self.text[at:end].partition(":")[0])
        if target == TONE:
            if value.lower() in _TONES:
                self.note(at, end, _TONE.format(term=value, value=_TONES[value.lower()]))
            return Token(TokenKind.FIELD, _TONES.get(value.lower(), value), at, end, "sentiment")
        if target in BY_NAME:
            return self._in_field(at, end, target, value)
        if is_quoted or len(value.split()) > 1 or (value[:1] in tuple("#＃@＠") and not self.manner.has_signs):
            return Token(TokenKind.PHRASE, _plain(value), at, end)
        return Token(TokenKind.WORD, value.strip().lstrip("=") or value, at, end)

    def _in_field(self, at: int, end: int, target: str, value: str) -> Token:
        if target == "site" and "/" in value.partition("//")[2].rstrip("/"):
            self.note(
                at, end, Text("an address with a path became url:", "une adresse avec un chemin est devenue url:")
            )
            return Token(TokenKind.FIELD, value.partition("//")[2], at, end, "url")
        return Token(TokenKind.FIELD, value, at, end, target)

    def _word_end(self, at: int) -> int:
        end = at
        while end < len(self.text) and not self.text[end].isspace() and self.text[end] not in '()"^~':
            end += 2 if self.text[end] == "\\" else 1
        return min(max(end, at + 1), len(self.text))

    def _value_end(self, begin: int) -> int:
        """Where the value of a field ends that is left out: a word, a phrase, a range or a group."""
        opening = self.text[begin : begin + 1]
        if opening == "(":
            return self._group_end(begin)
        if opening and opening in QUOTES:
            found = self.text.find(QUOTES[opening], begin + 1)
            end = len(self.text) if found < 0 else found + 1
        elif found_range := _RANGE.match(self.text, begin):
            end = found_range.end()
        elif not opening or opening.isspace() or opening == ")":
            return begin
        else:
            end = self._word_end(begin)
        while suffix := _SUFFIX.match(self.text, end):
            end = suffix.end()
        return end

    def _group_end(self, begin: int) -> int:
        depth, is_quoted = 0, False
        for at in range(begin, len(self.text)):
            sign = self.text[at]
            is_quoted ^= sign == '"'
            depth += 0 if is_quoted else (sign == "(") - (sign == ")")
            if not depth and not is_quoted:
                return at + 1
        return len(self.text)


def _plain(words: str) -> str:
    """Words of a foreign phrase, of which none is to be read as exact or fuzzy."""
    return " ".join(re.sub(r"^=+|~[0-9.]*$", "", word) for word in words.split())


_NOT_CARRIED = Text("“{term}” was left out: {reason}", "«\u202f{term}\u202f» a été laissé de côté\u202f: {reason}")
_NO_SUFFIX = Text(
    "“{term}” behind this cannot be carried over", "«\u202f{term}\u202f» à cet endroit ne peut pas être repris"
)
_NO_BOOST = Text(
    "Parvis does not rank, so a weight has no meaning", "Parvis ne classe pas\u202f: un poids n’a pas de sens"
)
_NO_FUZZY = Text(
    "“{term}” is looked for as it is written: it is too short, or not one word",
    "«\u202f{term}\u202f» est cherché tel quel\u202f: trop court, ou pas un seul mot",
)
_ONE_EDIT = Text("one edit is possible here, no more", "ici, une seule différence est possible")
_QUESTION = Text(
    "“?” stood for one letter; in “{term}” it became a star, for any letters",
    "«\u202f?\u202f» valait une lettre\u202f; dans «\u202f{term}\u202f» il est devenu une étoile, pour des lettres quelconques",
)
_DISTANCE = Text("“{term}” became a distance of {n}", "«\u202f{term}\u202f» est devenu une distance de {n}")
_SLOP = Text(
    "words with a distance became NEAR/{n} from each to the next",
    "des mots avec une distance sont devenus PROCHE/{n} de l’un au suivant",
)
_TONE = Text("“{term}” became sentiment:{value}", "«\u202f{term}\u202f» est devenu sentiment:{value}")
