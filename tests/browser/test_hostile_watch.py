"""The watch of test_hostile_text.py can fail: with a guard taken out of the pages it sees each kind of attack.

Two places make text from outside safe: HTML that somebody wrote is cleaned where a conversation shows it,
all else is escaped where a row is written. Each is taken out in turn.
"""

import json

import pytest
from tests.browser.conftest import HERE, _environment, fill, show
from tests.browser.hostile import Watch

ATTACKS = {
    "alert:from a script": "<script>alert('from a script')</script>",
    "alert:from an image": "<img src=/none onerror=\"alert('from an image')\">",
    "alert:from a drawing": "<svg onload=\"alert('from a drawing')\"></svg>",
    "handler <b onmouseover": "<b onmouseover=alert(1)>over me</b>",
    'link <a href="javascript:': '<a href="javascript:alert(1)">click me</a>',
    "element <iframe": '<iframe srcdoc="<p>a page of theirs</p>"></iframe>',
    "request http://127.0.0.9:9/": '<img src="http://127.0.0.9:9/who-reads-this.png">',
}
CLEANING = "parvis.web.screens.inbox.talk:clean_html"
ESCAPING = "parvis.web.rows:escape"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A house whose comments are the attacks: its directory, its environment, its keys."""
    attacks, data = tmp_path_factory.mktemp("attacks"), tmp_path_factory.mktemp("attacked")
    (attacks / "payloadbox.txt").write_text("\n".join(ATTACKS.values()), encoding="utf-8")
    for name in ("dompurify", "bleach"):
        (attacks / f"{name}.json").write_text(json.dumps([]), encoding="utf-8")
    environment = _environment(data)
    return data, environment, fill(environment, "filling_hostile.py", str(attacks))


@pytest.fixture
def unguarded(attacked, chromium, request):
    """A watch on that house, in pages without the guard `request.param`."""
    for desk in show(*attacked, program=(str(HERE / "unguarded_web.py"), request.param)):
        watch = Watch(chromium, desk)
        yield watch, desk.keys["talks"]
        watch.context.close()


def unseen(findings):
    return [sign for sign in ATTACKS if not any(found.startswith(sign) for found in findings)]


@pytest.mark.parametrize("unguarded", [CLEANING], indirect=True)
def test_attacks_run_in_a_conversation_that_is_not_cleaned(unguarded):
    watch, talks = unguarded
    assert watch.findings("/inbox/") == []
    assert unseen(watch.findings(f"/inbox/{talks[0]}/")) == []


@pytest.mark.parametrize("unguarded", [ESCAPING], indirect=True)
def test_attacks_run_in_a_list_that_is_not_escaped(unguarded):
    watch, _talks = unguarded
    assert watch.findings("/channels/") == []
    assert unseen(watch.findings("/inbox/")) == []
