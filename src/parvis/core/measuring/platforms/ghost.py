"""How Ghost counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextPart, TextRules, Unit
from parvis.core.wording import Text

SOURCE = "https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/data/schema/schema.js"
CHECKED_ON = date(2026, 11, 23)

platform = Platform(
    name=Text("Ghost", "Ghost"),
    text_rules=TextRules(
        limits=(
            TextLimit(unit=Unit.CHARACTERS, most=None, source=SOURCE, checked_on=CHECKED_ON),
            TextLimit(unit=Unit.CHARACTERS, most=255, source=SOURCE, checked_on=CHECKED_ON, applies_to=TextPart.TITLE),
        ),
    ),
)
