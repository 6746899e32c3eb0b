"""Words that people read, where gettext does not reach: the core, the connectors, the errors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in each language of the program; places are named as in `str.format`."""

    en: str
    fr: str

    def in_language(self, tag: str) -> str:
        """The sentence in the language of a BCP 47 tag; English where we have none."""
        return self.fr if tag.lower().split("-")[0] == "fr" else self.en

    def format(self, **places: object) -> "Text":
        """The same sentence with its places filled; a place that is missing stays as it is written.

        A place that is a Text itself is given in each sentence's own language.
        """
        english = {name: place.en if isinstance(place, Text) else place for name, place in places.items()}
        french = {name: place.fr if isinstance(place, Text) else place for name, place in places.items()}
        return Text(self.en.format_map(_Kept(english)), self.fr.format_map(_Kept(french)))

    def __str__(self) -> str:
        return self.en


class _Kept(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
