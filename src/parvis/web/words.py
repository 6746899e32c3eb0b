"""The words that scripts show, given to them with the page so that they are translated like the rest."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


def script_words() -> dict[str, str]:
    return {
        "now": _("now"),
        "minutes": _("{n} min"),
        "hours": _("{n} h"),
        "undo_in": _("Undo ({n} s)"),
        "offline": _("The connection is interrupted. Parvis tries again by itself; what you type is kept."),
        "failed": _("This did not arrive. Nothing was changed; try once more."),
        "kept": _("Draft kept"),
        "kept_here": _("Draft kept in this browser"),
        "new_rows": _("Show what is new"),
        "selected_one": ngettext("{n} selected", "{n} selected", 1),
        "selected": ngettext("{n} selected", "{n} selected", 2),
        "all_selected": _("All {n} that match are selected"),
        "choice": _("{what}: {choice}"),
        "nothing_found": _("Nothing of that name"),
        "discard": _("Leave the text that you began? It stays as a draft."),
    }


def key_words() -> list[tuple[str, str]]:
    """Every key that is the same on each page; a page's own and the places behind `g` are added by the scripts."""
    return [
        ("j", _("Next")),
        ("k", _("Previous")),
        ("Enter", pgettext("key", "Open")),
        ("Esc", _("Back")),
        ("e", _("Done, or open again")),
        ("a", _("Approve")),
        ("x", _("Refuse, then a digit: the reason")),
        ("s", _("Spam")),
        ("r", _("Answer")),
        ("n", _("Note for colleagues")),
        ("m", _("Assign to me")),
        ("Shift-M", _("Assign to somebody")),
        ("z", _("Snooze")),
        ("l", _("Labels")),
        ("u", _("Undo")),
        (".", _("Select")),
        ("Shift-.", _("Select all that match")),
        ("/", _("Search")),
        ("Ctrl K", _("Command palette")),
        ("?", _("All keys")),
    ]
