"""How an instance counts what is written there, and its limits."""

from datetime import date

from parvis.core.measuring import Links, TextLimit, TextPart, TextRules, Unit

TEXT_RULES = TextRules(
    limits=(
        TextLimit(
            unit=Unit.GRAPHEMES,
            most=500,
            source="https://github.com/mastodon/mastodon/blob/main/app/validators/status_length_validator.rb",
            checked_on=date(2026, 11, 23),
            fact="max_characters",
            note="The instance’s own limit; the content warning counts with the text.",
        ),
        TextLimit(
            unit=Unit.CHARACTERS,
            most=1_500,
            source="https://github.com/mastodon/mastodon/blob/main/app/models/media_attachment.rb",
            checked_on=date(2026, 11, 1),
            applies_to=TextPart.ALT,
        ),
    ),
    links=Links(
        length=23,
        fact="url_characters",
        schemes=("https", "http", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "gemini"),
    ),
    shortens_mentions=True,
    strips=True,
    warning_counts=True,
)
