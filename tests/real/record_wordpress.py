"""Records the answers that the connector's unit tests read, from the WordPress running in a directory.

    tests/real/servers/wordpress.sh start /tmp/wp && python tests/real/record_wordpress.py /tmp/wp

The site's address is written as https://site.example, so that a new recording changes only what WordPress changed.
"""

import base64
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

ANSWERS = Path(__file__).parents[2] / "src/parvis/connectors/wordpress/answers"
KEPT_HEADERS = ("content-type", "link", "x-wp-total", "x-wp-totalpages")
PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def main(directory):
    lines = (Path(directory) / "env").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines)
    url, api = env["URL"], env["API"]

    def ask(method, address, *, user="admin", fields=None, picture=None):
        headers = {"Content-Type": "application/json"} if fields else {}
        if user:
            signed = f"{user}:{env[f'{user.upper()}_APP_PASSWORD']}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(signed).decode()
        if picture:
            headers |= {"Content-Type": "image/gif", "Content-Disposition": 'attachment; filename="lake.gif"'}
        data = json.dumps(fields).encode() if fields else picture
        request = urllib.request.Request(address, data=data, headers=headers, method=method)
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            return error

    def made(path, **fields):
        return json.loads(ask("POST", f"{api}/{path}", fields=fields).read())["id"]

    def record(name, address, **facts):
        user = facts.pop("user", "admin")
        with ask("GET", address, user=user) as answer:
            kept = {
                "status": answer.status,
                "url": address.replace(url, "https://site.example"),
                "headers": {
                    key: answer.headers[key].replace(url, "https://site.example")
                    for key in KEPT_HEADERS
                    if answer.headers[key]
                },
                "facts": facts,
                "body": answer.read()
                .decode()
                .replace(url.replace("/", "\\/"), "https:\\/\\/site.example")
                .replace(url, "https://site.example"),
            }
        (ANSWERS / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    picture = json.loads(ask("POST", f"{api}/media", picture=PICTURE).read())["id"]
    ask("POST", f"{api}/media/{picture}", fields={"alt_text": "Ein See & ein Berg"})
    post = made(
        "posts", title="Le lac <em>d’été</em> & l’eau", content="Un texte.", status="publish", featured_media=picture
    )
    draft = made("posts", title="Brouillon", content="x", status="draft")
    page = made("pages", title="Impressum", content="Wer wir sind.", status="publish")
    anna = {"author_name": "Anna <b>B</b>", "author_email": "Anna@Example.test", "author_url": "https://anna.example/"}
    first = made("comments", post=post, content="Erste Zeile\nzweite & mehr\n\nneuer Absatz", status="hold", **anna)
    approved = made("comments", post=post, content="Bien dit <em>!</em>", status="approve", parent=first, **anna)
    spam = made(
        "comments",
        post=post,
        content="https://spam.example cheap",
        status="spam",
        author_name="x",
        author_email="x@example.test",
    )
    trash = made("comments", post=post, content="weg", status="trash", **anna)
    key = "0b8f1c1e-3c1b-4d53-9c52-6f6f0a4a7d11"
    answer = made(
        "comments", post=post, content="Merci 1 &lt; 2", parent=first, author_user_agent=f"Parvis/0.1 effect {key}"
    )
    numbers = ",".join(map(str, (first, approved, spam, trash, answer)))
    edit = "context=edit&orderby=id&order=asc&per_page=100"
    embed = "_embed=author,wp:featuredmedia"
    statuses = "status=publish,draft,trash"
    house = {"user_id": "1", "house_user_ids": "1,2,3"}
    record("comments", f"{api}/comments?{edit}&status=any&include={numbers}", **house)
    record("comments_public", f"{api}/comments?include={numbers}", user="")
    record("comment_single", f"{api}/comments/{answer}?context=edit", single="1", **house)
    record("posts", f"{api}/posts?{edit}&{statuses}&{embed}&include={post},{draft}", **house)
    record("pages", f"{api}/pages?{edit}&{embed}&include={page}", **house)
    record(
        "index", f"{url}/wp-json/?_fields=name,url,home,gmt_offset,timezone_string,namespaces,authentication", user=""
    )
    record("home", f"{url}/", user="")
    record("me_editor", f"{api}/users/me?context=edit", user="editor")
    record("me_author", f"{api}/users/me?context=edit", user="author")
    record("not_signed_in", f"{api}/users/me?context=edit", user="")


if __name__ == "__main__":
    main(sys.argv[1])
