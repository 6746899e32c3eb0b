"""How Discord counts."""

from datetime import date

from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit
from parvis.core.wording import Text

platform = Platform(
    name=Text("Discord", "Discord"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.CHARACTERS,
                most=2_000,
                source="https://discord.com/developers/docs/resources/webhook#execute-webhook",
                checked_on=date(2026, 11, 1),
                note="Code points, as client libraries found; paid accounts of people have 4,000, webhooks do not.",
            ),
        ),
    ),
)
