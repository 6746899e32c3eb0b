"""What an article says, as WordPress stores it: in blocks where the site is written in blocks, else as plain HTML. Pure.

In its source stands the key of the order that wrote it: as the name of the first block, or in a comment at
the end. Nobody who reads the site sees it; whoever must know whether an order was carried out does.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from parvis.connectors.wordpress.decode import plain

_MARK = re.compile(r"parvis:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def source_of(body: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]], *, key: str) -> str:
    """`files` by the part that uploaded them: "id" and "url" there."""
    pieces = [*_paragraphs(body), *_files(body, files)]
    if body.get("format") == "classic":
        return "\n\n".join([*(html for _name, _has, html in pieces), f"<!-- parvis:{key} -->"])
    pieces = pieces or [("paragraph", {}, "<p></p>")]
    name, has, html = pieces[0]
    pieces[0] = (name, {**has, "metadata": {"name": f"parvis:{key}"}}, html)
    return "\n\n".join(_block(*piece) for piece in pieces)


def mark_in(source: str) -> str:
    """The key of the order that wrote it last, "" where none did."""
    found = _MARK.search(source)
    return found[1] if found else ""


def letters_of(source: str) -> str:
    """What is left of a source whatever a site's plugins make of it: its letters and figures."""
    return "".join(sign for sign in plain(source).casefold() if sign.isalnum())


def digest_of(row: Mapping[str, Any]) -> str:
    """Of what an edit would write over. "" where the account does not see the source."""
    told = [_raw(row.get(name)) for name in ("title", "content", "excerpt")]
    if None in told:
        return ""
    bare = _MARK.sub("", "\0".join(text or "" for text in told))
    return hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:32]


def raw_of(row: Mapping[str, Any], name: str) -> str:
    return _raw(row.get(name)) or ""


def _raw(field: Any) -> str | None:
    raw = field.get("raw") if isinstance(field, dict) else None
    return raw if isinstance(raw, str) else None


def _paragraphs(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    for inner in body.get("paragraphs") or ():
        # A word in square brackets may be a command of some plugin: a reference is read as a bracket alone.
        yield "paragraph", {}, f"<p>{str(inner).replace('[', '&#91;').replace(']', '&#93;')}</p>"


def _files(
    body: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, dict[str, Any], str]]:
    for one in body.get("shown") or ():
        file = files[one["part"]]
        number, url = int(file["id"]), escape(str(file["url"]))
        below = (
            f'<figcaption class="wp-element-caption">{_text(caption)}</figcaption>'
            if (caption := one.get("caption"))
            else ""
        )
        match one["kind"]:
            case "video" | "audio" as kind:
                inside = f'<figure class="wp-block-{kind}"><{kind} controls src="{url}"></{kind}>{below}</figure>'
                yield kind, {"id": number}, inside
            case _:
                picture = f'<img src="{url}" alt="{_text(one["alt"])}" class="wp-image-{number}"/>'
                has = {"id": number, "sizeSlug": "full", "linkDestination": "none"}
                yield "image", has, f'<figure class="wp-block-image size-full">{picture}{below}</figure>'


def _text(told: Any) -> str:
    """No tags, and no command of a plugin."""
    return escape(str(told)).replace("[", "&#91;").replace("]", "&#93;")


def _block(name: str, has: Mapping[str, Any], html: str) -> str:
    told = f" {json.dumps(has, separators=(',', ':'))}" if has else ""
    return f"<!-- wp:{name}{told} -->\n{html}\n<!-- /wp:{name} -->"
