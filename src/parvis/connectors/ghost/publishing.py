"""An article as Ghost takes it: its files, and the post or page. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from parvis.core.connector import Can
from parvis.core.post import Content, Fault, Has, MediaRule, Medium, Option, Part, Publishing
from parvis.core.text.paragraphs import link_to, paragraphs, sendable
from parvis.core.wording import Text

SOURCE = "https://github.com/TryGhost/Ghost/blob/v6.65.0/ghost/core/core/shared/config/overrides.json, read 2026-11; a host may take less"
IMAGES = ("image/jpeg", "image/png", "image/webp")
GIFS = ("image/gif",)
VIDEOS = ("video/mp4", "video/webm", "video/ogg")
SOUNDS = ("audio/mpeg", "audio/ogg", "audio/wav", "audio/mp4")
MOST_FILES = 50
MOST_NAMES = 50
NAME_CHARACTERS = 191
EXCERPT_CHARACTERS = 300
ALT_CHARACTERS = 191
"""Of the feature image; of the excerpt and of a tag: ghost/core/core/server/data/schema/schema.js, v6.65.0, read 2026-11."""
VISIBILITIES = ("public", "members", "paid")


def kind_of(mime: str) -> str:
    return "gif" if mime in GIFS else mime.partition("/")[0]


def text_in(options: Mapping[str, Any], name: str) -> str:
    told = options.get(name)
    return " ".join(sendable(told).split()) if isinstance(told, str) else ""


def names_in(options: Mapping[str, Any], name: str) -> list[str]:
    """Each once, as they were first written."""
    told = options.get(name)
    written = told.split(",") if isinstance(told, str) else told if isinstance(told, list | tuple) else ()
    names = [" ".join(sendable(one).split())[:NAME_CHARACTERS] for one in written if isinstance(one, str)]
    found: dict[str, str] = {}
    for one in filter(None, names):
        found.setdefault(one.casefold(), one)
    return list(found.values())[:MOST_NAMES]


def newsletters_in(facts: Mapping[str, str]) -> dict[str, str]:
    """By slug, the names of the site's own."""
    pairs = (line.partition("=") for line in facts.get("newsletters", "").splitlines())
    return {slug: name or slug for slug, _sign, name in pairs if slug}


def newsletter_slug(options: Mapping[str, Any], facts: Mapping[str, str]) -> str | None:
    """By slug or by name; "" where none is asked for, None where the site has none such."""
    asked = text_in(options, "newsletter").casefold()
    if not asked:
        return ""
    return next((slug for slug, name in newsletters_in(facts).items() if asked in (slug, name.casefold())), None)


def is_page(options: Mapping[str, Any]) -> bool:
    return options.get("kind") == "page"


def parts(content: Content, facts: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(_parts(content, facts))


def _parts(content: Content, facts: Mapping[str, str]) -> Iterator[Part]:
    names = [f"media:{place}" for place in range(1, len(content.media) + 1)]
    for name, medium in zip(names, content.media, strict=True):
        yield Part(name=name, can=Can.UPLOAD, body=_upload(medium, name), step=1)
    options = content.options
    body: dict[str, Any] = {
        "kind": "pages" if is_page(options) else "posts",
        "title": " ".join(sendable(content.title).split()),
        "paragraphs": _written(content),
        "excerpt": text_in(options, "excerpt"),
        "visibility": options["visibility"] if options.get("visibility") in VISIBILITIES else "public",
        "featured": options.get("featured") is True,
        "canonical": text_in(options, "canonical"),
        "shown": [],
        "takedown": "delete" if options.get("takedown") == "delete" else "draft",
    }
    for name, medium in zip(names, content.media, strict=True):
        alt, caption = sendable(medium.alt).strip(), " ".join(sendable(medium.caption).split())
        if name == "media:1" and kind_of(medium.mime) in ("image", "gif"):
            # Older posts say it among what they chose of the platform's own fields.
            body["image"] = {"part": name, "alt": alt, "caption": caption or text_in(options, "caption")}
        else:
            body["shown"].append({"part": name, "kind": kind_of(medium.mime), "alt": alt, "caption": caption})
    if slug := text_in(options, "slug"):
        body["slug"] = slug[:180]
    if tags := names_in(options, "tags"):
        body["tags"] = tags
    if newsletter := newsletter_slug(options, facts):
        body["newsletter"] = newsletter
    yield Part(name="post", can=Can.PUBLISH, body=body, step=2)


def _written(content: Content) -> list[str]:
    """The text, what follows it in a thread elsewhere, and the link where none of them names it."""
    found = [inner for text in (content.text, *content.thread) for inner in paragraphs(text)]
    link = content.link.strip()
    if link and not any(link in text for text in (content.text, *content.thread)):
        found.append(link_to(link))
    return found


def _upload(medium: Medium, name: str) -> dict[str, Any]:
    file = {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes}
    return {"file": file, "ref": name}


def media(_facts: Mapping[str, str]) -> tuple[MediaRule, ...]:
    """Ghost itself has no limit of size; what stands before it may, and says so."""
    kinds = {"image": IMAGES, "gif": GIFS, "video": VIDEOS, "audio": SOUNDS}
    return tuple(
        MediaRule(kind=kind, mimes=mimes, most=MOST_FILES, most_bytes=None, source=SOURCE)
        for kind, mimes in kinds.items()
    )


def faults(content: Content, facts: Mapping[str, str]) -> list[Fault]:
    return [*_text_faults(content), *_media_faults(content), *_option_faults(content, facts)]


def _text_faults(content: Content) -> Iterator[Fault]:
    if not content.title.strip():
        yield Fault("title_missing", "title", Text("An article needs a title.", "Un article a besoin d’un titre."))
    if not _written(content) and not content.media:
        yield Fault("empty", "text", Text("There is nothing to publish.", "Il n’y a rien à publier."))
    if content.poll is not None:
        yield Fault("poll", "poll", Text("Ghost has no polls.", "Ghost n’a pas de sondages."))
    if content.warning.strip():
        yield Fault("warning", "warning", _NO_WARNING, is_hint=True)
    if content.comment.strip():
        yield Fault("comment", "comment", _NO_COMMENT, is_hint=True)


_NO_WARNING = Text(
    "Ghost shows no warning before an article: it is left out.",
    "Ghost ne montre pas d’avertissement avant un article\u202f: il est laissé de côté.",
)
_NO_COMMENT = Text(
    "No first comment is written below an article.", "Aucun premier commentaire n’est écrit sous un article."
)


def _media_faults(content: Content) -> Iterator[Fault]:
    mimes = {mime for rule in media({}) for mime in rule.mimes}
    if len(content.media) > MOST_FILES:
        words = Text("An article has {most} files at most.", "Un article a au plus {most} fichiers.")
        yield Fault("too_many_media", "media", words.format(most=MOST_FILES))
    for medium in content.media:
        if medium.mime not in mimes:
            words = Text("Ghost does not take {name} ({mime}).", "Ghost ne prend pas {name} ({mime}).")
            yield Fault("media_kind", "media", words.format(name=medium.name, mime=medium.mime))
        if medium.captions:
            words = Text("Its subtitles are not sent to Ghost.", "Ses sous-titres ne sont pas envoyés à Ghost.")
            yield Fault("captions", "media", words, is_hint=True)
    first = content.media[0] if content.media else None
    if first is not None and kind_of(first.mime) in ("image", "gif") and len(first.alt.strip()) > ALT_CHARACTERS:
        words = Text(
            "The description of the first picture has {length} characters where Ghost takes {most}.",
            "La description de la première image compte {length} signes là où Ghost en prend {most}.",
        )
        yield Fault("alt_too_long", "media", words.format(length=len(first.alt.strip()), most=ALT_CHARACTERS))


def _option_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    options = content.options
    if len(text_in(options, "excerpt")) > EXCERPT_CHARACTERS:
        words = Text("An excerpt has {most} characters at most.", "Un extrait compte au plus {most} signes.")
        yield Fault("excerpt_too_long", "options", words.format(most=EXCERPT_CHARACTERS))
    if (canonical := text_in(options, "canonical")) and not _is_address(canonical):
        words = Text(
            "The original’s address must begin with https://.", "L’adresse de l’original doit commencer par https://."
        )
        yield Fault("canonical", "options", words)
    slug = newsletter_slug(options, facts)
    if slug is None:
        names = ", ".join(newsletters_in(facts).values()) or "–"
        words = Text(
            "The site has no such newsletter. It has: {names}.",
            "Le site n’a pas cette infolettre. Il a\u202f: {names}.",
        )
        yield Fault("newsletter", "options", words.format(names=names))
    elif slug and is_page(options):
        words = Text("A page is not sent as a newsletter.", "Une page ne part pas en infolettre.")
        yield Fault("newsletter_page", "options", words)
    elif slug:
        words = Text(
            "It is also sent by e-mail to all who receive “{name}”; that cannot be taken back.",
            "Il part aussi par e-mail à toutes les personnes abonnées à «\u202f{name}\u202f»\u202f; cela ne se reprend pas.",
        )
        yield Fault("newsletter_sent", "options", words.format(name=newsletters_in(facts)[slug]), is_hint=True)


def _is_address(told: str) -> bool:
    try:
        parts = urlsplit(told)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in parts.netloc and " " not in told


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
        Option(
            name="visibility",
            label=Text("Readable by", "Lisible par"),
            kind="choice",
            choices=(
                ("public", Text("Everybody", "Tout le monde")),
                ("members", Text("Members", "Les membres")),
                ("paid", Text("Paying members", "Les membres payants")),
            ),
            default="public",
        ),
        Option(
            name="newsletter",
            label=Text("Send as newsletter", "Envoyer comme infolettre"),
            kind="text",
            help=Text(
                "The newsletter’s name. Empty: nothing is sent by e-mail.",
                "Le nom de l’infolettre. Vide\u202f: rien ne part par e-mail.",
            ),
            known="newsletter_names",
        ),
        Option(
            name="excerpt",
            label=Text("Excerpt", "Extrait"),
            kind="text",
            help=Text("300 characters at most.", "300 signes au plus."),
        ),
        Option(
            name="tags",
            label=Text("Tags", "Étiquettes"),
            kind="names",
            help=Text(
                "Separated by commas; the first is shown, new ones are made.",
                "Séparées par des virgules\u202f; la première est affichée, les nouvelles sont créées.",
            ),
        ),
        Option(
            name="slug",
            label=Text("End of the address", "Fin de l’adresse"),
            kind="text",
            help=Text("Empty: Ghost makes it of the title.", "Vide\u202f: Ghost la fait du titre."),
        ),
        Option(
            name="canonical",
            label=Text("Address of the original", "Adresse de l’original"),
            kind="text",
            help=Text(
                "Only where the article first appeared elsewhere.", "Seulement si l’article est d’abord paru ailleurs."
            ),
        ),
        Option(name="featured", label=Text("Feature it", "Mettre à la une"), kind="switch", default=False),
        Option(
            name="takedown",
            label=Text("Taken down, it is", "Retiré, il est"),
            kind="choice",
            choices=(
                ("draft", Text("a draft again", "de nouveau un brouillon")),
                ("delete", Text("deleted", "supprimé")),
            ),
            default="draft",
        ),
    ),
    edits=frozenset({"title", "text", "thread", "link", "options"}),
)
"""`thread`: what follows the text in a thread elsewhere stands below it here."""
