"""`fold:hard`: letters of other scripts and digits that stand for Latin letters, folded one for one.

Applied to folded words, of the query and of the document alike; i, l and 1 become the same letter.
Spaced letters are not joined.
"""

_ALIKE = {
    "a": "4аαɑᴀ",
    "b": "8вβʙ",
    "c": "сϲᴄ",
    "d": "ԁᴅ",
    "e": "3еεєҽᴇ",
    "f": "ꜰ",
    "g": "ɡɢց",
    "h": "нһʜհ",
    "i": "1lіιıɪɩӏʟ",
    "j": "јᴊ",
    "k": "кκᴋ",
    "m": "мμᴍ",
    "n": "ηɴոп",
    "o": "0оοσօᴏ",
    "p": "рρᴘ",
    "q": "ԛգ",
    "r": "гʀ",
    "s": "5ѕꜱ",
    "t": "7тτᴛ",
    "u": "υսᴜ",
    "v": "νѵᴠ",
    "w": "ԝωᴡ",
    "x": "хχ",
    "y": "уγʏү",
    "z": "ζᴢ",
}
_TABLE = {ord(sign): letter for letter, signs in _ALIKE.items() for sign in signs}


def hard(word: str) -> str:
    """As long as the word; `v1аgrа` and `viagra` give the same. Stars of a pattern stay."""
    return word.translate(_TABLE)
