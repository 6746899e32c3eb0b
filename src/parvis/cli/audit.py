"""`parvis audit verify`: whether the audit trail is as it was written."""

import argparse
import sys
from datetime import UTC, datetime

from parvis.cli import language, open_django
from parvis.core.errors import BadInput
from parvis.core.wording import Text

NAME = "audit"
HELP = Text("Check the audit trail.", "Vérifier le journal d’audit.")

_VERIFY = Text(
    "walk the whole trail; exit 0: whole, 1: changed", "parcourir tout le journal ; code 0 : intact, 1 : modifié"
)
_KNOWN = Text(
    "an end noted earlier, as ID:HASH; says whether the trail still holds it",
    "une fin notée auparavant, ID:EMPREINTE ; dit si le journal la contient encore",
)
_RESEAL = Text(
    "let a trail go on whose end does not fit, and record that",
    "laisser continuer un journal dont la fin ne correspond pas, et l’inscrire",
)
_REASON = Text("why, for the trail itself", "pourquoi, pour le journal lui-même")
_WHOLE = Text("The audit trail is whole: {count} entries.", "Le journal d’audit est intact : {count} entrées.")
_END = Text("It ends at {end}.", "Il finit à {end}.")
_CHANGED = Text("The audit trail was changed: {count} faults.", "Le journal d’audit a été modifié : {count} anomalies.")
_GONE = Text(
    "The trail does not hold the known end {known}: it was put back to an older state, or rewritten.",
    "Le journal ne contient pas la fin connue {known} : il a été ramené à un état antérieur, ou réécrit.",
)
_READ = Text("{count} entries read", "{count} entrées lues")
_RESEALED = Text("The trail goes on after entry {id}.", "Le journal reprend après l’entrée {id}.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help=_VERIFY.in_language(language()))
    verify.add_argument("--known", metavar="ID:HASH", help=_KNOWN.in_language(language()))
    reseal = actions.add_parser("reseal", help=_RESEAL.in_language(language()))
    reseal.add_argument("--reason", required=True, help=_REASON.in_language(language()))


def run(arguments: argparse.Namespace) -> int:
    open_django()
    return _reseal(arguments.reason) if arguments.action == "reseal" else _verify(arguments.known)


def _verify(known: str | None) -> int:
    from parvis.orgs.audit import verify
    from parvis.orgs.queries import audit_end, audit_holds

    fault_count = 0
    for fault in verify(progress=_show_progress):
        fault_count += 1
        print(fault.text.in_language(language()))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if known is not None and not audit_holds(*_known_end(known)):
        fault_count += 1
        _say(_GONE, known=known)
    end_id, end_hash = audit_end()
    if fault_count:
        _say(_CHANGED, count=fault_count)
        return 1
    _say(_WHOLE, count=end_id)
    if end_id:
        _say(_END, end=f"{end_id}:{end_hash}")
    return 0


def _known_end(known: str) -> tuple[int, str]:
    entry_id, _, written = known.partition(":")
    if not entry_id.isdecimal() or not written:
        raise BadInput(detail=Text(f"“{known}” is not ID:HASH", f"« {known} » n’est pas ID:EMPREINTE"))
    return int(entry_id), written


def _show_progress(count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{_READ.format(count=count).in_language(language())}", end="", file=sys.stderr, flush=True)


def _reseal(reason: str) -> int:
    from parvis.orgs.audit import reseal

    entry = reseal(None, reason=reason, now=datetime.now(UTC))
    _say(_RESEALED, id=entry.pk - 1)
    return 0


def _say(sentence: Text, **places: object) -> None:
    print(sentence.format(**places).in_language(language()))
