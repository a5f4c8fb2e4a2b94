"""Tables that name topics: a topic that is added to one must stand in the others."""

from __future__ import annotations

from hub.dashboard import alerted
from hub.dashboard import views as dashboard
from incidents.alerts import words
from incidents.alerts.services.forgetting import ABOUT_LINKS, REPEATED
from incidents.alerts.topics import CHOOSABLE, TOPICS, Subject
from incidents.crossrefs.services.suggesting import TOLD


def topics_about(*subjects: Subject) -> set[str]:
    return {name for name, topic in TOPICS.items() if topic.subject in subjects}


def test_every_topic_has_a_sentence_in_the_order_of_the_form() -> None:
    assert list(words.TOPICS) == list(CHOOSABLE)


def test_what_was_told_of_a_link_is_forgotten_with_it() -> None:
    assert set(ABOUT_LINKS) == set(TOLD) == topics_about(Subject.CROSSREF)


def test_what_no_news_of_the_incident_makes_up_for_is_announced_again() -> None:
    assert topics_about(Subject.CROSSREF, Subject.OBSERVATION) == REPEATED


def test_an_owner_is_told_of_every_kind_of_news_of_an_incident() -> None:
    news = topics_about(Subject.INCIDENT)

    assert set(alerted.TOPICS) == news
    assert set(dashboard.TOPICS) == news
