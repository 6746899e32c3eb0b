"""Archives: files that a house brings from elsewhere, read by the import command and parsed like any payload.

`reading.read` gives a file's records step by step; there is nothing to open, to poll or to do here.
"""

from parvis.connectors.archive.parse import parse
from parvis.connectors.archive.reading import ArchiveStep, read
from parvis.core.connector import Account, Connector, Session
from parvis.core.types import Answer, Recognition
from parvis.core.wording import Text

__all__ = ["ArchiveStep", "connector", "read"]

NAME = Text("Archive", "Archive")


def recognise(answer: Answer) -> list[Recognition]:
    """Nothing: a file is not pasted as an address."""
    del answer
    return []


async def check(session: Session) -> Account:
    """Nobody signs in to a file."""
    return Account(name=session.address or NAME.en, can=frozenset(), facts={})


connector = Connector(
    slug="archive",
    name=NAME,
    version=1,
    recognise=recognise,
    fetch=None,
    parse=parse,
    check=check,
    guide=Text(
        "WordPress: Tools → Export → All content gives an .xml file.\n"
        "Mastodon: Preferences → Import and export → Request your archive gives a .zip or .tar.gz file.\n"
        "Anything else: a CSV or JSON Lines file with a column “text”.",
        "WordPress : Outils → Exporter → Tout le contenu donne un fichier .xml.\n"
        "Mastodon : Préférences → Import et export → Demander vos archives donne un fichier .zip ou .tar.gz.\n"
        "Tout le reste : un fichier CSV ou JSON Lines avec une colonne « texte ».",
    ),
    opens_conversations=frozenset(),
)
