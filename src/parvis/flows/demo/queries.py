"""What the demonstration house listens for: queries of several people, departments and kinds."""

from datetime import datetime

from parvis.flows.demo.people import Company
from parvis.flows.looking_back import start_look_back
from parvis.listening.services import Wish, save_query
from parvis.orgs.models import Department, Member

QUERIES = (
    ("Redevance", "redevance OR (licence NEAR/2 fee)", "Ce que le public dit du financement.", "fr", "amber", True),
    ("Studio", '"nouveau studio" OR "new studio"', "Le déménagement, avant l’ouverture.", "", "blue", False),
    ("Débat", "(débat* OR debate) -merci", "Réactions aux débats à l’antenne.", "", "green", False),
    ("Liens", "has:link", "What people link to under our posts.", "", "violet", False),
)


def save_queries(company: Company, *, now: datetime) -> None:
    owner: Member = company.owner
    for number, (name, text, purpose, language, colour, hears_house) in enumerate(QUERIES):
        department: Department = company.departments[number % len(company.departments)]
        wish = Wish(
            name=name, text=text, department=None if hears_house else department, purpose=purpose,
            language=language, colour=colour,
        )  # fmt: skip
        start_look_back(save_query(owner, wish, now=now), owner, now=now)
