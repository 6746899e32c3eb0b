"""The signs and operators of the language, in words: from which the reference is made."""

from dataclasses import dataclass

from parvis.core.wording import Text


@dataclass(frozen=True, slots=True)
class Operator:
    written: str
    help: Text


OPERATORS: tuple[Operator, ...] = (
    Operator("redevance", Text(
        "a word: case, accents, ligatures and apostrophes make no difference",
        "un mot\u202f: majuscules, accents, ligatures et apostrophes sont indifférents",
    )),
    Operator("covid-19", Text(
        "words joined by a hyphen or an apostrophe follow each other", "des mots liés par un trait d’union ou une apostrophe se suivent",
    )),
    Operator('"été indien"', Text(
        "words that follow each other; nothing in it is an operator", "des mots qui se suivent\u202f; rien n’y est un opérateur",
    )),
    Operator('=Été ="Été indien"', Text("as it is written, with its case and accents", "tel quel, avec majuscules et accents")),
    Operator("politi* *ment r*ce", Text(
        "a star: any letters of one word, or none", "une étoile\u202f: des lettres quelconques d’un mot, ou aucune",
    )),
    Operator("climat~1", Text(
        "a word of four letters or more, with one letter more, less or other",
        "un mot d’au moins quatre lettres, avec une lettre en plus, en moins ou autre",
    )),
    Operator("#climat #cli*", Text("a hashtag; the word alone finds hashtags too", "un mot-dièse\u202f; le mot seul le trouve aussi")),
    Operator("@rts @rts@social.ch", Text("a mention, on any host or on this one", "une mention, sur tout hôte ou sur celui-ci")),
    Operator("a b · a AND b · a ET b", Text("both", "les deux")),
    Operator("a OR b · a OU b", Text("one or the other, or both", "l’un ou l’autre, ou les deux")),
    Operator("-a · NOT a · SAUF a", Text("not", "sans")),
    Operator("a NEAR/5 b · a PROCHE/5 b", Text(
        "at most 5 words from one to the other, in either order; neighbours are 1 apart",
        "au plus 5 mots de l’un à l’autre, dans les deux sens\u202f; deux voisins sont à 1",
    )),
    Operator("a ONEAR/5 b", Text("the same, in this order", "de même, dans cet ordre")),
    Operator("(a OR b) NEAR/5 (c d)", Text("parentheses group", "les parenthèses groupent")),
    Operator("lang:(fr OR de)", Text("several values of one field", "plusieurs valeurs d’un champ")),
)  # fmt: skip
"""From the tightest to the loosest, binding: field, NOT and -, NEAR, AND, OR."""
