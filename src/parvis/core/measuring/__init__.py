"""How long a text is, as each platform counts it, and how a long one becomes a thread."""

from parvis.core.measuring.graphemes import grapheme_count
from parvis.core.measuring.links import Links, Span
from parvis.core.measuring.measure import Counted, Measure, Measured, Piece
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit, Weights
from parvis.core.measuring.threads import split_thread, thread_spans

__all__ = [
    "Counted",
    "Links",
    "Measure",
    "Measured",
    "Piece",
    "Span",
    "TextLimit",
    "TextPart",
    "TextRules",
    "Unit",
    "Weights",
    "grapheme_count",
    "split_thread",
    "thread_spans",
]
