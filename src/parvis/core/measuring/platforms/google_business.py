"""How Google Business profiles counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit
from parvis.core.wording import Text

platform = Platform(
    name=Text("Google Business", "Google Business"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.UTF16,
                most=1_500,
                source="https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts",
                checked_on=date(2026, 11, 1),
                note="One tool takes 4,000. The unit is not said; the stricter one is taken.",
            ),
        ),
    ),
)
