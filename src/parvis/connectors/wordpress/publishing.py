"""An article as WordPress takes it: its files, and the post or page. Pure.

What WordPress is told beside the text are options of the post; what it offers (categories, whether it is
written in blocks, what the account may do) `check` keeps as facts of the channel.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from parvis.core.connector import Can
from parvis.core.post import Content, Fault, Has, MediaRule, Medium, Option, Part, Publishing
from parvis.core.text.paragraphs import link_to, paragraphs, sendable
from parvis.core.wording import Text

SOURCE = "https://developer.wordpress.org/reference/functions/wp_get_mime_types/, read 2026-11; a site may take less"
IMAGES = ("image/jpeg", "image/png", "image/webp")
GIFS = ("image/gif",)
VIDEOS = ("video/mp4", "video/quicktime", "video/webm", "video/ogg")
SOUNDS = ("audio/mpeg", "audio/ogg", "audio/wav", "audio/flac", "audio/aac", "audio/mp4")
MOST_FILES = 50
MOST_NAMES = 50
NAME_CHARACTERS = 200
"""Of a category or tag: https://codex.wordpress.org/Database_Description#Table:_wp_terms, read 2026-11."""


def kind_of(mime: str) -> str:
    return "gif" if mime in GIFS else mime.partition("/")[0]


def text_in(options: Mapping[str, Any], name: str) -> str:
    told = options.get(name)
    return sendable(told).strip() if isinstance(told, str) else ""


def names_in(options: Mapping[str, Any], name: str) -> list[str]:
    """Each once, as they were first written."""
    told = options.get(name)
    written = told.split(",") if isinstance(told, str) else told if isinstance(told, list | tuple) else ()
    names = [" ".join(sendable(one).split())[:NAME_CHARACTERS] for one in written if isinstance(one, str)]
    found: dict[str, str] = {}
    for one in filter(None, names):
        found.setdefault(one.casefold(), one)
    return list(found.values())[:MOST_NAMES]


def moment_in(options: Mapping[str, Any]) -> dict[str, str] | None:
    """As the API wants it; {} where none is asked for, None where it is no time. Without a zone it is the site's."""
    told = text_in(options, "date")
    if not told:
        return {}
    try:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            return {"date": moment.isoformat(timespec="seconds")}
        return {"date_gmt": moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")}
    except (ValueError, OverflowError):
        return None


def route_of(options: Mapping[str, Any]) -> str:
    return "pages" if options.get("kind") == "page" else "posts"


def parts(content: Content, facts: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(_parts(content, facts))


def _parts(content: Content, facts: Mapping[str, str]) -> Iterator[Part]:
    names = [f"media:{place}" for place in range(1, len(content.media) + 1)]
    for name, medium in zip(names, content.media, strict=True):
        is_first = name == "media:1"
        yield Part(name=name, can=Can.UPLOAD, body=_upload(medium, content, is_first=is_first), step=1)
    body: dict[str, Any] = {
        "kind": route_of(content.options),
        "format": "classic" if facts.get("format") == "classic" else "blocks",
        "title": " ".join(sendable(content.title).split()),
        "paragraphs": _written(content),
        "excerpt": text_in(content.options, "excerpt"),
        "shown": [],
        **(moment_in(content.options) or {}),
    }
    for name, medium in zip(names, content.media, strict=True):
        if name == "media:1" and kind_of(medium.mime) in ("image", "gif"):
            body["featured"] = name
        else:
            shown = {"part": name, "kind": kind_of(medium.mime), "alt": sendable(medium.alt).strip()}
            body["shown"].append({**shown, "caption": sendable(medium.caption).strip()})
    yield Part(name="post", can=Can.PUBLISH, body={**body, **_chosen(content.options)}, step=2)


def _written(content: Content) -> list[str]:
    """The text, what follows it in a thread elsewhere, and the link where none of them names it."""
    found = [inner for text in (content.text, *content.thread) for inner in paragraphs(text)]
    link = content.link.strip()
    if link and not any(link in text for text in (content.text, *content.thread)):
        found.append(link_to(link))
    return found


def _upload(medium: Medium, content: Content, *, is_first: bool) -> dict[str, Any]:
    file = {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes}
    # Older posts say it of the first picture alone, among what they chose of the platform's own fields.
    caption = sendable(medium.caption).strip() or (text_in(content.options, "caption") if is_first else "")
    return {"file": file, "alt": sendable(medium.alt).strip(), "caption": caption}


def _chosen(options: Mapping[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    is_page = route_of(options) == "pages"
    if slug := text_in(options, "slug"):
        chosen["slug"] = slug
    if options.get("comments") in ("open", "closed"):
        chosen["comments"] = options["comments"]
    if not is_page:
        chosen["sticky"] = options.get("sticky") is True
        chosen |= {name: names for name in ("categories", "tags") if (names := names_in(options, name))}
    return chosen


def media(_facts: Mapping[str, str]) -> tuple[MediaRule, ...]:
    """WordPress tells nobody its largest upload; too large a file is refused by name."""
    kinds = {"image": IMAGES, "gif": GIFS, "video": VIDEOS, "audio": SOUNDS}
    return tuple(
        MediaRule(kind=kind, mimes=mimes, most=MOST_FILES, most_bytes=None, source=SOURCE)
        for kind, mimes in kinds.items()
    )


def faults(content: Content, facts: Mapping[str, str]) -> list[Fault]:
    return [*_text_faults(content), *_media_faults(content), *_option_faults(content.options, facts)]


def _text_faults(content: Content) -> Iterator[Fault]:
    if not content.title.strip():
        yield Fault("title_missing", "title", Text("An article needs a title.", "Un article a besoin d’un titre."))
    if not _written(content) and not content.media:
        yield Fault("empty", "text", Text("There is nothing to publish.", "Il n’y a rien à publier."))
    if content.poll is not None:
        yield Fault("poll", "poll", Text("WordPress has no polls.", "WordPress n’a pas de sondages."))
    for name, told in (("warning", content.warning), ("comment", content.comment)):
        if told.strip():
            words = _LEFT_OUT[name]
            yield Fault(name, name, words, is_hint=True)


_LEFT_OUT = {
    "warning": Text(
        "WordPress shows no warning before an article: it is left out.",
        "WordPress ne montre pas d’avertissement avant un article\u202f: il est laissé de côté.",
    ),
    "comment": Text(
        "No first comment is written below an article.", "Aucun premier commentaire n’est écrit sous un article."
    ),
}


def _media_faults(content: Content) -> Iterator[Fault]:
    mimes = {mime for rule in media({}) for mime in rule.mimes}
    if len(content.media) > MOST_FILES:
        words = Text("An article has {most} files at most.", "Un article a au plus {most} fichiers.")
        yield Fault("too_many_media", "media", words.format(most=MOST_FILES))
    for medium in content.media:
        if medium.mime not in mimes:
            words = Text("WordPress does not take {name} ({mime}).", "WordPress ne prend pas {name} ({mime}).")
            yield Fault("media_kind", "media", words.format(name=medium.name, mime=medium.mime))
        if medium.captions:
            words = Text("Its subtitles are not sent to WordPress.", "Ses sous-titres ne sont pas envoyés à WordPress.")
            yield Fault("captions", "media", words, is_hint=True)


def _option_faults(options: Mapping[str, Any], facts: Mapping[str, str]) -> Iterator[Fault]:
    if moment_in(options) is None:
        words = Text(
            "The date is none: write it as 2026-11-23 18:00.",
            "La date n’en est pas une\u202f: écrivez-la comme 2026-11-23 18:00.",
        )
        yield Fault("date", "options", words)
    route, may_publish = route_of(options), facts.get("publishes")
    if may_publish is not None and route not in may_publish.split(","):
        yield Fault("no_right", "options", _NO_PAGES if route == "pages" else _NO_POSTS)
    known = {one.casefold() for one in facts.get("categories", "").splitlines()}
    if route == "posts" and known and facts.get("categories_are_all"):
        for name in names_in(options, "categories"):
            if name.casefold() not in known:
                may_add = bool(facts.get("adds_categories"))
                words = (_NEW_CATEGORY if may_add else _NO_CATEGORY).format(name=name)
                yield Fault("category", "options", words, is_hint=may_add)


_NO_PAGES = Text(
    "The account may publish no pages on this site.", "Le compte ne peut pas publier de pages sur ce site."
)
_NO_POSTS = Text(
    "The account may publish no posts on this site.", "Le compte ne peut pas publier d’articles sur ce site."
)
_NEW_CATEGORY = Text(
    "The category “{name}” is not there yet: it will be made.",
    "La catégorie «\u202f{name}\u202f» n’y est pas encore\u202f: elle sera créée.",
)
_NO_CATEGORY = Text(
    "The site has no category “{name}”, and the account may not make one.",
    "Le site n’a pas de catégorie «\u202f{name}\u202f», et le compte ne peut pas en créer.",
)

PUBLISHING = Publishing(
    parts=parts,
    faults=faults,
    has=frozenset({Has.TITLE, Has.LINK, Has.MEDIA, Has.ALT, Has.CAPTION, Has.THREAD}),
    media=media,
    options=(
        Option(
            name="kind",
            label=Text("Publish as", "Publier comme"),
            kind="choice",
            choices=(("post", Text("Post", "Article")), ("page", Text("Page", "Page"))),
            default="post",
        ),
        Option(name="excerpt", label=Text("Excerpt", "Extrait"), kind="text"),
        Option(
            name="categories",
            label=Text("Categories", "Catégories"),
            kind="names",
            help=Text("Separated by commas.", "Séparées par des virgules."),
            known="categories",
        ),
        Option(
            name="tags",
            label=Text("Tags", "Étiquettes"),
            kind="names",
            help=Text(
                "Separated by commas; new ones are made.", "Séparées par des virgules\u202f; les nouvelles sont créées."
            ),
        ),
        Option(
            name="slug",
            label=Text("End of the address", "Fin de l’adresse"),
            kind="text",
            help=Text("Empty: WordPress makes it of the title.", "Vide\u202f: WordPress la fait du titre."),
        ),
        Option(
            name="comments",
            label=Text("Comments", "Commentaires"),
            kind="choice",
            choices=(
                ("", Text("As the site has it", "Comme le site le prévoit")),
                ("open", Text("Open", "Ouverts")),
                ("closed", Text("Closed", "Fermés")),
            ),
        ),
        Option(
            name="sticky",
            label=Text("Keep it on the front page", "L’épingler sur la page d’accueil"),
            kind="switch",
            default=False,
        ),
        Option(
            name="date",
            label=Text("Date shown", "Date affichée"),
            kind="text",
            help=Text(
                "Only for another one than now, in the site’s own time: 2026-11-23 18:00. With one to come, WordPress itself publishes then.",
                "Seulement pour une autre que maintenant, à l’heure du site\u202f: 2026-11-23 18:00. Si elle est à venir, c’est WordPress qui publiera alors.",
            ),
        ),
    ),
    edits=frozenset({"title", "text", "thread", "link", "options"}),
)
"""`thread`: what follows the text in a thread elsewhere stands below it here."""
