"""How Telegram counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

SOURCE = "https://core.telegram.org/bots/api#sendmessage"
NOTE = (
    "After entities are parsed, so without marks of emphasis. Places are in UTF-16 units there, the limit in "
    "“characters”; the stricter unit is taken."
)

platform = Platform(
    name=Text("Telegram", "Telegram"),
    text_rules=TextRules(
        limits=(
            TextLimit(unit=Unit.UTF16, most=4_096, source=SOURCE, checked_on=date(2026, 11, 23), note=NOTE),
            TextLimit(
                unit=Unit.UTF16,
                most=1_024,
                source="https://core.telegram.org/bots/api#sendphoto",
                checked_on=date(2026, 11, 1),
                applies_to=TextPart.CAPTION,
                note=NOTE,
            ),
        ),
    ),
)
