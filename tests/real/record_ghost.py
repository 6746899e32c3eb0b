"""Records the answers that the connector's unit tests read, from the Ghost running in a directory.

    tests/real/servers/ghost.sh start /tmp/gh && PYTHONPATH=. python tests/real/record_ghost.py /tmp/gh

The site's address is written as https://site.example, and members' addresses are Ghost's own test data.
"""

import json
import sys
import urllib.request
from pathlib import Path

from tests.real.ghostly import Keeper

ANSWERS = Path(__file__).parents[2] / "src/parvis/connectors/ghost/answers"
PAGES = ANSWERS.parent / "pages"


def main(directory):
    lines = (Path(directory) / "env").read_text().splitlines()
    env = {key: value.strip("'") for key, _, value in (line.partition("=") for line in lines)}
    keeper, url = Keeper(env), env["URL"]

    def told(text):
        return text.replace(url, "https://site.example")

    def keep(name, endpoint, body, **facts):
        kept = {"endpoint": endpoint, "url": f"https://site.example/ghost/api/admin/{endpoint}/", "facts": facts}
        kept |= {"content_type": "application/json", "body": json.loads(told(json.dumps(body, ensure_ascii=False)))}
        (ANSWERS / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    house, anna = keeper.member("desk@example.test", "The house"), keeper.member("anna@example.test", "Anna")
    picture = {"feature_image": f"{url}/content/images/lake.png", "feature_image_alt": "Un lac « bleu »"}
    post = keeper.post("L’été & <nous>", "<p>Bonjour &amp; merci<br>à vous</p>", custom_excerpt="En bref", **picture)
    draft = keeper.post("Brouillon", status="draft")
    first = keeper.comment(anna, "<p>Erste Zeile<br>zweite &amp; mehr</p>", post_id=post["id"])
    second = keeper.comment(house, "<p>Merci 1 &lt; 2</p>", parent_id=first["id"])
    third = keeper.comment(anna, "<p>Bitte</p>", parent_id=first["id"], in_reply_to_id=second["id"])
    hidden = keeper.comment(anna, "<p>Hidden</p>", post_id=post["id"])
    deleted = keeper.comment(anna, "<p>Deleted</p>", post_id=post["id"])
    keeper.comment(anna, "<p>below</p>", parent_id=deleted["id"])
    keeper.set_status(hidden["id"], "hidden")
    keeper.set_status(deleted["id"], "deleted")
    numbers = ",".join(row["id"] for row in (first, second, third, hidden))
    some = keeper.ask("GET", "comments/", filter=f"id:[{numbers}]", order="id asc")
    gone = keeper.ask("GET", f"comments/{deleted['id']}/", include="post,member")
    some["comments"] += gone["comments"]
    keep("comments", "comments", some, member_id=house["id"])
    single = keeper.ask("GET", f"comments/{second['id']}/", include="post,member,parent,in_reply_to")
    keep("comment_single", "comments", single, member_id=house["id"])
    wanted = {"formats": "html", "include": "authors", "order": "id asc"}
    keep("posts", "posts", keeper.ask("GET", "posts/", filter=f"id:[{post['id']},{draft['id']}]", **wanted))
    keep("pages", "pages", keeper.ask("GET", "pages/", limit=1, **wanted))
    note = {"gone": [{"id": deleted["id"], "kind": "comment"}, {"id": draft["id"], "kind": "article"}]}
    keep("gone", "gone", note)
    PAGES.mkdir(exist_ok=True)
    with urllib.request.urlopen(post["url"], timeout=30) as page:
        (PAGES / "article.html").write_text(told(page.read().decode()))
    (PAGES / "site.json").write_text(told(json.dumps(keeper.ask("GET", "site/"), ensure_ascii=False)))


if __name__ == "__main__":
    main(sys.argv[1])
