"""Parameters and fragments that say how a reader came, not what is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from incidents.core.canonical.parts import Param, Parts


@dataclass(frozen=True, slots=True)
class Tracking:
    """Parameters of one origin, by whole name or by how the name begins."""

    why: str
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    hosts: re.Pattern[str] | None = None
    """None where the name means the same everywhere."""

    def covers(self, name: str, host: str) -> bool:
        if self.hosts is not None and not self.hosts.fullmatch(host):
            return False
        return name in self.names or name.startswith(self.prefixes)


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRACKING = (
    Tracking("campaign parameters of web analytics", prefixes=("utm_", "hsa_", "stm_")),
    Tracking(
        "campaign parameters of Matomo and Piwik",
        names("pk_campaign pk_kwd pk_source pk_medium pk_content pk_cid"),
        prefixes=("mtm_", "piwik_"),
    ),
    Tracking(
        "click ids that advertising networks add",
        names(
            "fbclid gclid gclsrc gbraid wbraid dclid gad_source gad_campaignid msclkid yclid"
            " ysclid twclid ttclid li_fat_id epik rdt_cid sccid srsltid igshid igsh _openstat"
        ),
    ),
    Tracking("Facebook sharing", names("fb_action_ids fb_action_types fb_ref fb_source mibextid")),
    Tracking("Twitter embedding", names("ref_src ref_url __twitter_impression")),
    Tracking(
        "mailing services",
        names("mc_cid mc_eid mkt_tok vero_id _hsenc _hsmi hsCtaTracking oly_anon_id oly_enc_id"),
    ),
    Tracking("Google Analytics across domains", names("_ga _gl")),
    Tracking("Piano (AT Internet) analytics", names("xtor at_medium at_campaign")),
    Tracking("what AMP caches and viewers add", names("amp_js_v amp_gsa usqp aoh amp_r")),
    Tracking(
        "Yahoo sharing and consent",
        names("soc_src soc_trk guccounter guce_referrer guce_referrer_sig"),
    ),
    Tracking(
        "Al Jazeera sharing", names("traffic_source"), hosts=re.compile(r"www\.aljazeera\.com")
    ),
    Tracking("BBC sharing", names("ocid"), ("at_", "ns_"), re.compile(r"www\.bbc\.com")),
    Tracking("CNN sharing", names("cid sr"), hosts=re.compile(r"www\.cnn\.com")),
    Tracking("Guardian sharing", names("CMP INTCMP"), hosts=re.compile(r"www\.theguardian\.com")),
    Tracking(
        "New York Times sharing",
        names("smid smtyp partner emc referringSource unlocked_article_code searchResultPosition"),
        hosts=re.compile(r"www\.nytimes\.com"),
    ),
    Tracking("Bloomberg sharing", names("srnd sref"), hosts=re.compile(r"www\.bloomberg\.com")),
    Tracking("Deutsche Welle sharing", names("maca"), hosts=re.compile(r"(?:www|amp)\.dw\.com")),
    Tracking("Daily Mail sharing", names("ito"), hosts=re.compile(r"www\.dailymail\.co\.uk")),
)

ROUTE = re.compile(r"[!/].*")
"""Fragments by which pages drawn in the browser tell their contents apart (#!/story, #/story);
every other fragment is a place on the page."""


def without_tracking(parts: Parts) -> Parts:
    """Only what names the item, in one order, without the slash at the end."""
    kept = [param for param in parts.params if not _is_tracking(param, parts.host)]
    return replace(
        parts,
        path=parts.path.rstrip("/") or "/",
        params=tuple(sorted(kept, key=lambda param: param.name)),
        fragment=parts.fragment if ROUTE.fullmatch(parts.fragment) else "",
    )


def _is_tracking(param: Param, host: str) -> bool:
    return any(rule.covers(param.name, host) for rule in TRACKING)
