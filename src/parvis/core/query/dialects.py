"""How other tools write queries: what their fields are called here, and what has no counterpart.

Brandwatch: the guides to basic and advanced query operators of its help centre (support.brandwatch.com).
Talkwalker: the search syntax of its alerts (www.talkwalker.com/syntax-alerts) and its user manual.
Lucene: the classic query parser (lucene.apache.org/core, package org.apache.lucene.queryparser.classic).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from parvis.core.wording import Text

Dialect = Literal["brandwatch", "talkwalker", "lucene"]
TEXT, EXACT, TONE, REPLY = "(text)", "(exact)", "(tone)", "(reply)"
"""Fields that become something else than a field: words, exact words, a number for a word, is:reply."""

_PLACES = Text("Parvis does not know where people are", "Parvis ne sait pas où sont les gens")
_AUTHORS = Text("Parvis does not know this about authors", "Parvis ne sait pas cela des auteurs")
_LINKS = Text(
    "Parvis does not know where links lead; write has:link or a part of the text",
    "Parvis ne sait pas où mènent les liens\u202f; écrivez has:link ou une partie du texte",
)
_SOURCES = Text(
    "kinds of sources are called otherwise; write platform: or kind:",
    "les sortes de sources s’appellent autrement\u202f; écrivez platform: ou kind:",
)
_PICTURES = Text("Parvis does not look into pictures", "Parvis ne regarde pas dans les images")

_OWN = {name: name for name in ("title", "author", "url", "site", "reach", "followers", "hashtag", "mention", "lang")}
_COMMON = {
    **_OWN,
    "language": "lang", "hashtags": "hashtag", "mentions": "mention", "content": TEXT, "text": TEXT, "body": TEXT,
    "sentiment": TONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """One dialect. Names of fields are in lower case."""

    fields: Mapping[str, str]
    """What a field becomes."""
    missing: Mapping[str, Text] = field(default_factory=dict)
    """Why a field has no counterpart."""
    extra_distance: int = 0
    """They count the words between, we count from word to word."""
    has_signs: bool = True
    """#tag and @name mean hashtags and mentions."""
    is_lucene: bool = False
    """Neighbours are joined by OR; + and ! and /regular expressions/."""
    has_braces: bool = False
    """{Words} in braces are exact."""
    has_plus: bool = False
    """+word keeps signs, ++word keeps case too."""


MANNERS: Mapping[Dialect, Manner] = {
    "brandwatch": Manner(
        fields={
            **_COMMON, "raw": EXACT, "at_mentions": "mention", "mentionedauthors": "mention",
            "authorfollowers": "followers", "engagementtype": REPLY, "blogname": "site",
        },
        missing={
            **dict.fromkeys(
                ("country", "region", "city", "county", "state", "continent", "latitude", "longitude", "location"), _PLACES
            ),
            **dict.fromkeys(
                ("authorgender", "authorverified", "authorverifiedtype", "accounttype", "profession", "interest"), _AUTHORS
            ),
            **dict.fromkeys(("links", "link"), _LINKS),
            **dict.fromkeys(("pagetype", "contentsource", "publishersubtype", "subreddit", "sourcetype"), _SOURCES),
            **dict.fromkeys(("imagetype", "objects", "logos", "scenes", "actions", "imagetext"), _PICTURES),
        },
        extra_distance=1,
        has_braces=True,
    ),
    "talkwalker": Manner(
        fields={**_COMMON, "domainurl": "site", "domain_url": "site", "hosturl": "site", "host_url": "site"},
        missing={
            **dict.fromkeys(("sourcecountry", "authorcountry", "country", "region", "city"), _PLACES),
            **dict.fromkeys(("sourcetype", "sourcecategory", "posttype", "blog", "provider"), _SOURCES),
            **dict.fromkeys(("gender", "age", "occupation", "interest", "familystatus"), _AUTHORS),
            **dict.fromkeys(("image", "images", "logo", "ocr"), _PICTURES),
        },
        has_plus=True,
    ),
    "lucene": Manner(
        fields={
            **_COMMON, "message": TEXT, "subject": "title", "from": "author", "tags": "hashtag", "domain": "site",
            "host": "site", "spam": "spam", "toxicity": "toxicity", "date": "date", "published": "date",
            "published_at": "date", "kind": "kind", "state": "state", "label": "label", "channel": "channel",
        },
        extra_distance=1,
        has_signs=False,
        is_lucene=True,
    ),
}  # fmt: skip
