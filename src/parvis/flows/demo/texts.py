"""What people write in the demonstration: comments, articles and names that read like real ones, in seven languages."""

from random import Random
from typing import NamedTuple

PLACES = (
    "Lausanne", "Genève", "Fribourg", "Neuchâtel", "Sion", "Delémont", "Yverdon", "Bienne", "Montreux", "Vevey",
    "Nyon", "Morges", "Martigny", "Bulle", "La Chaux-de-Fonds", "Porrentruy", "Renens", "Aigle", "Payerne", "Sierre",
    "Berne", "Bâle", "Zurich", "Lugano", "Annecy", "Lyon", "Besançon", "Évian", "Verbier", "Gruyères",
)  # fmt: skip
PEOPLE = (
    "Anne Favre", "Luc Perrin", "Nadia Benali", "Jean-Marc Rochat", "Sophie Müller", "Thomas Weber", "Élodie Blanc",
    "Karim Haddad", "Giulia Rossi", "Pedro Almeida", "Mia Keller", "Noah Brown", "Olivia Smith", "Émile Zbinden",
    "Chloé Girard", "Yves Monnier", "Fatou Diallo", "Ivan Petrov", "Lea Schneider", "Marco Bianchi", "Zoé Pasche",
    "Hugo Martin", "Inès Moreau", "Paul Dubois", "Sarah Cohen", "David Levy", "Emma Taylor", "Liam Wilson",
    "Grace Okafor", "Arno Meier", "ليلى حداد", "أحمد منصور", "שרה כהן", "דוד לוי", "Ægir Þórsson", "Çelik Özgür",
)  # fmt: skip
THINGS_FR = (
    "la fermeture du buffet", "le nouveau studio", "la hausse de la redevance", "le débat d’hier soir",
    "la retransmission du match", "l’émission du matin", "la grève des trains", "le chantier de la gare",
    "la qualité du son", "la rediffusion", "l’application mobile", "la météo", "le journal de 19 h 30",
    "la série documentaire", "les sous-titres", "le festival", "la votation de dimanche", "le podcast",
)  # fmt: skip
THINGS_EN = (
    "the new studio", "the licence fee", "last night’s debate", "the match broadcast", "the morning show",
    "the train strike", "the station works", "the sound quality", "the repeat", "the mobile app", "the weather report",
    "the evening news", "the documentary series", "the subtitles", "the festival", "Sunday’s vote", "the podcast",
)  # fmt: skip
THINGS_DE = (
    "die Rundfunkgebührenerhöhung", "das Donaudampfschifffahrtsmuseum", "die Abendnachrichtensendung",
    "die Bahnhofsvorplatzneugestaltung", "das Geschwindigkeitsbegrenzungsschild", "die Untertitel", "das neue Studio",
)  # fmt: skip
SENTENCES = {
    "fr": (
        "Merci pour ce reportage sur {thing}, on en parle trop peu.",
        "Je ne comprends pas pourquoi {thing} passe à une heure pareille.",
        "Depuis {place}, impossible d’écouter {thing} sans coupure.",
        "Encore une fois, {person} a posé les bonnes questions.",
        "Vous dites {number} personnes, mais la police en a compté moins.",
        "Franchement, {thing}, c’est devenu du grand n’importe quoi.",
        "Bravo à toute l’équipe, c’était clair et sans parti pris.",
        "J’habite {place} et personne ne nous a rien demandé.",
        "Quand est-ce que {thing} sera disponible en ligne ?",
        "La vidéo s’arrête à {number} secondes chez moi, est-ce normal ?",
        "Il y a une erreur dans l’article : {person} n’était pas à {place} ce jour-là.",
        "On nous a promis {thing} depuis huit mois, toujours rien.",
        "Ma mère de 82 ans n’entend plus rien quand la musique commence.",
        "Pourriez-vous corriger l’orthographe du nom de {person} ?",
        "C’est la première fois que j’écris ici, et c’est pour dire merci.",
        "Avec l’argent de {thing}, on aurait pu faire tellement mieux.",
        "Très bon sujet, mais il manque le point de vue des gens de {place}.",
        "Je paie ma redevance et j’attends une réponse.",
    ),
    "en": (
        "Thank you for this piece on {thing}, it was about time.",
        "I cannot understand why {thing} is on so late.",
        "From {place} it is impossible to follow {thing} without interruptions.",
        "Once again {person} asked the right questions.",
        "You say {number} people came, the police counted fewer.",
        "Honestly, {thing} has become a joke.",
        "Well done to the whole team, clear and fair.",
        "I live in {place} and nobody asked us anything.",
        "When will {thing} be available online?",
        "The video stops after {number} seconds for me, is that normal?",
        "There is a mistake: {person} was not in {place} that day.",
        "We were promised {thing} eight months ago. Still nothing.",
        "My father is 82 and cannot hear a word once the music starts.",
        "Could you please correct the spelling of {person}?",
        "First time I write here, and it is to say thanks.",
        "Good report, but what about the people of {place}?",
    ),
    "de": (
        "Vielen Dank für den Beitrag über {thing}.",
        "Warum kommt {thing} so spät? In {place} versteht das niemand.",
        "Ich warte seit zwölf Tagen auf eine Antwort.",
        "{person} hat das sehr gut erklärt.",
        "Das ist doch keine Öffentlichkeitsbeteiligung, das ist ein Ausnahmegenehmigungsverfahren.",
    ),
    "it": (
        "Grazie per il servizio su {place}, molto chiaro.",
        "Non capisco perché {person} non abbia risposto.",
        "Aspetto una risposta da dodici giorni.",
    ),
    "es": ("Gracias por el reportaje sobre {place}.", "Llevo {number} días esperando una respuesta."),
    "ar": ("شكرا على هذا التقرير من {place}.", "لماذا لا تجيبون على الأسئلة؟ انتظرت {number} أيام.", "برنامج ممتاز، تحية إلى {person}."),
    "he": ("תודה על הכתבה מ{place}.", "למה אין תשובה כבר {number} ימים?"),
}  # fmt: skip
THINGS = {"fr": THINGS_FR, "de": THINGS_DE}
LANGUAGES = ("fr",) * 50 + ("en",) * 40 + ("de",) * 5 + ("it",) * 2 + ("es", "ar", "he")
RUDE = {
    "fr": ("Bande d’incapables, allez vous faire voir.", "{person} est un menteur et un voleur, dehors !"),
    "en": ("You bunch of clowns, get lost.", "{person} is a liar and a thief, out!"),
}
SPAM = (
    "Win {number}000 today, click https://prize.example/{number} now",
    "Perdez {number} kilos sans effort : https://minceur.example/offre-{number}",
    "Cheap watches https://watches.example/?ref={number}",
    "J’ai gagné {number}00 € par jour depuis chez moi, voir www.argent.example",
)
LINKS = (
    " https://www.example.org/{number}",
    " (voir https://fr.example.net/article/{number})",
    " www.example.com/{number}",
)
EMOJI = ("👍", "😂", "❤️", "🙏", "😡", "👏🏽", "🇨🇭", "👨‍👩‍👧", "🤦‍♀️", "🎉")
REPLIES = {
    "fr": (
        "Bonjour, merci de votre message. Nous transmettons à la rédaction.",
        "Bonjour, c’est corrigé, merci de nous l’avoir signalé.",
        "Bonjour, {thing} est disponible en ligne depuis ce matin.",
    ),
    "en": (
        "Hello, thank you for your message. We have passed it on.",
        "Hello, this is corrected now, thank you for telling us.",
        "Hello, {thing} has been online since this morning.",
    ),
}
TITLES = {
    "fr": ("{place} : ce qui change avec {thing}", "{person} : « {thing} nous concerne tous »", "{thing}, mode d’emploi"),
    "en": ("{place}: what changes with {thing}", "{person} on {thing}", "{thing}, explained"),
}  # fmt: skip
NOTES = (
    "Vu avec la rédaction, on répond demain.",
    "Same person as last week, careful.",
    "Je m’en occupe après la séance.",
    "Asked the newsroom for the figures.",
    "À garder pour le rapport du trimestre.",
)


class Said(NamedTuple):
    text: str
    language: str
    has_link: bool


class Writer:
    """Writes by chance, the same from the same seed."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def language(self) -> str:
        return LANGUAGES[int(self._chance.random() * 100)]

    def comment(self, language: str) -> Said:
        chance = self._chance.random
        choices = SENTENCES[language]
        count = 1 + int(chance() * chance() * 5)
        text = " ".join(self._fill(choices[int(chance() * len(choices))], language) for _ in range(count))
        kind = chance()
        if kind < 0.06:
            return Said(text + self._one(LINKS).format(number=self._number()), language, has_link=True)
        if kind < 0.16:
            return Said(f"{text} {self._one(EMOJI)}", language, has_link=False)
        if kind < 0.17:
            return Said(f"{text} Ref. {self._rare()}.", language, has_link=False)
        return Said(text, language, has_link=False)

    def rude(self, language: str) -> Said:
        choices = RUDE.get(language)
        if choices is None:
            return self.comment(language)
        return Said(self._fill(self._one(choices), language), language, has_link=False)

    def spam(self) -> Said:
        return Said(self._one(SPAM).format(number=self._number()), "", has_link=True)

    def reply(self, language: str) -> Said:
        language = language if language in REPLIES else "en"
        return Said(self._fill(self._one(REPLIES[language]), language), language, has_link=False)

    def title(self, language: str) -> str:
        title = self._fill(self._one(TITLES[language]), language)
        return title[0].upper() + title[1:]

    def article(self, language: str) -> str:
        return " ".join(self._fill(self._one(SENTENCES[language]), language) for _ in range(6))

    def name(self, number: int) -> str:
        """Of the author with this number: first names and family names go round; some are borne by several."""
        first = PEOPLE[number % len(PEOPLE)].split(" ", 1)[0]
        family = PEOPLE[(number + number // len(PEOPLE)) % len(PEOPLE)].split(" ", 1)[-1]
        return f"{first} {family}"

    def _fill(self, sentence: str, language: str) -> str:
        if "{" not in sentence:
            return sentence
        return sentence.format(
            thing=self._one(THINGS.get(language, THINGS_EN)),
            place=self._one(PLACES),
            person=self._one(PEOPLE),
            number=self._number(),
        )

    def _number(self) -> int:
        return 2 + int(self._chance.random() * 400)

    def _rare(self) -> str:
        """A word that a few items in a million share."""
        return f"zq{int(self._chance.random() * 4000):04d}x"

    def _one(self, choices: tuple[str, ...]) -> str:
        return choices[int(self._chance.random() * len(choices))]
