"""Near-duplicates and reprints gather into one story.

Tracking links, "RT @x:", truncation, look-alike letters, invisible characters, emoji, a few replaced words and
typing errors do not hide that two posts tell the same. A database keeps each story's signature and bands,
asks for the stories that share bands with a new post, and chooses with `nearest_of`.
"""

from parvis.core.text.stories.comparing import SAME_FROM, likeness, same
from parvis.core.text.stories.index import Placement, StoryIndex, StoryRow, nearest_of
from parvis.core.text.stories.signature import MOST_BANDS, Signature, bands_of, signature_of

__all__ = [
    "MOST_BANDS",
    "SAME_FROM",
    "Placement",
    "Signature",
    "StoryIndex",
    "StoryRow",
    "bands_of",
    "likeness",
    "nearest_of",
    "same",
    "signature_of",
]
