"""Every error that Parvis raises on purpose, in one tree.

ParvisError
├── BadInput               somebody gave something that cannot be used; nothing was changed
│   ├── AddressNotUnderstood, FieldMissing, FileNotUnderstood, TextTooLong, NothingHere
│   ├── NothingToDo        nothing of what was chosen fits
│   ├── QueryNotUnderstood  a filter or search that cannot be read; says where, and the repair
│   ├── NotOffered
│   ├── LinkSpent, AlreadyMember, LastOwner
│   ├── NoSuchTime         the clock jumps over it
│   ├── PostNotFit         something stands in a post's way
│   ├── MediaUnreadable    no picture, film, sound, captions or document, or a broken one
│   ├── MediaUnfit         it can be read, but nothing that the platform takes can be made of it
│   ├── CaptionsFaulty     captions with a mistake in a line
│   ├── FileTooLarge, KindNotTaken, FileRefused, FileNotWorkedOn
│   ├── PieceOutOfPlace    an upload goes on somewhere else
│   ├── AssetInUse         posts name it
├── NotAllowed             the right is missing
│   ├── NotInvited, EmailNotVouched
├── Conflict               somebody else was quicker; nothing was changed
│   ├── TooLate            what was to be taken back has already left
│   ├── DraftConflict      two people wrote in the same place; both texts are kept
│   └── LeaseLost          another worker holds the row by now
├── HouseError             this machine: disk, database, configuration
│   ├── DiskFull, DiskNotWritable, DatabaseBusy, DatabaseGone
│   ├── LibraryFull        no more room is allowed to files
│   ├── ConnectorFaulty, ConnectorMissing
│   └── KeyMissing
└── RemoteError            the other side, or the way to it
    ├── NotEncrypted       a password would travel in the open; nothing was sent
    ├── Unreachable        no answer
    │   ├── AddressRefused     the guard said no
│   │   └── WayRefused         for another reason than a private address
    │   ├── TlsFailed
    │   └── TimedOut
    ├── OutcomeUnknown     nobody can tell whether it happened
    ├── AnswerUnusable     an answer that cannot be used
    │   ├── AnswerTooLarge, AnswerNotUnderstood, TooManyRedirects
    ├── RemoteBroken       5xx
    ├── RateLimited        429 and its kin
    └── Refused            4xx: the other side understood and said no
        ├── CredentialsRejected, RightMissing, RemoteGone

Each class has a `code` (stable, documented in docs/reference/errors.md), a sentence in both
languages that the reader can act on, and `retry_after_s` where waiting helps.
"""

from typing import ClassVar

from parvis.core.post import Fault
from parvis.core.types import Answer
from parvis.core.wording import Text


class ParvisError(Exception):
    """The root. `places` fill the sentence; `retry_after_s` (seconds) is None where waiting does not help."""

    code: ClassVar[str] = "error"
    sentence: ClassVar[Text] = Text("Something went wrong: {detail}.", "Une erreur est survenue : {detail}.")
    default_retry_s: ClassVar[float | None] = None

    def __init__(self, *, retry_after_s: float | None = None, **places: object) -> None:
        self.places = places
        self.retry_after_s = self.default_retry_s if retry_after_s is None else retry_after_s
        super().__init__(self.text.en)

    @property
    def text(self) -> Text:
        return self.sentence.format(**self.places)

    @property
    def facts(self) -> dict[str, str]:
        """What a row keeps of it, to be shown to somebody of either language."""
        return {"code": self.code, "en": self.text.en, "fr": self.text.fr}


class BadInput(ParvisError):
    code = "bad_input"
    sentence = Text("This cannot be used: {detail}.", "Cela ne peut pas être utilisé : {detail}.")


class AddressNotUnderstood(BadInput):
    code = "address_not_understood"
    sentence = Text(
        "“{address}” is not an address that can be opened. Write it as in a browser: https://example.org.",
        "« {address} » n’est pas une adresse valable. Écrivez-la comme dans un navigateur : https://exemple.ch.",
    )


class FieldMissing(BadInput):
    code = "field_missing"
    sentence = Text("“{field}” is missing.", "Il manque « {field} ».")


class FileNotUnderstood(BadInput):
    code = "file_not_understood"
    sentence = Text("The file “{name}” cannot be read: {detail}.", "Le fichier « {name} » est illisible : {detail}.")


class TextTooLong(BadInput):
    code = "text_too_long"
    sentence = Text(
        "The text has {length} characters; at most {limit} are possible here.",
        "Le texte compte {length} signes ; {limit} au plus sont possibles ici.",
    )


class NothingHere(BadInput):
    code = "nothing_here"
    sentence = Text(
        "Nothing that Parvis can read was found at {address}: no WordPress site and no feed.",
        "Parvis n’a rien trouvé de lisible à l’adresse {address} : ni site WordPress ni flux.",
    )


class LinkSpent(BadInput):
    code = "link_spent"
    sentence = Text(
        "This link no longer works: it was used, withdrawn or has expired. Ask the person who sent it for a new one.",
        "Ce lien ne fonctionne plus : il a été utilisé, retiré ou a expiré. Demandez-en un nouveau à qui vous l’a envoyé.",
    )


class AlreadyMember(BadInput):
    code = "already_member"
    sentence = Text("{email} already belongs to this house.", "{email} fait déjà partie de cette maison.")


class LastOwner(BadInput):
    code = "last_owner"
    sentence = Text(
        "{name} is the last owner. Make somebody else an owner first.",
        "{name} est la dernière personne propriétaire. Nommez-en d’abord une autre.",
    )


class QueryNotUnderstood(BadInput):
    """`start` and `end` are characters of the query; `repair` is a sentence, `repaired` the whole query mended."""

    code = "query_not_understood"
    sentence = Text(
        "The query cannot be read at character {at}: {detail}.",
        "La requête est illisible au caractère {at} : {detail}.",
    )

    def __init__(
        self, *, start: int, end: int, detail: Text, repair: Text | None = None, repaired: str | None = None
    ) -> None:
        self.start = start
        self.end = end
        self.repair = repair
        self.repaired = repaired
        super().__init__(at=start + 1, detail=detail)


class QueryNotForListening(BadInput):
    code = "query_not_for_listening"
    sentence = Text(
        "This query cannot listen: {detail}.",
        "Cette requête ne peut pas écouter\u202f: {detail}.",
    )


class NotOffered(BadInput):
    code = "not_offered"
    sentence = Text(
        "“{channel}” cannot do this: neither its platform nor its account offers it ({act}).",
        "« {channel} » ne le permet pas : ni sa plateforme ni son compte ne l’offrent ({act}).",
    )


class NoSuchTime(BadInput):
    """`before` and `after` are the nearest times that there are."""

    code = "no_such_time"
    sentence = Text(
        "There is no {time} in {zone}: the clock jumps over it. The nearest times are {before} and {after}.",
        "Il n’y a pas de {time} à {zone}\u202f: l’horloge saute cette heure. Les plus proches sont {before} et {after}.",
    )


class PostNotFit(BadInput):
    """`faults`: by channel id, what stands in the way there."""

    code = "post_not_fit"
    sentence = Text(
        "This post cannot leave for {channels} as it is: {detail}.",
        "Ce contenu ne peut pas partir tel quel pour {channels}\u202f: {detail}.",
    )

    def __init__(self, *, faults: dict[int, list[Fault]], channels: str, detail: Text) -> None:
        self.faults = faults
        super().__init__(channels=channels, detail=detail)


class FileRefused(FileNotUnderstood):
    """`detail` is a whole sentence of who has looked into it."""

    code = "file_refused"
    sentence = Text("“{name}” is not taken. {detail}", "«\u202f{name}\u202f» n’est pas accepté. {detail}")


class FileNotWorkedOn(FileNotUnderstood):
    """The process that reads it crashed, or took too long or too much memory."""

    code = "file_not_worked_on"
    sentence = Text(
        "“{name}” could not be worked on: {detail}.", "«\u202f{name}\u202f» n’a pas pu être traité\u202f: {detail}."
    )


class FileTooLarge(BadInput):
    code = "file_too_large"
    sentence = Text(
        "“{name}” has {size_mb} MB; at most {limit_mb} MB are taken here (PARVIS_UPLOAD_MB).",
        "«\u202f{name}\u202f» pèse {size_mb} Mo\u202f; on en prend ici au plus {limit_mb} (PARVIS_UPLOAD_MB).",
    )


class KindNotTaken(BadInput):
    code = "kind_not_taken"
    sentence = Text(
        "“{name}” is {kind}, which this house does not take into its library (PARVIS_UPLOAD_KINDS).",
        "«\u202f{name}\u202f» est de la sorte «\u202f{kind}\u202f», que cette maison ne prend pas dans sa médiathèque (PARVIS_UPLOAD_KINDS).",
    )


class PieceOutOfPlace(BadInput):
    """`received_bytes`: where the upload goes on."""

    code = "piece_out_of_place"
    sentence = Text(
        "This upload goes on at byte {received_bytes}, not at byte {offset}. What has arrived is kept.",
        "Ce téléversement reprend à l’octet {received_bytes}, non à l’octet {offset}. Ce qui est arrivé est gardé.",
    )

    def __init__(self, *, received_bytes: int, offset: int) -> None:
        self.received_bytes = received_bytes
        super().__init__(received_bytes=received_bytes, offset=offset)


class AssetInUse(BadInput):
    code = "asset_in_use"
    sentence = Text(
        "“{title}” is used in {count} places and cannot be deleted. Archive it: it is then offered no more.",
        "«\u202f{title}\u202f» sert à {count} endroits et ne peut pas être supprimé. Archivez-le\u202f: il n’est alors plus proposé.",
    )


class MediaUnreadable(BadInput):
    code = "media_unreadable"
    sentence = Text("This file cannot be used: {detail}.", "Ce fichier est inutilisable\u202f: {detail}.")


class MediaUnfit(BadInput):
    code = "media_unfit"
    sentence = Text(
        "Nothing that fits there can be made of this file: {detail}.",
        "On ne peut rien faire de ce fichier qui y convienne\u202f: {detail}.",
    )


class CaptionsFaulty(BadInput):
    """`line` counts from 1."""

    code = "captions_faulty"
    sentence = Text(
        "The captions cannot be read at line {line}: {detail}.",
        "Les sous-titres sont illisibles à la ligne {line}\u202f: {detail}.",
    )

    def __init__(self, *, line: int, detail: Text) -> None:
        self.line = line
        super().__init__(line=line, detail=detail)


class NothingToDo(BadInput):
    code = "nothing_to_do"
    sentence = Text(
        "Nothing of what you chose is there (any more) for this.",
        "Rien de ce que vous avez choisi ne s’y prête (plus).",
    )


class NotAllowed(ParvisError):
    code = "not_allowed"
    sentence = Text(
        "Your role does not allow this ({action}). Somebody with the right can do it or give it to you.",
        "Votre rôle ne le permet pas ({action}). Une personne qui en a le droit peut le faire ou vous le donner.",
    )


class NotInvited(NotAllowed):
    code = "not_invited"
    sentence = Text(
        "Nobody has invited {email} to this house. Ask somebody who manages people for an invitation.",
        "Personne n’a invité {email} dans cette maison. Demandez une invitation à qui gère les personnes.",
    )


class EmailNotVouched(NotAllowed):
    code = "email_not_vouched"
    sentence = Text(
        "The sign-in provider does not confirm that {email} is yours. Sign in with your password, or have it confirmed there.",
        "Le fournisseur d’identification ne confirme pas que {email} est à vous. Utilisez votre mot de passe ou faites confirmer l’adresse chez lui.",
    )


class Conflict(ParvisError):
    code = "conflict"
    sentence = Text(
        "{who} was quicker: {detail}. Nothing was changed.", "{who} a été plus rapide : {detail}. Rien n’a changé."
    )


class TooLate(Conflict):
    code = "too_late"
    sentence = Text(
        "This can no longer be taken back: it has left for the platform.",
        "Trop tard pour annuler : c’est déjà parti vers la plateforme.",
    )


class DraftConflict(Conflict):
    """`theirs` is by field what stands there now; `kept_version` the number under which the writer's own is kept."""

    code = "draft_conflict"
    sentence = Text(
        "{who} has changed the same place ({fields}). Your text is kept as version {kept_version}; put both together.",
        "{who} a changé le même passage ({fields}). Votre texte est gardé comme version {kept_version}\u202f; réunissez les deux.",
    )

    def __init__(self, *, who: str | Text, theirs: dict[str, object], kept_version: int, version: int) -> None:
        self.theirs = theirs
        self.kept_version = kept_version
        self.version = version
        """The one that stands now."""
        super().__init__(who=who, fields=", ".join(theirs), kept_version=kept_version)


class LeaseLost(Conflict):
    code = "lease_lost"
    sentence = Text(
        "Another worker has taken this over. Nothing was changed.",
        "Un autre processus a pris le relais. Rien n’a changé.",
    )


class HouseError(ParvisError):
    code = "house"
    sentence = Text("This machine is in trouble: {detail}.", "Cette machine a un problème : {detail}.")


class DiskFull(HouseError):
    code = "disk_full"
    sentence = Text(
        "The disk of this installation is full. What was saved before is safe; make room on it, then try once more.",
        "Le disque de cette installation est plein. Ce qui était enregistré est sauf ; libérez de la place, puis réessayez.",
    )


class LibraryFull(HouseError):
    code = "library_full"
    sentence = Text(
        "The library has no room for {size_mb} MB more: {limit_gb} GB are allowed to it (PARVIS_LIBRARY_GB). Delete what is not used.",
        "La médiathèque n’a plus de place pour {size_mb} Mo\u202f: {limit_gb} Go lui sont accordés (PARVIS_LIBRARY_GB). Supprimez ce qui ne sert pas.",
    )


class DiskNotWritable(HouseError):
    code = "disk_not_writable"
    sentence = Text(
        "The data directory of this installation can only be read. What was saved before is safe; make it writable again.",
        "Le dossier de données de cette installation est en lecture seule. Ce qui était enregistré est sauf ; "
        "rendez-le accessible en écriture.",
    )


class DiskFailing(HouseError):
    code = "disk_failing"
    sentence = Text(
        "The disk of this installation does not take what is written to it. What was saved before is safe; "
        "look after the disk, then start Parvis again.",
        "Le disque de cette installation ne prend pas ce qu’on y écrit. Ce qui était enregistré est sauf\u202f; "
        "occupez-vous du disque, puis redémarrez Parvis.",
    )


class DatabaseBusy(HouseError):
    code = "database_busy"
    sentence = Text(
        "The database was busy for too long, and nothing was changed. Try once more in a moment.",
        "La base de données était occupée trop longtemps, et rien n’a été changé. Réessayez dans un moment.",
    )
    default_retry_s = 5.0


class DatabaseGone(HouseError):
    code = "database_gone"
    sentence = Text(
        "The database does not answer, and nothing was changed. Parvis goes on by itself once it is back.",
        "La base de données ne répond pas, et rien n’a été changé. Parvis continue de lui-même dès qu’elle revient.",
    )
    default_retry_s = 5.0


class KeyMissing(HouseError):
    code = "key_missing"
    sentence = Text(
        "A stored secret cannot be opened with the keys at hand. Put the old key back into PARVIS_SECRET_KEYS.",
        "Un secret enregistré ne s’ouvre avec aucune des clés. Remettez l’ancienne clé dans PARVIS_SECRET_KEYS.",
    )


class ConnectorFaulty(HouseError):
    """A connector does not keep its contract: neither it nor the program is started."""

    code = "connector_faulty"
    sentence = Text(
        "The connector “{slug}” cannot be used: {detail}.", "Le connecteur « {slug} » est inutilisable : {detail}."
    )


class ConnectorMissing(HouseError):
    code = "connector_missing"
    sentence = Text(
        "This installation has no connector called “{slug}”.",
        "Cette installation n’a pas de connecteur nommé « {slug} ».",
    )


class RemoteError(ParvisError):
    """`maybe_done` is True where the request may have been carried out although no usable answer came.

    `answer` is what the other side did send, where a whole answer came; its JSON often says more.
    """

    code = "remote"
    sentence = Text("{host} did not answer as expected: {detail}.", "{host} n’a pas répondu comme prévu : {detail}.")
    default_retry_s: ClassVar[float | None] = 60.0

    def __init__(
        self,
        *,
        maybe_done: bool = False,
        answer: Answer | None = None,
        retry_after_s: float | None = None,
        **places: object,
    ) -> None:
        self.maybe_done = maybe_done
        self.answer = answer
        super().__init__(retry_after_s=retry_after_s, **places)


class NotEncrypted(RemoteError):
    code = "not_encrypted"
    default_retry_s = None
    sentence = Text(
        "The password would travel to {host} in the open. Use an address that begins with https.",
        "Le mot de passe voyagerait en clair jusqu’à {host}. Utilisez une adresse qui commence par https.",
    )


class Unreachable(RemoteError):
    code = "unreachable"
    sentence = Text(
        "{host} cannot be reached: {detail}.",
        "{host} est injoignable : {detail}.",
    )


class AddressRefused(Unreachable):
    code = "address_refused"
    default_retry_s = None
    sentence = Text(
        "{host} leads to a private address ({address}), which is refused. "
        "If it is yours, name it in PARVIS_ALLOWED_PRIVATE_HOSTS.",
        "{host} mène à une adresse privée ({address}), ce qui est refusé. "
        "Si elle est à vous, nommez-la dans PARVIS_ALLOWED_PRIVATE_HOSTS.",
    )


class WayRefused(AddressRefused):
    code = "way_refused"
    sentence = Text(
        "Parvis does not open this address of {host}: {detail}.",
        "Parvis n’ouvre pas cette adresse de {host} : {detail}.",
    )


class TlsFailed(Unreachable):
    code = "tls_failed"
    default_retry_s = 3600.0
    sentence = Text(
        "The certificate of {host} is not valid: {detail}. Its operator must renew it.",
        "Le certificat de {host} n’est pas valable : {detail}. Son exploitant doit le renouveler.",
    )


class TimedOut(Unreachable):
    code = "timed_out"
    sentence = Text("{host} took longer than {limit_s} s to answer.", "{host} a mis plus de {limit_s} s à répondre.")


class OutcomeUnknown(RemoteError):
    code = "outcome_unknown"
    default_retry_s = None
    sentence = Text(
        "Nobody can tell whether {host} carried this out: no answer came. Look there, then say whether it happened.",
        "Impossible de savoir si {host} l’a fait : aucune réponse n’est venue. "
        "Regardez là-bas, puis dites si c’est arrivé.",
    )


class AnswerUnusable(RemoteError):
    code = "answer_unusable"


class AnswerTooLarge(AnswerUnusable):
    code = "answer_too_large"
    default_retry_s = 3600.0
    sentence = Text(
        "{host} sent more than {limit_mb} MB; the rest was not read.",
        "{host} a envoyé plus de {limit_mb} Mo ; le reste n’a pas été lu.",
    )


class AnswerNotUnderstood(AnswerUnusable):
    code = "answer_not_understood"
    default_retry_s = 600.0
    sentence = Text(
        "{host} answered with something else than expected: {detail}.",
        "{host} a répondu autre chose que prévu : {detail}.",
    )


class TooManyRedirects(AnswerUnusable):
    code = "too_many_redirects"
    default_retry_s = 3600.0
    sentence = Text(
        "{host} sends from one address to the next without end.", "{host} renvoie sans fin d’une adresse à l’autre."
    )


class RemoteBroken(RemoteError):
    code = "remote_broken"
    sentence = Text(
        "{host} has a fault of its own ({status}).",
        "{host} est en panne ({status}).",
    )


class RateLimited(RemoteError):
    code = "rate_limited"
    sentence = Text(
        "{host} asks to wait before it is asked again.",
        "{host} demande d’attendre avant d’être interrogé de nouveau.",
    )


class Refused(RemoteError):
    code = "refused"
    default_retry_s = None
    sentence = Text("{host} refused: {detail}.", "{host} a refusé : {detail}.")


class CredentialsRejected(Refused):
    code = "credentials_rejected"
    sentence = Text(
        "{host} does not accept the sign-in. Enter the name and password of this channel again.",
        "{host} n’accepte pas l’identification. Saisissez de nouveau le nom et le mot de passe de ce canal.",
    )


class RightMissing(Refused):
    code = "right_missing"
    sentence = Text(
        "The account at {host} may not do this: {detail}.", "Le compte sur {host} n’a pas ce droit : {detail}."
    )


class RemoteGone(Refused):
    code = "remote_gone"
    sentence = Text("{host} no longer has this: {detail}.", "{host} ne l’a plus : {detail}.")


def every_error() -> list[type[ParvisError]]:
    """The whole tree, root first: for the reference page and the test that holds it complete."""
    found: list[type[ParvisError]] = [ParvisError]
    for error in found:
        found.extend(error.__subclasses__())
    return found
