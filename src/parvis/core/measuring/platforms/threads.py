"""How Threads counts."""

from datetime import date

from parvis.core.measuring.links import Links
from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit
from parvis.core.wording import Text

SOURCE = "https://developers.facebook.com/documentation/threads/posts"

platform = Platform(
    name=Text("Threads", "Threads"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.CHARACTERS,
                most=500,
                source=SOURCE,
                checked_on=date(2026, 11, 23),
                note="“Emojis are counted as the number of UTF-8 bytes”; which signs are emoji is not said: UTS 51 is taken.",
            ),
            TextLimit(
                unit=Unit.LINKS,
                most=5,
                source="https://developers.facebook.com/documentation/threads/create-posts/text-attachments",
                checked_on=date(2026, 11, 23),
                note="Different ones; also without https://.",
            ),
        ),
        links=Links(length=None, bare=True),
        emoji_in_bytes=True,
    ),
)
