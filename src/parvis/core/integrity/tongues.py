"""In which script and language a piece of a page is, as far as a few words tell."""

import re
from collections import Counter

_SCRIPTS = (
    ("Latin", "A-Za-z\u00c0-\u024f\u1e00-\u1eff"),
    ("Cyrillic", "\u0400-\u052f"),
    ("Greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("Arabic", "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff"),
    ("Hebrew", "\u0590-\u05ff"),
    ("Han", "\u3040-\u30ff\u3400-\u9fff"),
    ("Hangul", "\u1100-\u11ff\uac00-\ud7af"),
    ("Thai", "\u0e00-\u0e7f"),
    ("Indic", "\u0900-\u0dff"),
    ("Georgian", "\u10a0-\u10ff"),
    ("Armenian", "\u0530-\u058f"),
    ("Khmer", "\u1780-\u17ff"),
)
_LETTERS = tuple((name, re.compile(f"[{signs}]")) for name, signs in _SCRIPTS)
_NOT_LATIN = re.compile("[\u0370-\u1fff\u3040-\ud7af\ufb50-\ufeff]")
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE_CHARS = 20_000

_FUNCTION_WORDS = {
    "en": "the of and to in is for with that you your are this from by on at or be not have how what all more can free best",
    "fr": "le la les des du de et une un pour dans est sur qui que avec sans au aux en par pas plus nous vous ou son sa cette être",
    "de": "der die das und ist den dem von mit für auf ein eine einer nicht im zu sich auch ohne bei wie oder aus nach werden wir sie",
    "it": "il lo la gli di e che per con una un in del della dei delle alla sono non come più anche nel senza siti",
    "es": "el los las de y que en un una para con por del al se su sin más como es lo mejores sitios",
    "pt": "os as do da dos das e que em um uma para com por no na não sem mais como melhores ao você",
    "nl": "de het een van en in op met voor zijn dat niet te aan bij zonder ook naar als deze beste",
    "sv": "och att det som en på är av för med till den i inte om utan ett bästa nya hos från nätet",
    "no": "og det som en på er av for med til den ikke om uten et beste nye hos fra ikkje norske",
    "da": "og det som en på er af for med til den ikke om uden et bedste nye hos fra danske",
    "fi": "ja on ei se että oli ovat myös kuin tai mutta ilman parhaat uudet netti kanssa suomi",
    "pl": "i w na z do nie się jest to że dla bez oraz najlepsze od po przez jak za online",
    "cs": "a v na z do se je to že pro bez nejlepší od po jak za nebo jsou při ze",
    "hu": "a az és hogy nem is egy van legjobb nélkül vagy mint csak meg ez",
    "ro": "și de la în cu pe nu este din pentru fără cele mai sau care un o",
    "tr": "ve bir bu için ile de da en olan gibi daha çok ne giriş güncel siteleri",
    "id": "dan yang di dari untuk dengan ini itu pada tidak ke adalah situs agen daftar hari tanpa terpercaya resmi terbaik terbaru judi permainan paling bisa anda",
    "vi": "và của là có cho không trong được với một các những đăng ký nhà chơi",
    "hr": "i u na je se za od da s su ne kao bez ili koji najbolji",
}
_LANGUAGES_OF: dict[str, set[str]] = {}
for _language, _words in _FUNCTION_WORDS.items():
    for _one in _words.split():
        _LANGUAGES_OF.setdefault(_one, set()).add(_language)


def script_of(text: str) -> str:
    """The script of most letters; empty where there are none."""
    if text.isascii() or not _NOT_LATIN.search(text):
        return "Latin" if any(sign.isalpha() for sign in text) else ""
    counts = {name: len(letters.findall(text)) for name, letters in _LETTERS}
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] else ""


def scripts_in(text: str) -> set[str]:
    """The scripts in which a page says more than a name."""
    if text.isascii():
        return {"Latin"}
    counts = {name: len(letters.findall(text)) for name, letters in _LETTERS}
    total = sum(counts.values())
    return {name for name, count in counts.items() if count >= max(30, total / 50)}


def language_hits(text: str) -> Counter[str]:
    """How many function words of each language a text has; what two languages share counts half."""
    hits: Counter[str] = Counter()
    for word in _WORD.findall(text[:_SAMPLE_CHARS].casefold()):
        languages = _LANGUAGES_OF.get(word)
        if languages:
            for language in languages:
                hits[language] += 2 if len(languages) == 1 else 1
    return hits


def languages_in(text: str) -> set[str]:
    """The languages of a page's own text: the first one, and those nearly as frequent."""
    hits = language_hits(text)
    if not hits:
        return set()
    most = max(hits.values())
    return {language for language, count in hits.items() if count >= max(4, most * 0.4)}


def is_other_language(text: str, languages: frozenset[str], *, least: int = 4) -> bool:
    """True where a text plainly is in none of these languages.

    A word of one language alone counts 2, one that several share 1; `least` of them make it plain.
    """
    hits = language_hits(text)
    if not hits or not languages:
        return False
    own = max((hits[language] for language in languages), default=0)
    other = max(hits.values())
    return other >= least and other > 2 * own
