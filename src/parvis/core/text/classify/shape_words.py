"""What shapes are called where people read why something was proposed."""

from parvis.core.wording import Text

_TEXTS = {
    "length": Text("its length", "sa longueur"),
    "capitals": Text("capital letters", "des majuscules"),
    "figures": Text("figures", "des chiffres"),
    "exclamations": Text("exclamation marks", "des points d’exclamation"),
    "questions": Text("question marks", "des points d’interrogation"),
    "signs": Text("punctuation", "de la ponctuation"),
    "invisible": Text("invisible characters", "des caractères invisibles"),
    "disguised": Text("letters in disguise (𝗯𝗼𝗹𝗱, ⓒⓘⓡⓒⓛⓔⓓ)", "des lettres déguisées (𝗴𝗿𝗮𝘀, ⓒⓔⓡⓒⓛⓔ́ⓢ)"),
    "emoji": Text("emoji", "des émojis"),
    "marks": Text("stacked accents", "des accents empilés"),
    "money": Text("currency signs", "des symboles monétaires"),
    "other script": Text("another script than Latin", "une autre écriture que le latin"),
    "repeated letters": Text("repeated letters", "des lettres répétées"),
    "repeated signs": Text("repeated signs", "des signes répétés"),
    "spaced letters": Text("spaced letters (A B C)", "des lettres espacées (A B C)"),
    "mixed scripts": Text("look-alike letters of another script", "des lettres ressemblantes d’une autre écriture"),
    "links": Text("links", "des liens"),
    "mentions": Text("mentions", "des mentions"),
    "hashtags": Text("hashtags", "des hashtags"),
    "long figures": Text("long numbers, such as a telephone’s", "de longs numéros, comme un téléphone"),
    "all capitals": Text("nearly all in capitals", "presque tout en majuscules"),
    "very short": Text("very short", "très court"),
    "glad signs": Text("glad emoji", "des émojis joyeux"),
    "sad signs": Text("sad or angry emoji", "des émojis tristes ou fâchés"),
    "spam.casino": Text("words of gambling", "des mots de jeux d’argent"),
    "spam.pharma": Text("words of pills and cures", "des mots de pilules et de remèdes"),
    "spam.loan": Text("words of loans", "des mots de crédit"),
    "spam.crypto": Text("words of quick gain", "des mots de gain rapide"),
    "spam.adult": Text("words of paid sex", "des mots de sexe tarifé"),
    "spam.promo": Text("words of advertising", "des mots de publicité"),
    "spam.contact": Text("ways to get in touch", "des moyens de contact"),
    "spam.seo": Text("words of website marketing", "des mots de référencement"),
    "toxicity.insult": Text("insults", "des insultes"),
    "toxicity.hate": Text("words that name or slur groups", "des mots qui désignent ou insultent des groupes"),
    "toxicity.threat": Text("words of violence", "des mots de violence"),
    "toxicity.crude": Text("crude words", "des mots grossiers"),
    "toxicity.you": Text("addresses somebody directly", "s’adresse directement à quelqu’un"),
    "sentiment.positive": Text("words of praise", "des mots de louange"),
    "sentiment.negative": Text("words of blame", "des mots de blâme"),
    "sentiment.not": Text("negations", "des négations"),
    "sentiment.balance": Text("praise against blame", "louange contre blâme"),
    "words": Text("how many words", "le nombre de mots"),
    "repeated words": Text("repeated words", "des mots répétés"),
}


def shape_text(name: str) -> Text:
    """Raises KeyError for what is no shape."""
    return _TEXTS[name]
