"""The sentence and the severity of a link that alarms."""

from parvis.core.integrity.findings import Finding, Kind, Severity, excerpt, finding
from parvis.core.integrity.hiding import By
from parvis.core.integrity.links import Zone
from parvis.core.integrity.weighing import Weighed
from parvis.core.wording import Text

_PLACES: dict[Zone, Text] = {
    Zone.BEFORE: Text("stands before the page begins", "se trouve avant le début de la page"),
    Zone.AFTER: Text("stands after the end of the page", "se trouve après la fin de la page"),
    Zone.BEHIND_BODY: Text("stands behind the body of the page", "se trouve derrière le corps de la page"),
    Zone.HEAD: Text("stands in the head of the page", "se trouve dans l’en-tête de la page"),
    Zone.BODY: Text("can be seen by everybody", "est visible de tous"),
    Zone.WRITTEN: Text("is written by a script", "est écrit par un script"),
}
_ENCODED = Text("is written by a script that conceals it", "est écrit par un script qui le dissimule")
_HIDINGS: dict[By, Text] = {
    By.DISPLAY: Text("is hidden (display: none)", "est caché (display: none)"),
    By.VISIBILITY: Text("is hidden (visibility)", "est caché (visibility)"),
    By.ATTRIBUTE: Text("is hidden (hidden, template or dialog)", "est caché (hidden, template ou dialog)"),
    By.SCRIPT: Text("is hidden by a script", "est caché par un script"),
    By.NOSCRIPT: Text("shows without scripts only", "n’apparaît que sans scripts"),
    By.OVERFLOW: Text("is cut off", "est coupé"),
    By.CLIP: Text("is cut off (clip)", "est coupé (clip)"),
    By.OPACITY: Text("is transparent", "est transparent"),
    By.OFF_SCREEN: Text("stands far outside of the screen", "se trouve loin hors de l’écran"),
    By.SIZE: Text("stands in a box without size", "se trouve dans une boîte sans dimension"),
    By.FONT: Text("has letters without size", "a des lettres sans taille"),
    By.INDENT: Text("is moved out of its box (text-indent)", "est poussé hors de sa boîte (text-indent)"),
    By.COLOUR: Text("has the colour of its background", "a la couleur du fond"),
    By.BEHIND: Text("stands behind the page (z-index)", "se trouve derrière la page (z-index)"),
}
_SIGNS: dict[str, Text] = {
    "words": Text("says what spam says", "dit ce que dit le spam"),
    "off-topic": Text("is not what the page is about", "est sans rapport avec la page"),
    "script": Text("is in another script than the page", "est dans une autre écriture que la page"),
    "language": Text("is in another language than the page", "est dans une autre langue que la page"),
    "doorway": Text("its address is of the sort that doorways have", "son adresse est de celles des pages satellites"),
    "stray": Text(
        "stands with others to hosts named nowhere else",
        "côtoie d’autres liens vers des hôtes nommés nulle part ailleurs",
    ),
}
_SENTENCE = Text(
    "The link “{text}” to {host} {place}{reasons}.",
    "Le lien «\u202f{text}\u202f» vers {host} {place}{reasons}.",
)


def said(one: Weighed) -> Finding:
    link, group = one.link, one.group
    kind, place = _kind_and_place(one)
    reasons = [_SIGNS[sign] for sign in one.signs]
    text = excerpt(link.text or link.title or link.href, longest=80)
    together = Text(
        "".join(f"; {reason.en}" for reason in reasons), "".join(f"\u202f; {reason.fr}" for reason in reasons)
    )
    evidence = _SENTENCE.format(text=text, host=link.host, place=place, reasons=together)
    return finding(kind, _severity(one, is_visible=group.is_visible), link.href, evidence)


def _kind_and_place(one: Weighed) -> tuple[Kind, Text]:
    link = one.link
    if link.zone is Zone.WRITTEN:
        return Kind.WRITTEN_LINK, _ENCODED if one.group.is_encoded else _PLACES[Zone.WRITTEN]
    if link.zone is not Zone.BODY and not (link.hidden and link.zone is Zone.BEHIND_BODY):
        return Kind.LINK_OUTSIDE, _PLACES[link.zone]
    if not one.group.is_visible and link.hidden is not None:
        return Kind.HIDDEN_LINK, _HIDINGS[link.hidden.by]
    place = _PLACES[Zone.BODY]
    if "script" in one.signs or "language" in one.signs:
        return Kind.FOREIGN_LINK, place
    return (Kind.DOORWAY_LINK if "doorway" in one.signs else Kind.SPAM_LINK), place


def _severity(one: Weighed, *, is_visible: bool) -> Severity:
    if one.points >= 8:
        return Severity.CRITICAL
    return Severity.MEDIUM if is_visible and one.points < 6 else Severity.HIGH
