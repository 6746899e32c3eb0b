"""How YouTube counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

SOURCE = "https://developers.google.com/youtube/v3/docs/videos#properties"
CHECKED_ON = date(2026, 11, 23)

platform = Platform(
    name=Text("YouTube", "YouTube"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.BYTES,
                most=5_000,
                source=SOURCE,
                checked_on=CHECKED_ON,
                note="The description of a film, by the documentation in bytes; tools count characters.",
            ),
            TextLimit(
                unit=Unit.UTF16,
                most=100,
                source=SOURCE,
                checked_on=CHECKED_ON,
                applies_to=TextPart.TITLE,
                note="“Characters”; the stricter unit is taken.",
            ),
        ),
    ),
)
