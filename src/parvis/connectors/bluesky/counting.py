"""How long a text may be there."""

from datetime import date

from parvis.core.measuring import TextLimit, TextRules, Unit

POST_LEXICON = "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json"
TEXT_RULES = TextRules(
    limits=(
        TextLimit(unit=Unit.GRAPHEMES, most=300, source=POST_LEXICON, checked_on=date(2026, 11, 23)),
        TextLimit(unit=Unit.BYTES, most=3_000, source=POST_LEXICON, checked_on=date(2026, 11, 23)),
    ),
)
