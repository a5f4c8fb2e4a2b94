"""A hub as one organisation sees it, with something of everything that a page can show."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import uuid4

from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, Invitation, Member, User
from accounts.readers import Reader
from accounts.roles import Role
from hub.kit import clock
from hub.kit.answers import Answer
from hub.outbox.models import ClockTimestamp
from incidents.alerts.engine.claim import Sending
from incidents.alerts.engine.record import record_results
from incidents.alerts.models import Delivery, DeliveryState, Endpoint, EndpointState
from incidents.alerts.services.deliveries import cancel_delivery
from incidents.core.forms import typed
from incidents.core.models import Incident, SavedFilter
from incidents.core.services.correcting import merge_incident
from incidents.core.services.filing import withdraw_incident
from incidents.core.services.saved_filters import create_saved_filter
from incidents.core.services.tagging import merge_tag
from incidents.core.services.unsaved import keep_unsaved
from incidents.sharing.models import SharingGroup
from incidents.taxonomy.models import Election
from incidents.taxonomy.services import load_vocabularies
from tests import alerting, make
from tests.accounts.signing_in import person, sign_in
from tests.operating import HOSTILE, a_hub, operator

NOBODY, VIEWER, ANALYST, LEAD, ADMIN = "nobody", *(role.value for role in Role)
OPERATOR, OPENER = "operator", "operator who opened the incident"
LONG: Final = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
TOLD_A_ROUND: Final = 3
"""Incidents of others: the organisation's endpoint is alerted of each."""


def said(number: int) -> dict[str, Any]:
    """All that an incident can say, with so many of what it can say several of."""
    each = range(1, number + 1)
    return {
        "title": f"A cloned voice {LONG}"[:300],
        "summary": f"What happened. {HOSTILE}",
        "narrative": "What it tells.",
        "script": f"They say this. {HOSTILE} " * 20,
        "pap": "amber",
        "severity": "critical",
        "urgency": "soon",
        "stage": "mitigating",
        "media_kinds": ["audio", "call"],
        "manipulation": ["voice_clone"],
        "goals": ["financial_gain"],
        "harms": ["fraud"],
        "countries": ["FR", "SK"],
        "languages": ["fr"],
        "elections": [f"xx-{n}" for n in each],
        "targets": [
            {"name": f"{n} {LONG}"[:200], "kind": "candidate", "country": "FR", "aliases": [LONG]}
            for n in each
        ],
        "created": {"at": "2026-11-01T00:00:00Z", "precision": "month", "tool": LONG},
        "distributed": {"at": "2026-11-22T20:04:00Z", "precision": "hour", "platform": LONG[:120]},
        "tags": [
            "likelihood:almost_certain",
            *(f'tag:"{n} {LONG}"' for n in each),
            *(f'tag:"robocall {n}"' for n in each),
        ],
        "references": [
            {"url": f"https://news.example/{n}/{LONG}", "title": LONG, "kind": "news"} for n in each
        ],
        "fingerprints": [{"algorithm": "sha256", "value": f"{n:064x}"} for n in each],
    }


OBSERVED: Final[dict[str, Any]] = {
    "platform": LONG[:120],
    "url": f"https://chatter.example/{LONG}",
    "account": {"handle": f"@{LONG}"[:200], "verified": "paid", "automation": "bot"},
    "phone": {"number": "+16035550100", "spoofed": True, "carrier": LONG[:100]},
    "seen_first": "2026-11-21T14:00:00Z",
    "seen_last": "2026-11-22T14:00:00Z",
    "posted_at": "2026-11-21T13:00:00Z",
    "country": "FR",
    "language": "fr",
    "reach": {"at": "2026-11-22T00:00:00Z", "views": 9581, "shares": 12, "calls": 3},
}


class World:
    """What is kept by a name is what pages are shown of; whatever grows, it stays the same.

    `grow` adds once more whatever lists show, and what hangs on the incidents kept here.
    """

    def __init__(self) -> None:
        load_vocabularies()
        self.others: list[Member] = []
        self.groups: list[SharingGroup] = []
        self.rounds = 0
        self.member = make.member("acme")
        Member.objects.filter(pk=self.member.pk).update(name=HOSTILE[:200])
        self.member.refresh_from_db()
        self.people = {
            role: person(self.member, role=role, name=f"{role} {HOSTILE}") for role in Role
        }
        signing_in = {role.value: user for role, user in self.people.items()}
        signing_in |= {OPERATOR: operator(), OPENER: operator()}
        self.clients = {NOBODY: Client()}
        for name, user in signing_in.items():
            self.clients[name] = self._sign_in(user)
        self.lead, self.admin = (self._reader(role) for role in (Role.LEAD, Role.ADMIN))
        self._make_organisation()
        self._grow_around()
        self._file()
        self._grow_within()
        self._keep_some()

    def grow(self) -> None:
        """Add once more whatever there is some of."""
        self._grow_around()
        narrower = self._said()
        alerting.change(self.incident, self.lead, **narrower)
        alerting.change(self.draft, self.lead, audiences=self._audience(), **narrower)
        alerting.change(self.narrow, self.lead, audiences=self._audience())
        users = [User.objects.filter(member=one).first() for one in self.others]
        alerting.change(self.red, self.lead, audiences=make.audience(*filter(None, users)))
        self._grow_within()

    def _reader(self, role: Role) -> Reader:
        return Reader(self.member, self.people[role], reauthenticated=True)

    # Around the incidents -------------------------------------------------------------------
    def _make_organisation(self) -> None:
        self.colleague = person(self.member, role=Role.ANALYST, name=HOSTILE)
        self.former = make.user(self.member, is_active=False, name=HOSTILE)
        self.token = make.token(self.member, "feed:read").token
        self.invited = self._invite("first")
        self.saved = self._save("first", {"q": LONG[:200]})
        self.endpoint = alerting.endpoint(self.member)
        self.idle = alerting.endpoint(self.member, topics=["member.left"])
        self.failing = alerting.endpoint(
            self.member, url=f"https://hooks.example.org/{LONG}", topics=["observation.added"]
        )
        self.paused = alerting.endpoint(self.member)
        Endpoint.objects.filter(pk=self.paused.pk).update(
            state=EndpointState.DISABLED, state_reason=f"It answered 410. {LONG}"[:200]
        )

    def _grow_around(self) -> None:
        """Another organisation, groups with it, and more of the own one."""
        self.rounds += 1
        other = make.member()
        self.others.append(other)
        self.theirs = make.person(other, role=Role.ADMIN)
        alerting.endpoint(other)
        self.groups.append(make.group(self.member, other))
        self.groups.append(make.group(other, self.member, make.member(), membership_hidden=True))
        Election.objects.create(
            key=f"xx-{self.rounds}",
            name=f"An election {LONG}"[:200],
            kind="national",
            country="FR",
            polling_from=date(2026, 11, 3),
            polling_to=date(2026, 11, 3),
            watch_from=date(2026, 9, 4),
            status="expected",
        )
        self._grow_organisation()

    def _grow_organisation(self) -> None:
        now, number = clock.now(), self.rounds
        make.member(status="suspended")
        make.user(self.member, role=Role.VIEWER, name=HOSTILE)
        make.user(self.member, is_active=False, name=HOSTILE)
        for fields in ({}, {"revoked_at": now}, {"expires_at": now}):
            token = make.token(self.member).token
            ApiToken.objects.filter(pk=token.pk).update(
                name=HOSTILE[:100], last_used_at=now, created_by=self.admin.user, **fields
            )
        for name in ("waiting", "withdrawn", "expired"):
            self._invite(f"{name}-{number}")
        Invitation.objects.filter(email__startswith="withdrawn").update(withdrawn_at=now)
        Invitation.objects.filter(email__startswith="expired").update(expires_at=now)
        for shared in (True, False):
            query = {"q": "voice", "owner": self.others[-1].slug, "election": f"xx-{number}"}
            self._save(str(number), query, shared=shared)
        self._sign_in(self.people[Role.ADMIN])

    def _sign_in(self, user: User) -> Client:
        client = Client()
        client.handler = self.clients[NOBODY].handler  # another would look for all static files
        assert sign_in(client, user).status_code == 302
        return client

    def _invite(self, name: str) -> str:
        email = f"{name}@acme.example"
        return make.invitation(email=email, name=HOSTILE, by=self.admin).text

    def _save(self, name: str, query: dict[str, str], *, shared: bool = False) -> SavedFilter:
        saved = create_saved_filter(name=name, query=query, by=self.admin, shared=shared)
        SavedFilter.objects.filter(pk=saved.pk).update(name=f"{name} {HOSTILE}"[:100])
        return saved

    # The incidents --------------------------------------------------------------------------
    def _said(self) -> dict[str, Any]:
        return said(self.rounds)

    def _audience(self) -> list[dict[str, str]]:
        return make.audience(*self.others, *self.groups)

    def _file(self) -> None:
        """Those that pages are shown of, in every state."""
        lead, theirs = self.lead, self.theirs
        readers: list[Member | SharingGroup | User] = [*self.others, *self.groups]
        self.incident = make.incident(by=lead, **self._said(), observations=[OBSERVED])
        self.narrow = make.incident(by=lead, tlp="amber", shared_with=readers)
        self.red = make.incident(by=lead, tlp="red", shared_with=[theirs.user or User()])
        self.draft = make.incident(
            by=lead, publish=False, **self._said(), tlp="amber", shared_with=readers
        )
        self.withdrawn = self._withdrawn(lead)
        self.tombstone = self._withdrawn(theirs)
        self.merged = make.incident(by=lead)
        merge_incident(incident_id=self.merged.pk, into=self.incident.ref, by=lead)
        self.foreign = make.incident(by=theirs, **self._said())
        other = make.incident(by=lead)
        self.link = make.link(self.incident, other, lead, explanation=HOSTILE)

    def _withdrawn(self, by: Reader) -> Incident:
        incident = make.incident(by=by, title=LONG)
        reason = f"It was real. {HOSTILE}"
        return withdraw_incident(incident_id=incident.pk, reason=reason, by=by)

    def _grow_within(self) -> None:
        """More incidents, and more of all that hangs on those that are kept."""
        lead, theirs, number = self.lead, self.theirs, self.rounds
        own = make.incident(by=lead, title=LONG, tags=[f'tag:"old {number}"'])
        make.draft(by=lead)
        self._withdrawn(lead)
        foreign = make.incident(by=theirs, **self._said())
        for _ in range(TOLD_A_ROUND):
            make.incident(by=theirs)
        for by in (theirs, lead):
            make.observation(self.incident, by, **OBSERVED)
        make.link(self.incident, own, lead, explanation=HOSTILE)
        make.link(foreign, self.incident, theirs, kind="variant_of", explanation=HOSTILE)
        make.link(self.foreign, own, theirs, kind="same_actor")
        make.suggestions()
        merge_tag(tag=f'tag:"old {number}"', into='tag:"new"')
        self._alert()
        a_hub()
        alerting.place_all()

    # Alerts ---------------------------------------------------------------------------------
    def _alert(self) -> None:
        """Have receivers answer until nothing is due; two of them fail at some of it."""
        alerting.let_pass(days=1)
        alerting.fan_out_all()
        while sendings := alerting.claim_all():
            results = [alerting.result(one, self._answer(one)) for one in sendings]
            record_results(results, run_id=alerting.RUN)

    def _answer(self, sending: Sending) -> Answer:
        topic = {self.endpoint.pk: "incident.published", self.failing.pk: "observation.added"}
        fails = f'"{topic.get(sending.endpoint_id)}"' in sending.body
        body = f"out of paper {HOSTILE} {LONG}".encode()
        return alerting.answer(500 if fails else 204, body=body)

    def _keep_some(self) -> None:
        """A delivery in each state, unsaved work, what an operator has opened, a link in a mail."""
        sent = Delivery.objects.shown().filter(endpoint=self.endpoint).order_by("sequence")
        waiting = list(sent.filter(state=DeliveryState.PENDING))
        self.waiting, self.dead, self.cancelled, *_more = waiting
        self.delivered = sent.filter(state=DeliveryState.OK)[0]
        cancel_delivery(delivery_id=self.cancelled.pk)
        Delivery.objects.filter(pk=self.dead.pk).update(
            state=DeliveryState.DEAD, finished_at=ClockTimestamp()
        )
        fields = typed.with_values(typed.blank(), "references", self.incident.references[0])
        self.form = uuid4()
        keep_unsaved(
            key=self.form, incident=None, typed=fields, window=uuid4(), seen=0, by=self.lead
        )
        opened = reverse("admin:incidents_incident_open_row", args=[self.incident.pk])
        self.clients[OPENER].post(opened, {"reason": "The owner asked."})
        viewer = User.objects.get(pk=self.people[Role.VIEWER].pk)
        self.reset = user_pk_to_url_str(viewer), default_token_generator.make_token(viewer)

    @property
    def main(self) -> set[Any]:
        """Keys of the rows that operators are shown, where there are others of their kind."""
        rows = (self.member, self.people[Role.ADMIN], self.incident, self.endpoint, self.waiting)
        return {row.pk for row in rows}
