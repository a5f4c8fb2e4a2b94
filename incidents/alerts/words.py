"""What topics and errors of deliveries are called on pages, and what to do about the latter."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from hub.kit.answers import ErrorClass
from incidents.alerts.engine.posting import UNREADABLE_SECRET

TOPICS: Final[dict[str, str | Promise]] = {
    "incident.published": _("An incident is published that you may read."),
    "incident.updated": _("A published incident changes that you could read before and after."),
    "incident.withdrawn": _("Its owner takes an incident back: remove what you kept of it."),
    "incident.granted": _("You may read an incident now that you could not read before."),
    "incident.revoked": _("You may not read an incident any more: remove what you kept of it."),
    "observation.added": _("Somebody saw a deepfake in one more place."),
    "crossref.suggested": _("The hub or an organisation suggests a link between two incidents."),
    "crossref.accepted": _("A link between two incidents holds."),
    "endpoint.disabled": _("Another of your endpoints answered 410 and is switched off."),
    "member.joined": _("An organisation joins the hub, or comes back to it."),
    "member.left": _("An organisation leaves the hub, or is suspended."),
    "endpoint.test": _("A trial message. The hub sends none yet; you can ask for it already."),
}


class Told(NamedTuple):
    """Why an attempt did not succeed, and what its receiver's people can do."""

    what: str | Promise
    advice: str | Promise


ERRORS: Final = {
    ErrorClass.REFUSED_URL: Told(
        _("The hub does not post to this URL."),
        _("Change the URL: https, a public name or address, port 443 or 1024 to 65535."),
    ),
    ErrorClass.REFUSED_ADDRESS: Told(
        _("The name leads to an address that is not public."),
        _("Let its DNS name public addresses only; one that is not spoils all."),
    ),
    ErrorClass.DNS: Told(
        _("The name of the host was not found in time."),
        _("Look for a mistyped host, and whether its DNS answers from outside your network."),
    ),
    ErrorClass.CONNECT: Told(
        _("Nobody took the connection."),
        _("Start the receiver, and let its firewall take connections from the hub."),
    ),
    ErrorClass.TLS: Told(
        _("No encrypted connection came about."),
        _("Look at the certificate: its name, its dates, and that its whole chain is sent."),
    ),
    ErrorClass.TIMEOUT: Told(
        _("Your server took too long; the hub waits 15 seconds, the body included."),
        _("Keep the event, answer 204 at once, and do the work afterwards."),
    ),
    ErrorClass.DISCONNECTED: Told(
        _("Your server hung up before it had answered."),
        _("Look into the receiver's log: it, or a proxy before it, ended the connection."),
    ),
    ErrorClass.TOO_LARGE: Told(
        _("The head of the answer was larger than 16 KiB."),
        _("Send fewer or shorter headers; none of them is needed."),
    ),
    ErrorClass.PROTOCOL: Told(
        _("What came back is not HTTP/1.1."),
        _("Look whether port and scheme of the URL are those of the receiver."),
    ),
    UNREADABLE_SECRET: Told(
        _("The hub could not read this endpoint's secret; nothing was posted."),
        _("Tell the operator of the hub: a key is missing from its key ring."),
    ),
}

NOT_2XX: Final = _("The hub takes 200 to 299 for delivered, and nothing else.")
STATUSES: Final[dict[int, Promise]] = {
    HTTPStatus.BAD_REQUEST: _(
        "Receivers answer 400 to a wrong signature: give yours the secret of this endpoint, verify "
        "the bytes as they came, and set its clock."
    ),
    HTTPStatus.UNAUTHORIZED: _(
        "The hub signs and brings no password: let the receiver verify the signature instead."
    ),
    HTTPStatus.FORBIDDEN: _("Something before the receiver keeps the hub out: let it through."),
    HTTPStatus.NOT_FOUND: _("Look at the path of the URL."),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Let the receiver take POST at this path."),
    HTTPStatus.GONE: _("To the hub, 410 means to send nothing any more: the endpoint is disabled."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Let the receiver take bodies of up to 64 KiB."),
    HTTPStatus.TOO_MANY_REQUESTS: _("The hub sends less for a while, as your server asks."),
    HTTPStatus.SERVICE_UNAVAILABLE: _("The hub sends less for a while, as your server asks."),
}


def outcome_of(status: int | None, error: str) -> Told:
    """What an attempt that did not succeed is told as; `error` is its class, empty if none."""
    if error:
        return ERRORS.get(error) or Told(error, "")
    if status is None:
        return Told(_("There was no answer."), "")
    what = _now("Your server answered %(status)d.") % {"status": status}
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Told(what, _("The hub follows no redirects: give it the address they lead to."))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in STATUSES:
        return Told(what, _("Look into the receiver's log: it failed while it took the event."))
    return Told(what, STATUSES.get(status, NOT_2XX))
