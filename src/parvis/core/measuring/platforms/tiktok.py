"""How TikTok counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

platform = Platform(
    name=Text("TikTok", "TikTok"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.UTF16,
                most=2_200,
                source="https://developers.tiktok.com/doc/content-posting-api-reference-direct-post",
                checked_on=date(2026, 11, 23),
                note="For films. The text of a post of pictures may have 4,000; one tool stops at 2,000.",
            ),
            TextLimit(
                unit=Unit.UTF16,
                most=90,
                source="https://developers.tiktok.com/doc/content-posting-api-reference-photo-post",
                checked_on=date(2026, 11, 23),
                applies_to=TextPart.TITLE,
                note="Only a post of pictures has a title.",
            ),
        ),
    ),
)
