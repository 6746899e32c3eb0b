"""The fields of the language: one table, from which the parser, the reference and the importers read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from parvis.core.types import Kind
from parvis.core.wording import Text

STATES = ("open", "waiting", "snoozed", "done")
PRIORITIES = ("low", "normal", "high", "urgent")
FLAGS = ("unanswered", "reply", "held", "mine", "snoozed")

SINCE = re.compile(r"([0-9]{1,4})([hdwmy])")
"""since:7d: hours, days, weeks, months of 30 days, years of 365."""
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
DATES = re.compile(rf"(?:({DAY})\.\.({DAY})|({DAY})\.\.|\.\.({DAY})|({DAY}))")
"""date:2026-11-01..2026-11-22, either side may be missing, or one day."""


class Value(StrEnum):
    """What stands behind a field."""

    WORDS = "words"
    NAME = "name"
    CHOICE = "choice"
    LANGUAGE = "language"
    HOST = "host"
    LETTERS = "letters"
    TAG = "tag"
    HANDLE = "handle"
    NUMBER = "number"
    DAYS = "days"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class FieldKind:
    name: str
    value: Value
    help: Text
    example: str
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """What people write instead; it is offered as the repair."""


FIELDS: tuple[FieldKind, ...] = (
    FieldKind(
        "author", Value.WORDS, also=("auteur", "from", "by"), example='author:"Émile Dup*"',
        help=Text("words in the name or the handle of who wrote it", "mots du nom ou du pseudonyme de qui l’a écrit"),
    ),
    FieldKind(
        "title", Value.WORDS, also=("titre", "headline", "subject"), example="title:(redevance OR licence)",
        help=Text("words in the title", "mots du titre"),
    ),
    FieldKind(
        "url", Value.LETTERS, also=("link", "lien", "inurl"), example="url:/sport/",
        help=Text("letters that the address contains", "lettres contenues dans l’adresse"),
    ),
    FieldKind(
        "site", Value.HOST, also=("host", "domain", "domaine"), example="site:rts.ch",
        help=Text("the address is on this host or on one below it", "l’adresse est sur cet hôte ou sous celui-ci"),
    ),
    FieldKind(
        "lang", Value.LANGUAGE, also=("language", "langue"), example="lang:(fr OR de)",
        help=Text(
            "the language; lang:fr finds fr-CH too, lang:fr-ch only that",
            "la langue\u202f; lang:fr trouve aussi fr-CH, lang:fr-ch seulement celle-là",
        ),
    ),
    FieldKind(
        "channel", Value.NAME, also=("canal", "source"), example='channel:"Site Sport"',
        help=Text("the channel’s name or number", "le nom ou le numéro du canal"),
    ),
    FieldKind(
        "department", Value.NAME, also=("departement", "département"), example="department:Sport",
        help=Text("the department’s name or number", "le nom ou le numéro du département"),
    ),
    FieldKind(
        "assignee", Value.NAME, also=("assigned", "responsable"), example="assignee:me",
        help=Text(
            "who handles it: a name, me, or nobody", "qui s’en occupe\u202f: un nom, moi (me) ou personne (nobody)"
        ),
    ),
    FieldKind(
        "label", Value.NAME, also=("tag", "étiquette", "etiquette"), example='label:"à voir"',
        help=Text("a label that sticks on it", "une étiquette qui y est collée"),
    ),
    FieldKind(
        "story", Value.NAME, also=("histoire", "sujet"), example="story:4711",
        help=Text("the story that it belongs to", "l’histoire dont il fait partie"),
    ),
    FieldKind(
        "kind", Value.CHOICE, choices=tuple(kind.value for kind in Kind), also=("type", "genre"),
        example="kind:comment", help=Text("what it is", "ce que c’est"),
    ),
    FieldKind(
        "platform", Value.NAME, also=("plateforme", "network"), example="platform:mastodon",
        help=Text("the kind of platform", "la sorte de plateforme"),
    ),
    FieldKind(
        "state", Value.CHOICE, choices=STATES, also=("état", "etat", "status"), example="state:open",
        help=Text("where the conversation stands", "où en est la conversation"),
    ),
    FieldKind(
        "priority", Value.CHOICE, choices=PRIORITIES, also=("priorité", "priorite"), example="priority:urgent",
        help=Text("how pressing it is", "à quel point c’est pressant"),
    ),
    FieldKind(
        "hashtag", Value.TAG, also=("hashtags",), example="hashtag:redevance",
        help=Text("the same as #redevance", "comme #redevance"),
    ),
    FieldKind(
        "mention", Value.HANDLE, also=("mentions", "at"), example="mention:rtsinfo",
        help=Text("the same as @rtsinfo", "comme @rtsinfo"),
    ),
    FieldKind(
        "followers", Value.NUMBER, also=("abonnés", "abonnes"), example="followers:>1000",
        help=Text("how many follow who wrote it", "combien suivent qui l’a écrit"),
    ),
    FieldKind(
        "reach", Value.NUMBER, also=("portée", "portee"), example="reach:1000..5000",
        help=Text("how many it reached", "combien il a touché de personnes"),
    ),
    FieldKind(
        "spam", Value.NUMBER, example="spam:>=0.9",
        help=Text("how likely it is spam, 0 to 1", "probabilité que ce soit indésirable, de 0 à 1"),
    ),
    FieldKind(
        "toxicity", Value.NUMBER, also=("toxicité", "toxicite"), example="toxicity:>0.8",
        help=Text("how likely it is hurtful, 0 to 1", "probabilité que ce soit blessant, de 0 à 1"),
    ),
    FieldKind(
        "sentiment", Value.NUMBER, also=("tone", "tonalité", "tonalite"), example="sentiment:<-0.3",
        help=Text("its tone, -1 to 1", "sa tonalité, de -1 à 1"),
    ),
    FieldKind(
        "date", Value.DAYS, also=("day", "jour", "published"), example="date:2026-11-01..2026-11-22",
        help=Text(
            "a day or several, both ends included; one end may be missing",
            "un jour ou plusieurs, bornes comprises\u202f; une borne peut manquer",
        ),
    ),
    FieldKind(
        "since", Value.AGE, also=("depuis", "newer"), example="since:7d",
        help=Text(
            "not older than so many h, d, w, m (30 days), y",
            "pas plus ancien que tant de h (heures), d (jours), w (semaines), m (30 jours), y (ans)",
        ),
    ),
    FieldKind(
        "is", Value.CHOICE, choices=FLAGS, also=("est",), example="is:unanswered",
        help=Text("a claim about it", "une affirmation à son sujet"),
    ),
    FieldKind(
        "has", Value.CHOICE, choices=("link", "media"), also=("contient",), example="has:media",
        help=Text("what it contains", "ce qu’il contient"),
    ),
    FieldKind(
        "fold", Value.CHOICE, choices=("hard",), example="fold:hard viagra",
        help=Text(
            "letters of other scripts and digits that look alike count as equal, in the whole query",
            "les lettres d’autres écritures et les chiffres qui se ressemblent sont égaux, dans toute la requête",
        ),
    ),
)  # fmt: skip

BY_NAME: Mapping[str, FieldKind] = {one.name: one for one in FIELDS}
NAMES = tuple(BY_NAME)
