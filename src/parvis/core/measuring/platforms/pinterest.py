"""How Pinterest counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

SOURCE = "https://developers.pinterest.com/docs/api/v5/pins-create"
CHECKED_ON = date(2026, 11, 1)
UNIT_NOTE = "The unit is not said; the stricter one is taken."

platform = Platform(
    name=Text("Pinterest", "Pinterest"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.UTF16,
                most=500,
                source=SOURCE,
                checked_on=CHECKED_ON,
                note=f"The interface takes 800, what people write by hand 500. {UNIT_NOTE}",
            ),
            TextLimit(
                unit=Unit.UTF16,
                most=100,
                source=SOURCE,
                checked_on=CHECKED_ON,
                applies_to=TextPart.TITLE,
                note=UNIT_NOTE,
            ),
            TextLimit(
                unit=Unit.UTF16,
                most=500,
                source=SOURCE,
                checked_on=CHECKED_ON,
                applies_to=TextPart.ALT,
                note=UNIT_NOTE,
            ),
        ),
    ),
)
