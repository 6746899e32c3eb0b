"""What the demonstration house listens for: queries of several people and kinds, a comparison, alerts, a file."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from parvis.flows.demo.people import Company
from parvis.flows.looking_back import start_look_back
from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.rules import RuleWish, add_rule
from parvis.listening.files.evidence import add_quotation
from parvis.listening.files.services import FileWish, link, open_file, write_answer
from parvis.listening.models import AlertKind, Per, SavedQuery
from parvis.listening.reputation.services import ComparisonWish, SideWish, add_annotation, save_comparison
from parvis.listening.services import Wish, save_query
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Role

QUERIES = (
    ("Redevance", "redevance OR (licence NEAR/2 fee)", "Ce que le public dit du financement.", "fr", "amber", True),
    ("Studio", '"nouveau studio" OR "new studio"', "Le déménagement, avant l’ouverture.", "", "blue", False),
    ("Débat", "(débat* OR debate) -merci", "Réactions aux débats à l’antenne.", "", "green", False),
    ("Liens", "has:link", "What people link to under our posts.", "", "violet", False),
)


def save_queries(company: Company, *, now: datetime) -> None:
    owner: Member = company.owner
    saved: list[SavedQuery] = []
    for number, (name, text, purpose, language, colour, hears_house) in enumerate(QUERIES):
        department: Department = company.departments[number % len(company.departments)]
        wish = Wish(
            name=name, text=text, department=None if hears_house else department, purpose=purpose,
            language=language, colour=colour,
        )  # fmt: skip
        query = save_query(owner, wish, now=now)
        start_look_back(query, owner, now=now)
        saved.append(query)
    _compare(saved, owner, now=now)
    _watch(saved[0], owner, now=now)
    _answer_claim(saved[0], owner, now=now)


def _compare(saved: Sequence[SavedQuery], owner: Member, *, now: datetime) -> None:
    sides = [SideWish(query, query.name) for query in saved[:3]]
    save_comparison(owner, ComparisonWish(name="De quoi on parle", department=None, sides=sides), now=now)
    add_annotation(owner, "Débat à l’antenne", at=now - timedelta(days=5), department=None, now=now)


def _watch(query: SavedQuery, owner: Member, *, now: datetime) -> None:
    terms = (Terms(kind=AlertKind.VOLUME), Terms(kind=AlertKind.THRESHOLD, threshold=20, per=Per.DAY))
    for one in terms:
        wish = RuleWish(
            terms=one,
            members=[owner],
            quiet_from=time(22),
            quiet_to=time(7),
            escalate_after_min=60,
            escalate_role=Role.STRATEGIST,
        )
        add_rule(query, owner, wish, now=now)


def _answer_claim(query: SavedQuery, owner: Member, *, now: datetime) -> None:
    wish = FileWish(
        claim="La redevance doublerait l’an prochain", department=None,
        position="Elle ne change pas\u202f; le Conseil fédéral l’a fixée jusqu’en 2028.",
    )  # fmt: skip
    file = open_file(owner, wish, now=now)
    add_quotation(
        file,
        owner,
        "«\u202fIls vont la doubler, c’est sûr.\u202f»",
        author="Un auditeur",
        place="Ligne ouverte",
        now=now,
    )
    write_answer(file, owner, "La redevance reste au même montant.", now=now, language="fr")
    link(file, owner, query, now=now)
