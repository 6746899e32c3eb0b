"""How Instagram counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit
from parvis.core.wording import Text

SOURCE = "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"
CHECKED_ON = date(2026, 11, 1)

platform = Platform(
    name=Text("Instagram", "Instagram"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.UTF16,
                most=2_200,
                source=SOURCE,
                checked_on=CHECKED_ON,
                note="The unit is not said; the stricter one is taken.",
            ),
            TextLimit(
                unit=Unit.HASHTAGS,
                most=30,
                source=SOURCE,
                checked_on=CHECKED_ON,
                note="Since 2026 some tools tell 5 for new posts; the documentation says 30.",
            ),
            TextLimit(
                unit=Unit.MENTIONS,
                most=20,
                source=SOURCE,
                checked_on=CHECKED_ON,
                note="Some tools stop at 3 of their own accord.",
            ),
        ),
    ),
)
