"""How long settings are searched, as people say it, in several languages."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.drafting.fields.searches import searches
from trainerspec.ir.draft import Request


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Predict churn, 20 trials.", {"search/trials": 20}),
        ("Predict churn. Tune for an hour.", {"search/time": "1 h"}),
        ("Predict the price; try 50 settings.", {"search/trials": 50}),
        ("Use Optuna with 25 trials", {"search/trials": 25}),
        ("with 40 tuning trials, at most 2 hours of search", {"search/trials": 40, "search/time": "2 h"}),
        ("spend 30 minutes tuning hyperparameters", {"search/time": "30 min"}),
        ("Probiere 50 Einstellungen aus.", {"search/trials": 50}),
        ("20 Versuche, suche eine Stunde lang.", {"search/trials": 20, "search/time": "1 h"}),
        ("prueba 50 configuraciones, optimiza durante 2 horas", {"search/trials": 50, "search/time": "2 h"}),
        ("essaie 30 réglages pendant une heure", {"search/trials": 30, "search/time": "1 h"}),
        ("prova 15 configurazioni", {"search/trials": 15}),
        ("Tell relapses of the patients of 20 clinical trials", {}),
        ("20 trials per subject, column outcome", {}),
        ("Classify search queries of the last 2 hours", {}),
        ("Predict the settings of machines that run for 8 hours", {}),
    ],
)
def test_words_that_ask_for_a_search(words: str, found: dict[str, object]) -> None:
    assert {one.path: one.value for one in searches(words)} == found


def test_a_draft_has_it_with_its_words() -> None:
    words = "Predict churn from customers.csv, column churn. Try 50 settings, tune for an hour."
    made = draft(Request(text=words), tasks(Path("none")), organisation=Path("none"), folder=Path())
    assert made.spec is not None
    assert made.spec["search"] == {"trials": 50, "time": "1 h"}
    told = {one.path: (one.status, one.quote) for one in made.evidence}
    assert told["/search/trials"] == ("stated", "Try 50 settings")
