"""The language of a text: a small model of our own, with Swiss German and Romansh in it; "" where it is not sure."""

from parvis.core.text.language.model import UNKNOWN, Guess, LanguageModel, identify, languages_known

__all__ = ["UNKNOWN", "Guess", "LanguageModel", "identify", "languages_known"]
