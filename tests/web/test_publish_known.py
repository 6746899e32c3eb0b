"""A platform's own names stand below the field that asks for them."""

import pytest
from django.urls import reverse

from parvis.core.post import Content
from parvis.publishing.services import create_post
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db


def test_known_categories_are_shown_below_their_field(cast, client, monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: MONDAY)
    facts = {"categories": "News\nMusée & <b>", "publishes": "posts"}
    site = make_channel(cast.news, connector="wordpress", name="Our site", can=["publish", "upload"], facts=facts)
    post = create_post(
        cast.camille, cast.news, now=MONDAY, title="Lac", content=Content(text="Hello"), channels=[site]
    )  # fmt: skip
    client.force_login(cast.camille)
    html = client.get(reverse("post", args=[post.pk])).content.decode()
    assert "There already: News, Musée &amp; &lt;b&gt;" in html
    many = "\n".join(f"C{number}" for number in range(40))
    type(site).objects.filter(pk=site.pk).update(facts={**facts, "categories": many})
    html = client.get(reverse("post", args=[post.pk])).content.decode()
    assert "C29, …" in html and "C30" not in html
    client.force_login(cast.camille)
    type(site).objects.filter(pk=site.pk).update(facts={})
    assert "There already" not in client.get(reverse("post", args=[post.pk])).content.decode()
