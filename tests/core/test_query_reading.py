"""What a query means is what stands in its tree."""

import pytest

from parvis.core.query import parse_query
from parvis.core.query.tree import (
    All,
    Any,
    Exact,
    Field,
    Fuzzy,
    Hashtag,
    Mention,
    Near,
    Not,
    Pattern,
    Phrase,
    Word,
)

A, B, C, D = (Word(letter) for letter in "abcd")
FR, DE = Field("lang", "fr"), Field("lang", "de")


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("", None),
        ("  \n ", None),
        ("a", A),
        ("a b", All((A, B))),
        ("a AND b", All((A, B))),
        ("a b OR c d", Any((All((A, B)), All((C, D))))),
        ("a (b OR c)", All((A, Any((B, C))))),
        ("a (b (c d))", All((A, B, C, D))),
        ("a OR (b OR c)", Any((A, B, C))),
        ("a NOT b", All((A, Not(B)))),
        ("a AND NOT b", All((A, Not(B)))),
        ("a -b", All((A, Not(B)))),
        ("-(a OR b)", Not(Any((A, B)))),
        ("NOT NOT a", Not(Not(A))),
        ("NOT a b", All((Not(A), B))),
        ("a NEAR/3 b", Near(A, B, 3)),
        ("a ONEAR/100 b", Near(A, B, 100, is_ordered=True)),
        ("a NEAR/1 b ONEAR/2 c", Near(Near(A, B, 1), C, 2, is_ordered=True)),
        ("a NEAR/1 (b NEAR/2 c)", Near(A, Near(B, C, 2), 1)),
        ("a b NEAR/2 c d", All((A, Near(B, C, 2), D))),
        ("(a OR b) NEAR/2 c", Near(Any((A, B)), C, 2)),
        ("(a AND b) NEAR/2 c", All((Near(A, C, 2), Near(B, C, 2)))),
        ("a NEAR/2 (b c)", All((Near(A, B, 2), Near(A, C, 2)))),
        ("(a OR (b c)) NEAR/2 d", Any((Near(A, D, 2), All((Near(B, D, 2), Near(C, D, 2)))))),
        ('"a b"', Phrase((A, B))),
        ('"a"', A),
        ("«\u202fa b\u202f»", Phrase((A, B))),
        ("“a AND -b”", Phrase((A, Word("AND"), Word("-b")))),
        ('"Rock & Roll"', Phrase((Word("Rock"), Word("Roll")))),
        ('a"b c"', All((A, Phrase((B, C))))),
        ("=Été", Exact("Été")),
        ('="Été indien"', Exact("Été indien")),
        ('"=Été a*"', Phrase((Exact("Été"), Pattern("a*")))),
        ("politi*", Pattern("politi*")),
        ("*ment", Pattern("*ment")),
        ("r*v*ce", Pattern("r*v*ce")),
        ("l'été*", Phrase((Word("l"), Pattern("ete*")))),
        ("日本語*", Phrase((Word("日本"), Pattern("本語*")))),
        ("climat~1", Fuzzy("climat")),
        ("10~20", Word("10~20")),
        ("#Climat", Hashtag("Climat")),
        ("＃climat*", Hashtag("climat*")),
        ("@rts@social.ch", Mention("rts@social.ch")),
        ("covid-19", Word("covid-19")),
        ("l’été", Word("l’été")),
        ("lang:fr", FR),
        ("LANG:FR", FR),
        ("lang:(fr OR de)", Any((FR, DE))),
        ("lang:(fr -de)", All((FR, Not(DE)))),
        ("-lang:(fr OR de)", Not(Any((FR, DE)))),
        ('title:("a b" OR c*)', Any((Field("title", "a b"), Field("title", "c*")))),
        ('label:"à  voir"', Field("label", "à voir")),
        ("spam:>=0.90", Field("spam", ">=0.9")),
        ("followers:=1000", Field("followers", "1000")),
        ("sentiment:-0.5..", Field("sentiment", "-0.5..")),
        ("site:https://www.RTS.ch/", Field("site", "www.rts.ch")),
        ("site:*.rts.ch", Field("site", "rts.ch")),
        ("hashtag:#climat", Field("hashtag", "climat")),
        ("mention:@rts", Field("mention", "rts")),
        ("lang:fr_CH", Field("lang", "fr-ch")),
        ("SINCE:7D", Field("since", "7d")),
        ("fold:hard a", All((Field("fold", "hard"), A))),
    ],
)
def test_query_has_the_tree_that_the_language_gives_it(written, root):
    assert parse_query(written).root == root


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a ET b", "a AND b"), ("a OU b", "a OR b"), ("a SAUF b", "a NOT b"), ("a PROCHE/4 b", "a NEAR/4 b")],
)
def test_french_operators_mean_the_same(written, meant):
    assert parse_query(written) == parse_query(meant)


@pytest.mark.parametrize(
    "written", ["and", "et ou or not near near/5", "https://a.example/x:y", "19:30", "a-b", "e-mail"]
)
def test_what_looks_like_a_word_is_a_word(written):
    root = parse_query(written).root
    assert all(isinstance(part, Word) for part in (root.parts if isinstance(root, All) else (root,)))


def test_node_knows_where_it_stands():
    text = 'a  -"b c" (lang:fr OR d)'
    _, left_out, group = parse_query(text).root.parts
    assert text[left_out.start : left_out.end] == '-"b c"'
    assert [text[node.start : node.end] for node in (left_out.part, group, *group.parts)] == [
        '"b c"', "(lang:fr OR d)", "lang:fr", "d",
    ]  # fmt: skip
