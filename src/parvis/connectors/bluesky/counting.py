"""How long a text may be there (lexicon app.bsky.feed.post, read 2026-11)."""

MOST_GRAPHEMES = 300
MOST_BYTES = 3_000
