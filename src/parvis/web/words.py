"""The words that scripts show, given to them with the page so that they are translated like the rest."""

from django.utils.translation import gettext as _


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
        "selected": _("{n} selected"),
        "all_selected": _("All {n} that match are selected"),
        "key_next": _("Next"),
        "key_previous": _("Previous"),
        "key_open": _("Open"),
        "key_back": _("Back"),
        "key_select": _("Select"),
        "key_select_all": _("Select all that match"),
        "key_digit": _("then a digit: the reason"),
        "key_palette": _("Command palette"),
        "key_goto": _("g, then"),
        "nothing_found": _("Nothing of that name"),
        "discard": _("Leave the text that you began? It stays as a draft."),
    }
