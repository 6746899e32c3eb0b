"""A connector's own guide (guide.en.md, guide.fr.md in its folder) as HTML.

Only what guides are written with: headings, paragraphs, lists, tables, **bold**, *leaning*, `code`,
[links](https://…). Everything is escaped first and cleaned last, as a folder may come from anybody.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from parvis.core.text.html import Profile, clean_html

_SLUG = re.compile(r"[a-z][a-z0-9_]*\Z")
_HEADING = re.compile(r"(#{1,4})\s+(.*)")
_BULLET = re.compile(r"[-*]\s+(.*)")
_NUMBERED = re.compile(r"\d+\.\s+(.*)")
_RULE = re.compile(r"\|?[\s:|-]+\|?\Z")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*]+)\*"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)"), r'<a href="\2">\1</a>'),
)


def folder_of(slug: str) -> Path | None:
    """Where a connector lives; None where the name is none."""
    folder: Path = settings.PACKAGE_DIR / "connectors" / slug
    return folder if _SLUG.match(slug) and folder.is_dir() else None


@cache
def guide_of(slug: str, language: str) -> SafeString | None:
    """The whole guide, without its title; None where there is none in the language, nor in English."""
    folder = folder_of(slug)
    for tag in (language.partition("-")[0], "en"):
        path = folder / f"guide.{tag}.md" if folder else None
        if path is not None and path.is_file():
            return as_html(path.read_text(encoding="utf-8"))
    return None


def as_html(markdown: str) -> SafeString:
    written = "".join(_block(lines) for lines in _blocks(markdown))
    return mark_safe(clean_html(written, profile=Profile.ARTICLE))  # noqa: S308 - cleaned


def _blocks(markdown: str) -> Iterator[list[str]]:
    """Lines that belong together; a heading stands alone, the title is left out."""
    block: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        alone = bool(_HEADING.match(line))
        if (not line.strip() or alone) and block:
            yield block
            block = []
        if alone and not line.startswith("# "):
            yield [line]
        elif line.strip() and not alone:
            block.append(line)


def _block(lines: list[str]) -> str:
    if heading := _HEADING.match(lines[0]):
        return f"<h3>{_inline(heading[2])}</h3>"
    if len(lines) > 2 and lines[0].lstrip().startswith("|") and _RULE.match(lines[1].strip()):
        return _table(lines)
    for pattern, tag in ((_BULLET, "ul"), (_NUMBERED, "ol")):
        if pattern.match(lines[0].strip()):
            return _list(lines, pattern, tag)
    return f"<p>{_inline(' '.join(line.strip() for line in lines))}</p>"


def _list(lines: list[str], pattern: re.Pattern[str], tag: str) -> str:
    entries: list[str] = []
    for line in lines:
        if found := pattern.match(line.strip()):
            entries.append(found[1])
        else:
            entries[-1] += f" {line.strip()}"
    return f"<{tag}>{''.join(f'<li>{_inline(entry)}</li>' for entry in entries)}</{tag}>"


def _table(lines: list[str]) -> str:
    head, *rows = (_cells(line) for number, line in enumerate(lines) if number != 1)
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cells(line: str) -> list[str]:
    return [_inline(cell.strip()) for cell in line.strip().strip("|").split("|")]


def _inline(text: str) -> str:
    written = escape(text)
    for pattern, replacement in _INLINE:
        written = pattern.sub(replacement, written)
    return written
