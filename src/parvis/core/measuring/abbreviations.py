"""Words with a full stop that ends no sentence, in French and English."""

BEFORE_A_NAME = frozenset({
    "m", "mm", "mgr", "dr", "drs", "pr", "prof", "st", "ste", "mr", "mrs", "ms", "messrs", "hon", "rev", "sen",
    "gov", "gen", "capt", "lt", "sgt",
})  # fmt: skip
BEFORE_A_NUMBER = frozenset({
    "no", "nos", "nr", "art", "al", "chap", "ch", "fig", "vol", "p", "pp", "éd", "ed", "tome",
})  # fmt: skip
BEFORE_ANYTHING = frozenset({
    "cf", "vs", "env", "ca", "approx", "tél", "tel", "réf", "ref", "p.ex", "e.g", "i.e", "c.-à-d", "c.à.d",
})  # fmt: skip
AT_EITHER_PLACE = frozenset({
    "etc", "ex", "n.b", "p.s", "j.-c", "a.m", "p.m", "u.s", "u.k", "e.u", "u.n", "a.k.a", "d.c", "jan", "janv",
    "févr", "fév", "feb", "apr", "avr", "juil", "aug", "sep", "sept", "oct", "nov", "déc", "dec", "inc", "ltd",
    "co", "corp", "jr", "sr", "dept", "div", "max", "resp", "suppl",
})  # fmt: skip
"""What ends a sentence only where the next word begins one."""


def holds(word: str, before: str, after: str) -> bool:
    """Whether the full stop after `word` (lower case) binds it to what follows; `before`: what stands before the word."""
    if word == "p" and after.startswith("ex."):
        return True
    if word == "ex":
        return before.rstrip().lower().endswith(("p.", "par"))
    if word in BEFORE_A_NUMBER:
        return after[:1].isdigit()
    return word in BEFORE_ANYTHING or (word in BEFORE_A_NAME and after[:1].isupper())
