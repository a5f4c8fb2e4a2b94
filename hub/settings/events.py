"""What happens after what: the tasks that consume each event.

Here one slice names the code of others by string. To add a topic, name it here, in
`incidents/alerts/topics.py` and in `words.py` beside that; see docs/how-to/add-an-event.md.
"""

from __future__ import annotations

FAN_OUT = "incidents.alerts.tasks.fan_out"
"""Turns every event into deliveries."""
SUGGEST = "incidents.crossrefs.tasks.suggest"
"""Looks for incidents that belong together with the one it is about."""
FORGET = "incidents.alerts.tasks.forget"
"""Erases what deliveries keep of an incident or a link."""
REDACT = "incidents.crossrefs.tasks.redact"
"""Takes the texts of a redaction out of what is said about links."""

HUB_EVENTS: dict[str, list[str]] = {
    "incident.published": [FAN_OUT, SUGGEST],
    "incident.updated": [FAN_OUT, SUGGEST],
    "incident.withdrawn": [FAN_OUT],
    # This and `crossref.forgotten` are no topics that members can ask for.
    "incident.redacted": [FAN_OUT, FORGET, REDACT],
    "incident.granted": [FAN_OUT],
    "incident.revoked": [FAN_OUT],
    "observation.added": [FAN_OUT, SUGGEST],
    "crossref.suggested": [FAN_OUT],
    "crossref.accepted": [FAN_OUT],
    "crossref.forgotten": [FAN_OUT, FORGET],
    "endpoint.disabled": [FAN_OUT],
    "member.joined": [FAN_OUT],
    "member.left": [FAN_OUT],
}

HUB_CHORES: dict[str, list[str]] = {
    topic: others
    for topic, consumers in HUB_EVENTS.items()
    if (others := [one for one in consumers if one != FAN_OUT])
}
"""What an event asks for besides its fan-out, which is on the event's own books."""
