"""Which language a text is said to be in."""

import pytest

from parvis.core.text.language import identify, languages_known
from parvis.core.text.language.letters import bare
from parvis.core.text.language.training import trained

SENTENCES = {
    "fr": "Les trains de nuit reviennent, mais les billets restent trop chers pour les familles.",
    "de": "Die Nachtzüge kommen zurück, aber die Fahrkarten bleiben für Familien zu teuer.",
    "it": "I treni notturni tornano, ma i biglietti restano troppo cari per le famiglie.",
    "en": "The night trains are coming back, but the tickets are still too dear for families.",
    "gsw": "D Nachtzüg chömed zrugg, aber d Billet sind für d Familie immer no z tüür gsi, hät er gseit.",
    "rm": "Tut las umanas e tut ils umans naschan libers ed eguals en dignitad ed en dretgs.",
    "es": "Los trenes nocturnos vuelven, pero los billetes siguen siendo demasiado caros para las familias.",
    "pt": "Os comboios noturnos estão de volta, mas os bilhetes continuam caros demais para as famílias.",
    "nl": "De nachttreinen komen terug, maar de kaartjes blijven te duur voor gezinnen.",
    "tr": "Gece trenleri geri dönüyor ama biletler aileler için hâlâ çok pahalı.",
    "sq": "Trenat e natës po kthehen, por biletat janë ende shumë të shtrenjta për familjet.",
    "ru": "Ночные поезда возвращаются, но билеты всё ещё слишком дороги для семей.",
    "uk": "Нічні потяги повертаються, але квитки все ще надто дорогі для родин.",
    "ar": "القطارات الليلية تعود لكن التذاكر لا تزال باهظة الثمن للعائلات",
    "el": "Τα νυχτερινά τρένα επιστρέφουν, αλλά τα εισιτήρια είναι ακόμα ακριβά.",
    "ja": "夜行列車が戻ってきますが、切符はまだ家族には高すぎます。",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_known(language):
    assert identify([SENTENCES[language]])[0].language == language


def test_one_at_a_time_and_many_at_once_say_the_same():
    texts = list(SENTENCES.values())
    assert identify(texts) == [identify([text])[0] for text in texts]


@pytest.mark.parametrize("text", ["", " ", "12345", "😀😀", "https://example.org/das-ist", "@user #tag", "ok", "\x00"])
def test_what_has_no_words_is_unknown(text):
    assert identify([text])[0].language == ""


def test_a_word_of_several_languages_is_unknown():
    assert identify(["radio"])[0].language == ""


def test_a_house_that_reads_two_languages_is_told_no_other():
    own = {"fr", "de"}
    said = {language: identify([text], languages=own)[0].language for language, text in SENTENCES.items()}
    assert said["fr"] == "fr" and said["de"] == "de"
    assert {said[language] for language in ("es", "ru", "tr", "ja", "en")} == {""}


def test_links_mentions_and_hashtags_say_nothing_of_a_language():
    assert bare("@hans Schöne #winterferien auf https://example.org/the-best-of !!!") == " schöne auf "


def test_a_language_takes_part_after_a_few_texts():
    rows = [("mani ba tilo sa runu", "xx"), ("tilo runu mani ba", "xx"), ("der Hund und die Katze", "de")]
    model = trained(rows)
    assert [guess.language for guess in model.identify(["tilo ba mani sa", "die Katze und der Hund"])] == ["xx", "de"]


def test_the_languages_of_the_country_are_known():
    assert {"de", "fr", "it", "rm", "gsw", "en"} <= languages_known()
