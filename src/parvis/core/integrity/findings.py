"""What was found on a page, and the words for it."""

from dataclasses import dataclass
from enum import StrEnum

from parvis.core.wording import Text


class Severity(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Kind(StrEnum):
    """What is wrong. The values are stable: other programs read them."""

    HIDDEN_LINK = "hidden_link"
    LINK_OUTSIDE = "link_outside"
    WRITTEN_LINK = "written_link"
    FOREIGN_LINK = "foreign_link"
    DOORWAY_LINK = "doorway_link"
    SPAM_LINK = "spam_link"
    HIDDEN_SCRIPT = "hidden_script"
    UNKNOWN_SCRIPT = "unknown_script"
    REDIRECT = "redirect"
    HIDDEN_FRAME = "hidden_frame"
    DEFACEMENT = "defacement"
    STUFFED_META = "stuffed_meta"
    STRANGE_CANONICAL = "strange_canonical"
    STRANGE_ALTERNATE = "strange_alternate"
    STRANGE_DATA = "strange_data"
    INJECTED_COMMENT = "injected_comment"
    CLOAKED_LINK = "cloaked_link"
    CLOAKED_TEXT = "cloaked_text"
    NEW_LINK = "new_link"


@dataclass(frozen=True, slots=True)
class Finding:
    """`href` stands exactly as in the source; empty where what was found is no address."""

    kind: Kind
    severity: Severity
    href: str
    evidence: Text
    mend: Text


_RESTORE = Text(
    "Take the block out, look in the template and the database for where it comes from, then change the "
    "passwords and bring the system and its extensions up to date.",
    "Retirez le bloc, cherchez d’où il vient dans le gabarit et la base, puis changez les mots de passe et mettez "
    "à jour le système et ses extensions.",
)
_SCRIPT = Text(
    "Take the script out, compare the file that holds it with the original one, then change the passwords.",
    "Retirez le script, comparez le fichier qui le contient avec l’original, puis changez les mots de passe.",
)
_TEXT = Text(
    "Open the text in the editor and take the link out; look who has changed the text last.",
    "Ouvrez le texte dans l’éditeur et retirez le lien\u202f; regardez qui l’a modifié en dernier.",
)
_HEAD = Text(
    "Correct the head of the page: its theme or its extension for search engines sets it.",
    "Corrigez l’en-tête de la page\u202f: le thème ou l’extension pour moteurs de recherche le fixe.",
)
_ALL = Text(
    "Put the page back from a backup, keep a copy of what is there now, and change all passwords.",
    "Rétablissez la page depuis une sauvegarde, gardez une copie de l’état actuel et changez tous les mots de passe.",
)
_CLOAK = Text(
    "Look for code that asks who is reading (User-Agent, Referer) in .htaccess, the theme and the extensions.",
    "Cherchez le code qui demande qui lit (User-Agent, Referer) dans .htaccess, le thème et les extensions.",
)

MENDING: dict[Kind, Text] = {
    Kind.HIDDEN_LINK: _RESTORE,
    Kind.LINK_OUTSIDE: _RESTORE,
    Kind.WRITTEN_LINK: _SCRIPT,
    Kind.FOREIGN_LINK: _TEXT,
    Kind.DOORWAY_LINK: _TEXT,
    Kind.SPAM_LINK: _TEXT,
    Kind.HIDDEN_SCRIPT: _SCRIPT,
    Kind.UNKNOWN_SCRIPT: _SCRIPT,
    Kind.REDIRECT: _SCRIPT,
    Kind.HIDDEN_FRAME: _SCRIPT,
    Kind.DEFACEMENT: _ALL,
    Kind.STUFFED_META: _HEAD,
    Kind.STRANGE_CANONICAL: _HEAD,
    Kind.STRANGE_ALTERNATE: _HEAD,
    Kind.STRANGE_DATA: _HEAD,
    Kind.INJECTED_COMMENT: _RESTORE,
    Kind.CLOAKED_LINK: _CLOAK,
    Kind.CLOAKED_TEXT: _CLOAK,
    Kind.NEW_LINK: _TEXT,
}


def finding(kind: Kind, severity: Severity, href: str, evidence: Text) -> Finding:
    """With the words on how to mend it."""
    return Finding(kind, severity, href, evidence, MENDING[kind])


def excerpt(text: str, *, longest: int = 120) -> str:
    """One line of at most that many characters."""
    line = " ".join(text[: longest * 4].split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
