"""Records the answers that the connector's unit tests read, from the MediaWiki running in a directory.

    tests/real/servers/mediawiki.sh start /tmp/mw && PYTHONPATH=src:. python tests/real/record_mediawiki.py /tmp/mw

The wiki's address is written as https://wiki.example, so that a new recording changes only what MediaWiki changed.
"""

import asyncio
import json
import sys
from pathlib import Path

from tests.real.wiki import Editor

from parvis.connectors.mediawiki import connector
from parvis.net.client import HttpClient
from parvis.net.options import ClientOptions

ANSWERS = Path(__file__).parents[2] / "src/parvis/connectors/mediawiki/answers"


def write_something(editor):
    """One of each kind of change; the titles are new each time the directory is."""
    page = "Lac Léman"
    editor.edit(
        page, "Le '''lac''' de [[Genève|Genf]] & <b>l’eau</b>.\n\nLe directeur reste.\n\nTroisième.", "Nouvelle"
    )
    second = "Le '''lac''' de [[Genève|Genf]] & <b>l’eau</b>.\n\nLa directrice part, <i>hélas</i>.\n\nTroisième.\n\n"
    editor.edit(page, f"{second}Quatrième, [https://a.example tout neuf].", "/* Histoire */ correction")
    editor.edit("Talk:Lac Léman", "== Pourquoi ? ==\n{{Citation|texte=Une question}}\n* un\n* deux", "question")
    editor.edit("Talk:Lac Léman", "== Pourquoi ? ==\n{{Citation|texte=Une question}}\n* un\n* deux\n* trois", "")
    editor.edit("Jetable", "à effacer", "")
    editor.do("delete", title="Jetable", reason="inutile")
    editor.edit("Ancien nom", "contenu\n[[Category:Eaux]]", "")
    editor.do("move", **{"from": "Ancien nom", "to": "Nouveau nom", "reason": "mieux"})
    hidden = editor.edit("Nouveau nom", "une insulte\n[[Category:Eaux]]", "")
    editor.edit("Nouveau nom", "contenu\n[[Category:Eaux]]", "annulé")
    return hidden


def written(name, told, url):
    text = json.dumps(told, indent=1, ensure_ascii=False)
    for found in (url, url.replace("/", "\\\\/"), url.replace(":", "%3A").replace("/", "%2F")):
        text = text.replace(found, "https://wiki.example")
    (ANSWERS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


async def main(directory):
    editor = Editor(Path(directory))
    write_something(editor)
    async with HttpClient(ClientOptions(allowed_private_hosts=frozenset({"127.0.0.1"}))) as client:
        session = client.session(editor.api, {})
        account = await connector.check(session)
        session = client.session(editor.api, {}, facts=account.facts)
        number = 0
        async for fetched in connector.fetch(session, {}):
            for payload in fetched.payloads:
                number += 1
                told = {"endpoint": payload.endpoint, "url": payload.url, "facts": payload.facts}
                written(f"changes_{number}", {**told, "body": payload.body.decode()}, editor.url)
        pages = {"page": "/index.php?title=Lac_L%C3%A9man", "category": "/index.php?title=Category:Eaux", "home": "/"}
        for name, path in {**pages, "api": "/api.php?format=json"}.items():
            answer = await client.request("GET", editor.url + path, accept_statuses=frozenset({404}))
            headers = {"content-type": answer.headers["content-type"]}
            body = answer.body.decode()[:8000]
            written(name, {"endpoint": "pages", "url": answer.url, "headers": headers, "body": body}, editor.url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
