"""One table of what an installation can set: by environment variable, or by a file named in NAME_FILE.

docs/reference/options.md is generated from it.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parvis.core.wording import Text


@dataclass(frozen=True, slots=True)
class Option:
    """`read` turns the written value into the used one and raises ValueError with a sentence."""

    name: str
    default: str
    read: Callable[[str], Any]
    help: Text
    secret: bool = False


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        number = float(value)
        if not low <= number <= high:
            raise ValueError(f"must lie between {low:g} and {high:g}")
        return number

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        return int(_number(low, high)(value))

    return read


def _yes(value: str) -> bool:
    answers = {"1": True, "yes": True, "true": True, "on": True, "": False, "0": False, "no": False, "false": False}
    if value.lower() not in answers:
        raise ValueError("must be yes or no")
    return answers[value.lower()]


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


_KINDS = ("image", "gif", "video", "audio", "pdf")


def _kinds(value: str) -> tuple[str, ...]:
    if wrong := set(_names(value)) - set(_KINDS):
        raise ValueError(f"there is no kind “{min(wrong)}”; there are {', '.join(_KINDS)}")
    return _names(value)


def _mail_address(value: str) -> str:
    name, at, host = value.rpartition("@")
    if value and (not (name and at and host) or any(sign.isspace() or sign in "<>,;" for sign in value)):
        raise ValueError("must be one mail address, such as desk@example.org")
    return value


_ROLES = ("strategist", "architect", "manager", "community_manager", "analyst", "contributor")


def _role(value: str) -> str:
    if value and value not in _ROLES:
        raise ValueError(f"must be one of {', '.join(_ROLES)}")
    return value


OPTIONS = (
    Option(
        "PARVIS_DATA",
        "data",
        Path,
        Text("Directory of the database, keys and files.", "Dossier de la base, des clés et des fichiers."),
    ),
    Option(
        "PARVIS_DATABASE",
        "",
        str,
        Text(
            "PostgreSQL as postgresql://user:password@host/name; empty: SQLite in the data directory.",
            "PostgreSQL sous la forme postgresql://nom:motdepasse@hôte/base ; vide : SQLite dans le dossier de données.",
        ),
        secret=True,
    ),
    Option(
        "PARVIS_ADDRESS",
        "",
        str,
        Text(
            "The address at which people open the desk, such as https://desk.example.org; it answers to no other name. Empty: what --host says, with 0.0.0.0 each address and name of this machine.",
            "L’adresse à laquelle on ouvre le desk, par exemple https://desk.exemple.ch ; il ne répond à aucun autre nom. Vide : ce que dit --host, avec 0.0.0.0 toutes les adresses et tous les noms de cette machine.",
        ),
    ),
    Option(
        "PARVIS_SECRET_KEYS",
        "",
        _names,
        Text(
            "Keys for sessions and stored credentials, newest first, separated by commas; empty: made and kept in the data directory.",
            "Clés des sessions et des identifiants enregistrés, la plus récente d’abord, séparées par des virgules ; vide : créées et gardées dans le dossier de données.",
        ),
        secret=True,
    ),
    Option(
        "PARVIS_AUDIT_KEY",
        "",
        str,
        Text(
            "Key of the audit trail, never to be changed; empty: made and kept in the data directory (needed where machines share a database).",
            "Clé du journal d’audit, à ne jamais changer ; vide : créée et gardée dans le dossier de données (nécessaire si des machines partagent une base).",
        ),
        secret=True,
    ),
    Option(
        "PARVIS_ALLOWED_PRIVATE_HOSTS",
        "",
        _names,
        Text(
            "Hosts, host:port or networks that may be reached although their address is private, separated by commas.",
            "Hôtes, hôte:port ou réseaux joignables bien que leur adresse soit privée, séparés par des virgules.",
        ),
    ),
    Option(
        "PARVIS_ENVELOPE_DAYS",
        "90",
        _whole(1, 3650),
        Text("Days for which raw payloads are kept.", "Nombre de jours de conservation des données brutes."),
    ),
    Option(
        "PARVIS_UPLOAD_MB",
        "2048",
        _whole(1, 1_000_000),
        Text(
            "Megabytes of the largest file that is taken into the library.",
            "Mégaoctets du plus grand fichier accepté dans la médiathèque.",
        ),
    ),
    Option(
        "PARVIS_UPLOAD_KINDS",
        "image,gif,video,audio,pdf",
        _kinds,
        Text(
            "Kinds of files that are taken into the library, told from their bytes: image, gif, video, audio, pdf.",
            "Sortes de fichiers acceptées dans la médiathèque, d’après leurs octets : image, gif, video, audio, pdf.",
        ),
    ),
    Option(
        "PARVIS_LIBRARY_GB",
        "0",
        _whole(0, 1_000_000),
        Text(
            "Gigabytes that the library may take on the disk, with what is made of its files; 0: as many as there are.",
            "Gigaoctets que la médiathèque peut occuper, avec ce qui est tiré de ses fichiers ; 0 : autant qu’il y en a.",
        ),
    ),
    Option(
        "PARVIS_KEEP_ORIGINALS",
        "no",
        _yes,
        Text(
            "Keep uploaded files with the location and personal data that were in them, beside the cleaned ones.",
            "Garder les fichiers téléversés avec le lieu et les données personnelles qu’ils contenaient, à côté des fichiers nettoyés.",
        ),
    ),
    Option(
        "PARVIS_WEB_PROCESSES",
        "2",
        _whole(1, 64),
        Text(
            "Web processes; as many as processor cores serve best.",
            "Processus web ; autant que de cœurs convient le mieux.",
        ),
    ),
    Option(
        "PARVIS_UNDO_S",
        "10",
        _whole(0, 600),
        Text(
            "Seconds for which a decision can be taken back.",
            "Secondes pendant lesquelles une décision peut être annulée.",
        ),
    ),
    Option(
        "PARVIS_OIDC_ISSUER",
        "",
        str,
        Text(
            "Issuer of an OpenID Connect provider; empty: no sign-in by it.",
            "Émetteur d’un fournisseur OpenID Connect ; vide : pas d’identification par lui.",
        ),
    ),
    Option(
        "PARVIS_OIDC_CLIENT_ID",
        "",
        str,
        Text("Client id at that provider.", "Identifiant de client chez ce fournisseur."),
    ),
    Option(
        "PARVIS_OIDC_CLIENT_SECRET",
        "",
        str,
        Text("Client secret at that provider.", "Secret de client chez ce fournisseur."),
        secret=True,
    ),
    Option(
        "PARVIS_OIDC_NAME",
        "OpenID Connect",
        str,
        Text("What the sign-in button says.", "Ce que dit le bouton d’identification."),
    ),
    Option(
        "PARVIS_OIDC_ADMITS",
        "",
        str,
        Text(
            "Role in the whole house for people whom that provider knows and nobody has invited, such as contributor; empty: they are refused.",
            "Rôle dans toute la maison pour les personnes que ce fournisseur connaît sans que personne les ait invitées, par exemple contributor ; vide : elles sont refusées.",
        ),
    ),
    Option(
        "PARVIS_MAIL",
        "",
        str,
        Text(
            "Mail server as smtp://user:password@host:port; empty: mails are written to the data directory.",
            "Serveur de courrier sous la forme smtp://nom:motdepasse@hôte:port ; vide : les courriers sont écrits dans le dossier de données.",
        ),
        secret=True,
    ),
    Option(
        "PARVIS_MAIL_FROM",
        "",
        _mail_address,
        Text(
            "The address that mails come from; empty: the account of PARVIS_MAIL, else parvis@ the desk’s host.",
            "L’adresse d’où partent les courriers ; vide : le compte de PARVIS_MAIL, sinon parvis@ l’hôte du desk.",
        ),
    ),
    Option(
        "PARVIS_DEBUG",
        "no",
        _yes,
        Text(
            "Show faults in full; never on a public address.",
            "Montrer les erreurs en entier ; jamais à une adresse publique.",
        ),
    ),
)


class OptionWrong(ValueError):
    """An option cannot be used; says which, and why."""


def read_options(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Every option by its name. Raises OptionWrong with one sentence."""
    return {option.name: _read_one(option, environment) for option in OPTIONS}


def _read_one(option: Option, environment: Mapping[str, str]) -> Any:
    written = environment.get(option.name, option.default)
    if path := environment.get(f"{option.name}_FILE"):
        try:
            written = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise OptionWrong(f"{option.name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
    try:
        return option.read(written)
    except ValueError as error:
        shown = "its value" if option.secret else f"“{written}”"
        raise OptionWrong(f"{option.name}: {shown} cannot be used: {error}.") from error
