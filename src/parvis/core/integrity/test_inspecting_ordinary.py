"""What themes, tools and editors hide, write and link every day alarms nobody: one small page each."""

import pytest

from parvis.core.integrity import Page, Read, SiteFacts, compare, compare_with_last, gather, inspect

URL = "https://www.musee-du-lac.example/expositions"
PARTNERS = [
    ("https://www.bergbahnen-sued.ch/", "Bergbahnen Süd"), ("https://theatre-vieux-port.fr/", "Théâtre du Vieux-Port"),
    ("https://www.hotelalpina.ch/de", "Hotel Alpina"), ("https://orchestre-romand.ch/saison", "Orchestre romand"),
    ("https://www.imprimerie-favre.ch", "Imprimerie Favre"), ("http://cantinebio.org/", "La cantine bio"),
]  # fmt: skip
LIST = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in PARTNERS)
VENDORS = "".join(
    f'<li>{name}<a href="https://{name.lower()}-media.com/privacy-policy" target="_blank">Privacy policy</a></li>'
    for name in ("Adkira", "Bidora", "Clickomi", "Datavento", "Esperia", "Fluxo", "Gridly", "Heliad", "Inviso", "Jumpo")
)
SOURCES = "".join(
    f'<li id="cite-{number}"><a class="external text" href="https://journal{number}.example-press.org/a/{number}">{text}</a></li>'
    for number, text in enumerate(
        ["La navigation à vapeur", "Les ports lémaniques", "Histoire des galères", "Le lac en hiver"]
    )
)

PAGES = {
    "skip link of WordPress": '<a class="skip-link screen-reader-text" href="#content">Aller au contenu</a><style>.screen-reader-text{border:0;clip:rect(1px,1px,1px,1px);clip-path:inset(50%);height:1px;margin:-1px;overflow:hidden;padding:0;position:absolute!important;width:1px;word-wrap:normal!important}</style>',
    "new window of WordPress": '<style>.screen-reader-text{position:absolute;clip:rect(1px,1px,1px,1px);height:1px;width:1px;overflow:hidden}</style><p>Lire <a href="https://theatre-vieux-port.fr/">le programme<span class="screen-reader-text"> (ouvre un nouvel onglet)</span></a></p>',
    "heading link of a theme for screen readers": '<style>.screen-reader-text{position:absolute;left:-9999em}</style><h2 class="screen-reader-text"><a href="https://theatre-vieux-port.fr/">Théâtre du Vieux-Port</a></h2>',
    "visually hidden of Drupal": '<style>.visually-hidden{position:absolute!important;overflow:hidden;clip:rect(1px,1px,1px,1px);width:1px;height:1px}</style><a href="#main-content" class="visually-hidden focusable">Aller au contenu</a><h2 class="visually-hidden">Menu</h2><a class="visually-hidden" href="https://www.hotelalpina.ch/de">Hotel Alpina</a>',
    "element-invisible of Drupal 7": '<style>.element-invisible{position:absolute!important;height:1px;overflow:hidden;clip:rect(1px 1px 1px 1px)}</style><ul class="element-invisible"><li><a href="/a">A</a></li><li><a href="/b">B</a></li></ul>',
    "sr-only of Bootstrap": '<style>.sr-only{position:absolute;width:1px;height:1px;padding:0;margin:-1px;overflow:hidden;clip:rect(0,0,0,0);border:0}</style><a class="sr-only" href="#nav">Menu</a><p>Suivez <a href="https://theatre-vieux-port.fr/"><span class="sr-only">Le théâtre</span><i class="icon"></i></a></p>',
    "image replacement": '<h1 style="text-indent:-9999px;background:url(/logo.png)"><a href="/">Musée du lac</a></h1><a style="display:block;text-indent:-9999px" href="https://www.bergbahnen-sued.ch/">Bergbahnen Süd</a>',
    "menu of TYPO3": '<nav id="nav"><ul><li><a href="/a">A</a><ul style="display:none"><li><a href="/a/b">B</a></li><li><a href="https://shop.musee-du-lac.example/">Boutique</a></li><li><a href="https://theatre-vieux-port.fr/">Théâtre du Vieux-Port</a></li></ul></li></ul></nav>',
    "mega menu with partners": f'<div class="mega-menu" style="display:none"><ul><li><a href="/a">A</a></li><li><a href="/b">B</a></li>{LIST}</ul></div>',
    "drop-down of the group's other titles": f'<div class="dropdown-menu" hidden><ul>{LIST}</ul></div>',
    "menu drawn in from the left": f'<style>.offcanvas{{position:fixed;left:-300px;width:300px}}</style><div class="offcanvas"><a href="/a">A</a><ul>{LIST}</ul></div>',
    "menu that hovers, of the old sort": f'<style>#n li ul{{position:absolute;left:-999em}} #n li:hover ul{{left:auto}}</style><ul id="n"><li><a href="/a">A</a><ul>{LIST}</ul></li></ul>',
    "menu drawn in by a transform": f'<div class="drawer" style="position:fixed;transform:translateX(-100%)"><a href="/a">A</a><ul>{LIST}</ul></div>',
    "cookie banner": '<div id="cookie-banner" style="display:none"><p>Nous utilisons des cookies.</p><a href="https://www.tarteo.com/fr/cookies">En savoir plus</a><a href="#">OK</a></div>',
    "list of vendors of a consent tool": f'<div id="cmp-vendors" class="consent-layer" style="display:none"><ul>{VENDORS}</ul></div>',
    "consent tool far outside": f'<div class="cookie-layer" style="position:fixed;left:-10000px"><ul>{VENDORS}</ul></div>',
    "accordion": f'<div class="accordion"><h3>Nos partenaires</h3><div class="collapse" style="display:none"><ul>{LIST}</ul></div></div>',
    "tabs": f'<div class="tab-pane" aria-hidden="true" style="display:none"><p>Le musée</p><ul>{LIST}</ul></div>',
    "sources folded away": f'<div class="references" style="display:none"><ol>{SOURCES}</ol></div>',
    "carousel": "".join(f'<div class="slide" style="display:none"><a href="{href}"><img src="/{n}.jpg" alt="{text}"></a></div>' for n, (href, text) in enumerate(PARTNERS)),
    "carousel that fades": "".join(f'<div style="opacity:0;position:absolute;z-index:-1"><a href="{href}"><img src="/{n}.jpg" alt=""></a></div>' for n, (href, text) in enumerate(PARTNERS)),
    "page that fades in": f"<style>body{{opacity:0}}.loaded{{opacity:1}}</style><ul>{LIST}</ul>",
    "guard against frames": f"<style id=guard>html{{display:none}}</style><ul>{LIST}</ul>",
    "print style": f"<style>@media print{{.p{{display:none}}}} @media (max-width:600px){{.p{{display:none}}}}</style><div class=p>{LIST}</div>",
    "style of a state": f"<style>.p:not(:hover){{display:none}} .p::before{{font-size:0}} .js .p{{left:-9999px}}</style><div class=p>{LIST}</div>",
    "counter without scripts": '<noscript><a href="https://www.countrix.net/stats?id=77"><img src="https://www.countrix.net/hit.gif" width="1" height="1" alt="statistics"></a></noscript>',
    "pixel": '<img src="https://px.trackomi.com/p.gif" width="1" height="1" style="display:none"><iframe src="https://tags.trackomi.com/i" width="0" height="0" style="display:none;visibility:hidden"></iframe>',
    "iframe of a tag manager": '<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-1" height="0" width="0" style="display:none;visibility:hidden"></iframe></noscript>',
    "social buttons": '<div class="share" style="display:none"><a href="https://www.facebook.com/sharer.php?u=x">Facebook</a><a href="https://twitter.com/intent/tweet">X</a><a href="https://wa.me/?text=x">WhatsApp</a></div>',
    "advertisement": '<div class="ad-slot" style="display:none"><a href="https://clicks.annoncio.net/?p=8812" rel="sponsored"><img src="/a.jpg" alt="Vacances au ski"></a></div>',
    "advertisement of a bank": '<aside class="werbung"><a href="https://www.banque-du-midi.example/credit" rel="nofollow sponsored">Crédit rapide en ligne</a></aside>',
    "languages": '<ul class="lang" style="display:none"><li><a hreflang="ar" href="https://lac-museum.ae/">العربية</a></li><li><a hreflang="ja" href="https://lac-museum.jp/">日本語</a></li><li><a hreflang="ru" href="https://lac-museum.ru/">Русский</a></li></ul>',
    "languages without a sign": '<div><a href="https://lacmuseum-ae.com/">العربية</a> <a href="https://lacmuseum-jp.com/">日本語</a> <a href="https://lacmuseum-gr.com/">Ελληνικά</a></div>',
    "alternates": '<link rel="alternate" hreflang="de" href="https://museum-am-see.example.org/"><link rel="alternate" hreflang="ar" href="https://lac-museum.ae/">',
    "source of a text taken over": '<link rel="canonical" href="https://theatre-vieux-port.fr/revue/2024/le-lac"><p>Paru dans la revue.</p>',
    "a quotation in another script": '<p>Le poète écrit <a href="https://divan-hafez.org/ghazal/3">غزل</a> dans son recueil.</p>',
    "about gambling": '<h1>Addiction aux jeux</h1><p>Le casino et les casinos en ligne attirent les jeunes, dit l’étude. La roulette et les paris sportifs aussi. Voir <a href="https://addiction-etude.ch/2023/casino">l’étude sur les casinos</a> et <a href="https://www.jeu-controle.ch/">casino en ligne</a>.</p>',
    "about a medicine": '<p>Le Viagra a vingt ans. Le sildénafil soigne aussi le cœur; <a href="https://revue-medicale.ch/viagra">le Viagra en question</a>.</p>',
    "comments with sites": '<ol class="commentlist"><li><cite><a href="https://jean-le-marin.net" rel="external nofollow ugc">Jean</a></cite> Merci!</li><li><cite><a href="https://best-slots.example.net" rel="external nofollow ugc">casino en ligne</a></cite> Bravo</li></ol>',
    "friends of a blog": f'<aside class="blogroll"><h3>Amis</h3><ul>{LIST}</ul></aside>',
    "WordPress short link": '<p><a href="https://carnet-de-bord.net/?p=1234">Mon carnet</a>, <a href="https://cadastre.lac.ch/index.php?id=88">Cadastre</a></p>',
    "documents of a WordPress": '<p><a href="https://port-de-plaisance.ch/wp-content/uploads/2021/05/plan.pdf">Plan</a></p>',
    "theme's credit": '<div class="site-info" style="display:none"><a href="https://www.themivo.com">Theme by Themivo</a></div>',
    "mark of a cache": "<!-- Performance optimized by W3 Total Cache. Learn more: https://www.w3-edge.com/products/ -->",
    "old banner in a comment": '<!-- <a href="https://www.bergbahnen-sued.ch/">Bergbahnen Süd</a> <a href="https://hotelalpina.ch/">Hotel Alpina</a> -->',
    "widget that writes links": '<script>var w=document.createElement("div");w.style.display="none";w.innerHTML="<a href=\\"https://www.widgetino.com/help\\">Aide</a>";document.body.appendChild(w)</script>',
    "state of a page": '<script>window.__STATE__={"body":"<p>Voir <a href=\\"https://theatre-vieux-port.fr/a\\">ici</a> et <a href=\\"https://www.hotelalpina.ch/b\\">là</a> et <a href=\\"https://cantinebio.org/c\\">encore</a></p>"}</script>',
    "packed script": "<script>eval(function(p,a,c,k,e,d){return p}('0 1',2,2,'alert|x'.split('|'),0,{}))</script>",
    "encoded picture": '<script>var i=new Image();i.src="data:image/gif;base64,"+btoa(1);var s=atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");</script>',
    "link to an app shop by script": '<script>if(/Android/.test(navigator.userAgent)){document.getElementById("app").onclick=function(){location.href="https://play.google.com/store/apps/x"}}</script>',
    "statistics that know search engines": '<script>var r=document.referrer;if(/google|bing/.test(r)){track("search")}var u="https://stats.trackomi.com/c";</script>',
    "dialogue": f'<dialog id="partners"><ul>{LIST}</ul></dialog>',
    "template of a framework": f'<template id="card"><a href="/x">x</a><ul>{LIST}</ul></template>',
    "menu without scripts": f"<noscript><ul>{LIST}</ul></noscript>",
    "form trap against robots": '<div style="position:absolute;left:-5000px" aria-hidden="true"><input type="text" name="b_1"></div>',
    "news of a break-in": "<h1>Le site de la ville hacked by activists</h1><p>" + "Le conseil a répondu aux questions de la presse. " * 60 + "</p>",
}  # fmt: skip


def page(inside):
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Le musée du lac</title></head><body>'
        '<nav><a href="/">Accueil</a> <a href="/expositions">Expositions</a></nav><main><p>Le musée ouvre ses portes tous '
        'les jours de la semaine, et les visites sont offertes aux écoles. <a href="/histoire">L’histoire</a> du port.</p>'
        f"{inside}</main><footer>© Musée</footer></body></html>"
    )


@pytest.mark.parametrize("inside", PAGES.values(), ids=PAGES.keys())
def test_ordinary_page_alarms_nobody(inside):
    assert [(one.kind, one.href, one.evidence.en) for one in inspect(Page(page(inside)), url=URL)] == []


@pytest.mark.parametrize("after", [
    "\n<!-- cached -->\n", '<script src="https://www.countrix.net/c.js"></script>',
    '<a href="https://www.countrix.net/"><img src="https://www.countrix.net/c.gif" alt="Countrix statistics"></a>',
    '<div><a href="/a">A</a><a href="/b">B</a><a href="/c">C</a><a href="/d">D</a><a href="https://www.hotelalpina.ch/">Hotel Alpina</a></div>',
])  # fmt: skip
def test_what_servers_and_clumsy_templates_add_behind_the_end_alarms_nobody(after):
    assert inspect(Page(page("") + after), url=URL) == []


@pytest.mark.parametrize("piece", ["", " ", "no markup", "<", "<a", "</html>", "<!--", "<p>Un mot</p>", "\0" * 50])
def test_piece_of_a_page_is_no_finding(piece):
    assert inspect(Page(piece), url=URL) == []


def test_page_of_another_language_than_it_says_is_read_by_what_it_says():
    text = "<p>" + "Музей открыт каждый день, кроме понедельника, и вход для школ свободный. " * 5 + "</p>"
    box = '<div style="display:none"><a href="https://teatr-na-more.org/">Театр на море</a></div>'
    assert inspect(Page(page(text + box)), url=URL) == []


def test_host_that_the_site_sets_on_every_page_is_no_stranger():
    inside = '<p>Les bateaux du port. <a href="https://casino-du-port.org/">judi online</a></p>'
    assert inspect(Page(page(inside)), url=URL)
    facts = gather((Page(page('<a href="https://casino-du-port.org/">Port</a>' + str(n))), URL) for n in range(4))
    assert facts.is_often_linked("www.casino-du-port.org") and facts.page_count == 4
    assert inspect(Page(page(inside)), url=URL, known=facts) == []


def test_links_that_were_put_on_every_page_do_not_become_the_site_s_own():
    box = '<div style="display:none"><a href="https://fanolira.ru/?node=1">casino en ligne</a> <a href="https://tobe.net/x">tours gratuits</a></div>'
    facts = gather((Page(page(box)), URL) for _ in range(5))
    assert facts.linked == {}
    assert len(inspect(Page(page(box)), url=URL, known=facts)) == 2


def test_script_of_a_host_that_no_other_page_uses_is_told_once_the_site_is_known():
    known = gather((Page(page('<script src="https://cdn.tools.net/a.js"></script>')), URL) for _ in range(3))
    new = Page(
        page('<script src="https://js.fanolira.ru/a.js"></script><script src="https://cdn.tools.net/b.js"></script>')
    )
    assert [(one.kind, one.href) for one in inspect(new, url=URL, known=known)] == [
        ("unknown_script", "https://js.fanolira.ru/a.js")
    ]
    assert inspect(new, url=URL, known=SiteFacts()) == []


BOX = '<div><a href="https://fanolira.ru/?node=1">casino en ligne</a> <a href="https://tobe.net/x">viagra sans ordonnance</a></div>'


def test_what_a_robot_alone_is_shown_is_told():
    visitor, robot = Read(Page(page("")), URL), Read(Page(page(BOX)), URL)
    assert {one.href for one in compare(visitor, robot, None)} == {"https://fanolira.ru/?node=1", "https://tobe.net/x"}
    assert {one.kind for one in compare(visitor, visitor, robot)} == {"cloaked_link"}
    assert compare(visitor, visitor, visitor) == []


def test_what_a_visitor_is_shown_too_is_no_cloaking():
    both = Read(Page(page(BOX)), URL)
    assert compare(both, Read(Page(page(BOX + " ")), URL), None) == []


def test_other_advertisements_and_other_news_are_no_cloaking():
    visitor = Read(
        Page(page('<aside class="ads"><a href="https://ski-vacances.net/a">Vacances au ski</a></aside>')), URL
    )
    robot = Read(
        Page(page('<aside class="ads"><a href="https://velo-shop.net/b">Vélos</a></aside><a href="/autre">Autre</a>')),
        URL,
    )
    assert compare(visitor, robot, robot) == []


def test_whole_other_page_for_a_robot_or_for_searchers_is_told():
    text = page("<h1>Situs slot gacor</h1><p>slot gacor, judi online, situs togel, agen judi, bandar togel</p>")
    text = text.replace("Le musée du lac", "Situs slot gacor hari ini")
    kinds = [one.kind for one in compare(Read(Page(page("")), URL), Read(Page(text), URL), None)]
    assert kinds and set(kinds) == {"cloaked_text"}
    sent = Read(Page("<p>Win</p>"), "https://fanolira.ru/win")
    assert [(one.kind, one.href) for one in compare(Read(Page(page("")), URL), None, sent)] == [
        ("redirect", "https://fanolira.ru/win")
    ]


def test_only_what_is_new_is_told_of_a_page_read_before():
    old = Page(
        page(
            '<div style="display:none"><a href="https://old-one.ru/?node=1">casino en ligne</a> <a href="https://old-two.ru/x">tours gratuits</a></div>'
        )
    )
    new = Page(
        old.source.replace(
            "</main>",
            '<p style="display:none"><a href="https://new-one.ru/?art=1">judi online</a> <a href="https://new-two.ru/">situs togel</a></p></main>',
        )
    )
    assert {one.href for one in compare_with_last(old, new, url=URL)} == {
        "https://new-one.ru/?art=1",
        "https://new-two.ru/",
    }
    assert compare_with_last(new, new, url=URL) == []
    assert (
        compare_with_last(Page(page("")), Page(page(f"<p>Merci à nos partenaires</p><ul>{LIST}</ul>")), url=URL) == []
    )
