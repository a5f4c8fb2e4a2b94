"""Member organisations, their users, and what these sign in with: sessions, invitations, tokens."""

from __future__ import annotations

import hashlib

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.roles import Rank, Role, rank_of
from hub.kit import clock
from hub.kit.ids import uuid7

SLUG = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z",
    "Use 1 to 64 lower-case letters, digits and hyphens, not beginning or ending with a hyphen.",
)


class MemberKind(models.TextChoices):
    SIGNATORY = "signatory"
    MEMBER = "member"
    FACT_CHECKER = "fact_checker"
    ELECTION_AUTHORITY = "election_authority"
    REGULATOR = "regulator"
    CIVIL_SOCIETY = "civil_society"


COMMUNITY_KINDS = frozenset({MemberKind.SIGNATORY, MemberKind.MEMBER})
"""Kinds that always belong to the community; the operator may admit fact-checkers too."""


class MemberStatus(models.TextChoices):
    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class MemberRole(models.TextChoices):
    """What an organisation does in the life of a deepfake; it may do several things."""

    AI_DEVELOPER = "ai_developer"
    GENERATOR_PROVIDER = "generator_provider"
    DISTRIBUTION_PLATFORM = "distribution_platform"
    MESSAGING = "messaging"
    TELECOM = "telecom"
    SECURITY_VENDOR = "security_vendor"
    PROVENANCE_VENDOR = "provenance_vendor"
    MEDIA_MONITOR = "media_monitor"


class MemberQuerySet(models.QuerySet["Member"]):
    def active(self) -> MemberQuerySet:
        """Organisations that may read and act today."""
        return self.filter(status=MemberStatus.ACTIVE)

    def visible_to(self, member: Member) -> MemberQuerySet:
        """Active organisations: each that is active itself knows of all others."""
        return self.active() if member.is_active else self.none()


class Member(models.Model):
    """An organisation that takes part in the hub."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=64, unique=True, validators=[SLUG])
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=24, choices=MemberKind, default=MemberKind.SIGNATORY)
    status = models.CharField(max_length=16, choices=MemberStatus, default=MemberStatus.ACTIVE)
    in_community = models.BooleanField(default=True)
    roles = ArrayField(
        models.CharField(max_length=32, choices=MemberRole), default=list, blank=True
    )
    jurisdictions = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    signed_on = models.DateField(null=True, blank=True)
    public_key = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        # Incidents and their copies name it by its slug.
        triggers = [pgtrigger.ReadOnly(name="slug_stays", fields=["slug"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(in_community=True) | ~Q(kind__in=sorted(COMMUNITY_KINDS)),
                name="member_signatories_are_the_community",
            ),
            models.CheckConstraint(
                condition=Q(in_community=False)
                | Q(kind__in=[*sorted(COMMUNITY_KINDS), MemberKind.FACT_CHECKER]),
                name="member_observers_stay_outside",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether it may read and act today."""
        return self.status == MemberStatus.ACTIVE

    @property
    def is_observer(self) -> bool:
        """Whether it stands outside the community, whatever its kind."""
        return not self.in_community


class UserManager(BaseUserManager["User"]):
    def active(self) -> models.QuerySet[User]:
        """People who may sign in: their own account and their organisation's are active."""
        return self.filter(is_active=True, member__status=MemberStatus.ACTIVE)

    def visible_to(self, member: Member) -> models.QuerySet[User]:
        """The people of one's own organisation, those whose account has ended among them."""
        return self.filter(member=member) if member.is_active else self.none()

    def named(self, email: str) -> models.QuerySet[User]:
        """The one who has this address, whatever its case; by the index that keeps it unique."""
        return self.alias(lowered=Lower("email")).filter(lowered=email.lower())

    def get_by_natural_key(self, username: str | None) -> User:
        """The user who signs in with this address, whatever its case."""
        return self.named(username or "").get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person, who belongs to one organisation; operators may belong to none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="users", null=True, blank=True
    )
    role = models.CharField(
        max_length=16, choices=[(role.value, role.value) for role in Role], default=Role.VIEWER
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    locale = models.CharField(max_length=35, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    display_settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_its_case"),
            models.CheckConstraint(
                condition=Q(member__isnull=False) | Q(is_staff=True),
                name="user_belongs_to_a_member_or_operates_the_hub",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def may_sign_in(self) -> bool:
        """Whether the account and its organisation are active; operators may belong to none."""
        return self.is_active and (self.member.is_active if self.member else self.is_staff)

    @property
    def is_operator(self) -> bool:
        """Whether the person operates the hub, and belongs to nobody who takes part in it."""
        return self.is_active and self.is_staff and self.member_id is None

    @property
    def display_name(self) -> str:
        """What to call the person where the address stands too, or takes too much room."""
        return self.name or self.email.partition("@")[0]

    @property
    def theme(self) -> str:
        """The look that was chosen on the account page; empty for none."""
        return str(self.display_settings.get("theme", ""))

    @property
    def rank(self) -> Rank:
        """What is compared when somebody acts on somebody's account."""
        return rank_of(self.role, operates=self.is_staff or self.is_superuser)


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User) -> SessionQuerySet:
        """The sessions of one's own that are still good, newest first."""
        return self.filter(user=user, expire_date__gt=clock.now()).order_by("-last_seen_at")


class Session(AbstractBaseSession):
    """A browser's session, with whose it is and where it was begun; see `session_store`.

    `session_key` is the credential itself: it is shown to nobody, and `handle` names the row.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="sessions", null=True, blank=True
    )
    signed_in_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(db_default=Now())
    address = models.CharField(max_length=45, blank=True, default="")
    browser = models.CharField(max_length=300, blank=True, default="")

    objects = SessionQuerySet.as_manager()  # type: ignore[assignment,misc] # Django's has another type

    class Meta:
        verbose_name = "session"

    def __str__(self) -> str:
        return f"session of {self.user_id}"

    @property
    def handle(self) -> str:
        """Names the session without being of use to whoever learns it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:32]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, member: Member) -> InvitationQuerySet:
        """The invitations of one's own organisation that wait for an answer."""
        waiting = self.filter(member=member, accepted_at=None, withdrawn_at=None)
        return waiting if member.is_active else self.none()


class Invitation(models.Model):
    """An offer of an account, sent to an address; only a keyed digest of its link is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                "member",
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_waits_once_for_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def has_expired(self) -> bool:
        """Whether its time is over; an administrator can send it again."""
        return self.expires_at <= clock.now()

    @property
    def is_open(self) -> bool:
        """Whether its link still makes an account."""
        ended = self.accepted_at or self.withdrawn_at or self.has_expired
        return not ended and self.member.is_active


class TokenScope(models.TextChoices):
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    LOOKUP = "lookup"
    MEDIA_WRITE = "media:write"
    FEED_READ = "feed:read"
    WEBHOOKS_ADMIN = "webhooks:admin"
    MEMBERS_READ = "members:read"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, member: Member) -> ApiTokenQuerySet:
        """The tokens of one's own organisation, those that have ended among them."""
        return self.filter(member=member) if member.is_active else self.none()


class ApiToken(models.Model):
    """A bearer token of an organisation; only a keyed digest of its secret half is kept."""

    id = models.CharField(primary_key=True, max_length=8, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=24, choices=TokenScope))
    addresses = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} (dfh_{self.id}…)"

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at > clock.now() else "expired"
