"""How X counts."""

from datetime import date

from parvis.core.measuring.links import Links
from parvis.core.measuring.platforms import Platform
from parvis.core.measuring.rules import TextLimit, TextRules, Unit, Weights
from parvis.core.wording import Text

platform = Platform(
    name=Text("X", "X"),
    text_rules=TextRules(
        limits=(
            TextLimit(
                unit=Unit.WEIGHTED,
                most=280,
                source="https://github.com/twitter/twitter-text/blob/master/config/v3.json",
                checked_on=date(2026, 11, 23),
                fact="max_characters",
                note="Paid accounts have 25,000 or 4,000, as sources disagree: only where the channel tells so.",
            ),
        ),
        links=Links(length=23, bare=True, any_path=False, shortener="t.co"),
        weights=Weights(light=((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))),
        composes=True,
    ),
)
