"""Why a file is refused, in sentences that several readers share."""

from parvis.core.errors import MediaUnreadable
from parvis.core.wording import Text

CUT_OFF = Text(
    "it is cut off before its end; upload it once more", "il est tronqué avant sa fin\u202f; envoyez-le de nouveau"
)
GARBLED = Text(
    "its content does not fit together; save it once more in another program",
    "son contenu est incohérent\u202f; enregistrez-le de nouveau avec un autre programme",
)
TWO_IN_ONE = Text(
    "it is two files in one: behind what it shows, it hides another that programs would open",
    "il contient deux fichiers en un\u202f: derrière ce qu’il montre s’en cache un autre, que des programmes ouvriraient",
)
TOO_BIG = Text(
    "it has {pixels} points, and at most {most} are opened here; make it smaller",
    "il compte {pixels} points, et {most} au plus sont ouverts ici\u202f; réduisez-le",
)


def cut_off() -> MediaUnreadable:
    return MediaUnreadable(detail=CUT_OFF)


def garbled() -> MediaUnreadable:
    return MediaUnreadable(detail=GARBLED)


def too_big(pixels: int, most: int) -> MediaUnreadable:
    return MediaUnreadable(detail=TOO_BIG.format(pixels=pixels, most=most))
