"""How Facebook pages counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit
from parvis.core.wording import Text

platform = Platform(
    name=Text("Facebook page", "Page Facebook"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.UTF16,
                most=63_206,
                source="https://developers.facebook.com/docs/pages-api/posts",
                checked_on=date(2026, 11, 1),
                note="Some tools stop at 5,000 of their own accord. The unit is not said; the stricter one is taken.",
            ),
        ),
    ),
)
