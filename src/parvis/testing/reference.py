"""The reference pages, made from the code: `python -m parvis.testing.reference` writes them."""

from collections.abc import Callable
from pathlib import Path

from parvis.cli import commands, open_django
from parvis.conf.options import OPTIONS
from parvis.core.connector import Can
from parvis.core.errors import every_error
from parvis.core.wording import Text

DIRECTORY = Path(__file__).resolve().parents[3] / "docs" / "reference"
MADE = "<!-- made by python -m parvis.testing.reference; do not edit -->\n\n"


def options_page() -> str:
    rows = (
        f"| `{option.name}` | {'secret' if option.secret else f'`{option.default}`' if option.default else 'empty'} "
        f"| {option.help.en} | {option.help.fr} |\n"
        for option in OPTIONS
    )
    head = (
        "# Options\n\nEnvironment variables; each can also be read from a file named in `NAME_FILE`.\n\n"
        "| option | default | what it does | à quoi elle sert |\n|---|---|---|---|\n"
    )
    return MADE + head + "".join(rows)


def errors_page() -> str:
    rows = (
        f"| `{error.code}` | `{error.__name__}` | {error.sentence.en} | {error.sentence.fr} |\n"
        for error in every_error()
    )
    head = "# Errors\n\n| code | class | sentence | phrase |\n|---|---|---|---|\n"
    return MADE + head + "".join(rows)


CAN_WORDS: dict[Can, Text] = {
    Can.APPROVE: Text("show an item that waits or was refused", "montrer un élément en attente ou refusé"),
    Can.HOLD: Text("take an item from view until it is decided", "retirer un élément de la vue jusqu’à décision"),
    Can.SPAM: Text("mark an item as spam", "signaler un élément comme indésirable"),
    Can.TRASH: Text("put an item into the platform’s bin", "mettre un élément à la corbeille de la plateforme"),
    Can.DELETE: Text("delete an item for good", "supprimer définitivement un élément"),
    Can.REPLY: Text("answer an item in the name of the house", "répondre à un élément au nom de la maison"),
    Can.UPLOAD: Text("take a file that a post will show", "recevoir un fichier qu’une publication montrera"),
    Can.PUBLISH: Text("publish a post, or a part of one", "publier un message, ou une de ses parties"),
    Can.EDIT: Text("change what the house has published", "modifier ce que la maison a publié"),
    Can.WITHDRAW: Text("take down what the house has published", "retirer ce que la maison a publié"),
}


def capabilities_page() -> str:
    from parvis.channels.registry import connectors

    rows = []
    for can in Can:
        holders = ", ".join(slug for slug, connector in sorted(connectors().items()) if can in connector.acts) or "none"
        rows.append(f"| `{can.value}` | {CAN_WORDS[can].en} | {CAN_WORDS[can].fr} | {holders} |\n")
    head = "# Capabilities\n\nWhat may be asked of a platform.\n\n| capability | means | signifie | connectors |\n|---|---|---|---|\n"
    return MADE + head + "".join(rows)


def commands_page() -> str:
    rows = (f"| `parvis {name}` | {module.HELP.en} | {module.HELP.fr} |\n" for name, module in commands().items())
    head = "# Commands\n\n`parvis COMMAND --help` tells the arguments.\n\n| command | what it does | ce qu’elle fait |\n|---|---|---|\n"
    return MADE + head + "".join(rows)


def query_page() -> str:
    from parvis.core.query.fields import FIELDS
    from parvis.core.query.operators import OPERATORS

    signs = (f"| `{one.written}` | {one.help.en} | {one.help.fr} |\n" for one in OPERATORS)
    fields = (
        f"| `{one.name}:` | `{one.example}` | {one.help.en}{_choices(one.choices)} | {one.help.fr} |\n"
        for one in FIELDS
    )
    return (
        MADE
        + "# The query language\n\n## Words and operators\n\n| written | finds | trouve |\n|---|---|---|\n"
        + "".join(signs)
        + "\n## Fields\n\n| field | example | finds | trouve |\n|---|---|---|---|\n"
        + "".join(fields)
    )


def _choices(choices: tuple[str, ...]) -> str:
    return f" ({', '.join(f'`{choice}`' for choice in choices)})" if choices else ""


PAGES: dict[str, Callable[[], str]] = {
    "options.md": options_page,
    "errors.md": errors_page,
    "capabilities.md": capabilities_page,
    "commands.md": commands_page,
    "query.md": query_page,
}


def write() -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (DIRECTORY / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    open_django()
    write()
