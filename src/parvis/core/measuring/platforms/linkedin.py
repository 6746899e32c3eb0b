"""How LinkedIn counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit
from parvis.core.wording import Text

platform = Platform(
    name=Text("LinkedIn", "LinkedIn"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.UTF16,
                most=3_000,
                source="https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format",
                checked_on=date(2026, 11, 23),
                note="The page names what is escaped; that the backslash counts is what tools found. A # before a word "
                "may travel without one; the stricter way is taken.",
            ),
        ),
        escaped="\\|{}@[]()<>#*_~",
    ),
)
