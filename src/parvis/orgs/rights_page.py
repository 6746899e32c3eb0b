"""The reference page of roles, written from the one table of rights."""

from collections.abc import Iterable

from django.utils.translation import override

from parvis.orgs.rights import RIGHTS, Action, Role

_INTRODUCTION = """# Roles

Who may do what. A role is held in one department or in the whole house; somebody may hold several.
The **owner** may do everything everywhere and stands outside the table; a house always has one.
Whoever may “invite people and give roles” gives only roles that can do no more than their own, and only where they hold it.

This page is written from the table in `src/parvis/orgs/rights.py` by `parvis member roles`.
"""


def rights_page() -> str:
    """Markdown, in English whatever the language of the terminal."""
    with override("en"):
        rows = [["", *(str(role.label) for role in Role)]]
        rows += [[str(action.label), *(_mark(role, action) for role in Role)] for action in Action]
    return f"{_INTRODUCTION}\n{_table(rows)}"


def _mark(role: Role, action: Action) -> str:
    return "yes" if action in RIGHTS[role] else "–"


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_line(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    rule = _line("-" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
