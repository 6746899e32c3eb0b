"""Values of fields: how each is written in its one normal form, and what that form means."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from unicodedata import combining, normalize
from urllib.parse import urlsplit

from parvis.core.query.document import hashtag_key, mention_key
from parvis.core.query.fields import DATES, SINCE, FieldKind, Value
from parvis.core.query.words import folded_parts
from parvis.core.wording import Text

HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}
LONGEST_AGE = timedelta(days=365 * 200)
_N = r"-?(?:[0-9]{1,15}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})"
_NUMBER = re.compile(rf"(>=|<=|>|<|=)?({_N})")
_RANGE = re.compile(rf"({_N})?\.\.({_N})?")
_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?")
_APOSTROPHES = str.maketrans("’ʼ‘＇", "''''")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value cannot be used. `mended`: what could stand there instead."""

    detail: Text
    repair: Text | None = None
    mended: str | None = None


@dataclass(frozen=True, slots=True)
class NumberSpan:
    """Numbers between two ends; None where there is no end."""

    low: float | None = None
    high: float | None = None
    is_low_in: bool = True
    is_high_in: bool = True

    def holds(self, number: float | None) -> bool:
        if number is None:
            return False
        if self.low is not None and (number < self.low or (number == self.low and not self.is_low_in)):
            return False
        return self.high is None or number < self.high or (number == self.high and self.is_high_in)


def normal_value(kind: FieldKind, written: str) -> str | Fault:
    """The one form of a value that means the same, or why there is none."""
    value = " ".join(written.split())
    if not value:
        return Fault(
            Text("a value is missing after “{name}:”", "il manque une valeur après «\u202f{name}:\u202f»").format(
                name=kind.name
            ),
            _offer(kind.choices) or _example(kind),
        )
    return _NORMAL[kind.value](kind, value)


def number_span(value: str) -> NumberSpan:
    """Of a normal value: `>1000`, `5`, `1..2`."""
    if ".." in value:
        low, high = value.split("..")
        return NumberSpan(float(low) if low else None, float(high) if high else None)
    sign = value.rstrip("0123456789.-")
    number = float(value[len(sign) :])
    if sign.startswith(">"):
        return NumberSpan(low=number, is_low_in=sign == ">=")
    if sign.startswith("<"):
        return NumberSpan(high=number, is_high_in=sign == "<=")
    return NumberSpan(number, number)


def days_span(value: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """From when on, and before when, of a normal value; None where there is no end. Days begin at midnight in `zone`."""
    first, last = value.split("..") if ".." in value else (value, value)
    begin = _midnight(date.fromisoformat(first), zone) if first else None
    end = _midnight(date.fromisoformat(last) + timedelta(days=1), zone) if last else None
    return begin, end


def since_start(value: str, now: datetime) -> datetime:
    """From when on, of a normal value such as 7d."""
    return now - min(timedelta(hours=int(value[:-1]) * HOURS[value[-1]]), LONGEST_AGE)


def name_key(name: str) -> str:
    """What two spellings of a name share: case, accents, apostrophes and doubled spaces make no difference."""
    plain = normalize("NFKD", name.casefold()).translate(_APOSTROPHES)
    return " ".join("".join(sign for sign in plain if not combining(sign)).split())


def language_holds(wanted: str, tag: str) -> bool:
    """Whether a document's BCP 47 tag is what `lang:` asks for."""
    lower = tag.lower().replace("_", "-")
    return lower == wanted or ("-" not in wanted and lower.split("-")[0] == wanted)


def host_of(url: str) -> str:
    """The host of an address, in letters rather than punycode; "" where there is none."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return _readable(host.rstrip("."))


def site_holds(wanted: str, url: str) -> bool:
    """Whether an address is on a host or on one below it."""
    host = host_of(url)
    return host == wanted or host.endswith(f".{wanted}")


def _readable(host: str) -> str:
    if "xn--" not in host:
        return host.lower()
    try:
        return host.encode("ascii").decode("idna").lower()
    except UnicodeError:
        return host.lower()


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _words(kind: FieldKind, value: str) -> str | Fault:
    if value.startswith("=") or re.search(r"~[0-9]*$", value):
        return Fault(
            Text(
                "“{name}:” takes words, “phrases” and stars only",
                "«\u202f{name}:\u202f» n’accepte que des mots, des «\u202fexpressions\u202f» et des étoiles",
            ).format(name=kind.name)
        )
    parts = folded_parts(value)
    if not parts:
        return nothing_in(value)
    return only_stars() if "*" in parts else value


def nothing_in(value: str) -> Fault:
    detail = Text("nothing in “{value}” can be looked for", "rien dans «\u202f{value}\u202f» ne peut être cherché")
    return Fault(
        detail.format(value=shortened(value)),
        Text("Write at least one letter or digit.", "Écrivez au moins une lettre ou un chiffre."),
    )


def only_stars() -> Fault:
    return Fault(
        Text("a star needs letters that it touches", "une étoile a besoin de lettres qu’elle touche"),
        Text(
            "Write politi*, or word ONEAR/2 word for any word between.",
            "Écrivez politi*, ou mot ONEAR/2 mot pour un mot quelconque entre deux.",
        ),
    )


def shortened(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:39]}…"


def _as_written(_kind: FieldKind, value: str) -> str:
    return value


def _choice(kind: FieldKind, value: str) -> str | Fault:
    if value.lower() in kind.choices:
        return value.lower()
    near = get_close_matches(value.lower()[:40], kind.choices, 1, 0.6)
    return Fault(
        Text("“{name}:” does not know “{value}”", "«\u202f{name}:\u202f» ne connaît pas «\u202f{value}\u202f»").format(
            name=kind.name, value=shortened(value)
        ),
        _offer(kind.choices),
        near[0] if near else None,
    )


_LANGUAGES = {
    "french": "fr", "français": "fr", "francais": "fr", "german": "de", "deutsch": "de", "allemand": "de",
    "english": "en", "anglais": "en", "italian": "it", "italiano": "it", "italien": "it", "romansh": "rm",
    "spanish": "es", "espagnol": "es",
}  # fmt: skip


def _language(_kind: FieldKind, value: str) -> str | Fault:
    tag = value.lower().replace("_", "-")
    if _TAG.fullmatch(tag) and tag not in _LANGUAGES:
        return tag
    listed = [part.strip() for part in re.split(r"[,;/|]", tag) if part.strip()]
    mended = _LANGUAGES.get(tag)
    if mended is None and len(listed) > 1 and all(_TAG.fullmatch(part) for part in listed):
        mended = f"({' OR '.join(listed)})"
    return Fault(
        Text("“{value}” is not the code of a language", "«\u202f{value}\u202f» n’est pas le code d’une langue").format(
            value=shortened(value)
        ),
        Text("Write lang:fr or lang:(fr OR de).", "Écrivez lang:fr ou lang:(fr OU de)."),
        mended,
    )


def _host(_kind: FieldKind, value: str) -> str | Fault:
    host = _readable(value.removeprefix("*.").removeprefix(".").rstrip("/.").lower())
    if _HOST.fullmatch(host):
        return host
    mended = host_of(value)
    if mended and value.lower().rstrip("/") in {f"http://{mended}", f"https://{mended}"}:
        return mended
    return Fault(
        Text("“{value}” is not a host", "«\u202f{value}\u202f» n’est pas un hôte").format(value=shortened(value)),
        Text(
            "Write site:example.org; for a part of an address url:/path/.",
            "Écrivez site:exemple.ch\u202f; pour une partie d’adresse url:/chemin/.",
        ),
        mended if _HOST.fullmatch(mended) else None,
    )


def _tag(_kind: FieldKind, value: str) -> str | Fault:
    return signless(value, "#＃", hashtag_key)


def _handle(_kind: FieldKind, value: str) -> str | Fault:
    return signless(value, "@＠", mention_key)


def signless(value: str, signs: str, key: Callable[[str], str]) -> str | Fault:
    """A hashtag or handle without its sign, a star at its end allowed."""
    bare = value[1:] if value[:1] in tuple(signs) else value
    stem = bare.rstrip("*")
    if "*" in stem:
        return Fault(
            Text("here a star stands at the end only", "ici, une étoile ne peut être qu’à la fin"),
            None,
            f"{value[0] if bare != value else ''}{stem.partition('*')[0]}*" if key(stem.partition("*")[0]) else None,
        )
    if not key(stem):
        return only_stars() if bare and not stem else nothing_in(value)
    return stem + bare[len(stem) : len(stem) + 1]


def _number(kind: FieldKind, value: str) -> str | Fault:
    tight = value.replace(" ", "")
    if found := _NUMBER.fullmatch(tight):
        sign = "" if found[1] in {None, "="} else found[1]
        return f"{sign}{_plain(found[2])}"
    found = _RANGE.fullmatch(tight)
    if found and (found[1] or found[2]):
        low, high = (_plain(end) if end else "" for end in found.groups())
        if low and high and Decimal(low) > Decimal(high):
            return _backwards(f"{high}..{low}")
        return f"{low}..{high}"
    mended = tight.replace(",", ".").replace("=>", ">=").replace("=<", "<=").replace("'", "").replace("’", "")
    return Fault(
        Text("“{value}” is not a number", "«\u202f{value}\u202f» n’est pas un nombre").format(value=shortened(value)),
        _example(kind),
        mended if _NUMBER.fullmatch(mended) else None,
    )


def _plain(number: str) -> str:
    text = format(Decimal(number).normalize(), "f")
    return "0" if text == "-0" else text


def _backwards(mended: str) -> Fault:
    return Fault(Text("it ends before it begins", "elle finit avant de commencer"), None, mended)


def _days(kind: FieldKind, value: str) -> str | Fault:
    found = DATES.fullmatch(value)
    try:
        days = [date.fromisoformat(day) for day in found.groups() if day] if found else []
    except ValueError:
        days = []
    if not days or any(not 1900 <= day.year <= 2200 for day in days):
        return _no_time(kind, value)
    if days != sorted(days):
        return _backwards("..".join(reversed(value.split(".."))))
    return value


def _age(kind: FieldKind, value: str) -> str | Fault:
    lower = value.lower().replace(" ", "")
    if SINCE.fullmatch(lower):
        return lower
    mended = re.sub(r"(sem(aines?)?|s|weeks?)$", "w", re.sub(r"(j(ours?)?|days?)$", "d", lower))
    return _no_time(kind, value, mended if SINCE.fullmatch(mended) else None)


def _no_time(kind: FieldKind, value: str, mended: str | None = None) -> Fault:
    detail = Text("“{value}” is not a time", "«\u202f{value}\u202f» n’est pas une durée ou une date")
    return Fault(detail.format(value=shortened(value)), _example(kind), mended)


def _example(kind: FieldKind) -> Text:
    return Text("Write {example}.", "Écrivez {example}.").format(example=kind.example)


def _offer(choices: tuple[str, ...]) -> Text | None:
    if not choices:
        return None
    return Text("Possible are: {names}.", "Sont possibles\u202f: {names}.").format(names=", ".join(choices))


_NORMAL: dict[Value, Callable[[FieldKind, str], str | Fault]] = {
    Value.WORDS: _words,
    Value.NAME: _as_written,
    Value.LETTERS: _as_written,
    Value.CHOICE: _choice,
    Value.LANGUAGE: _language,
    Value.HOST: _host,
    Value.TAG: _tag,
    Value.HANDLE: _handle,
    Value.NUMBER: _number,
    Value.DAYS: _days,
    Value.AGE: _age,
}
