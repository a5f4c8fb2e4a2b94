"""Platforms that show one post, video or message under many addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from incidents.core.canonical.parts import Param, Parts, params_of

WORD = r"[A-Za-z0-9_]"
ID = r"[A-Za-z0-9_-]"


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a platform writes the address of an item."""

    path: re.Pattern[str]
    item: str
    """The canonical address without scheme, made of the groups of `path` and of `params`."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Parameters that name the item, with the pattern of their values."""
    keeps: frozenset[str] = frozenset()
    """Parameters that name a part of it, such as a comment, which is not the item itself."""
    lower: frozenset[str] = frozenset()
    """Groups in which the platform does not tell capitals apart."""
    alone: bool = False
    """Only for addresses with no further parameters: with some, the path may be a search."""


@dataclass(frozen=True, slots=True)
class Platform:
    why: str
    hosts: re.Pattern[str]
    forms: tuple[Form, ...]
    host: str = ""
    """The host under which its other pages are known; empty where the hosts differ in content."""
    noise: frozenset[str] = frozenset()
    """Parameters that name nothing on any of its pages."""


def form(
    path: str, item: str, *, keeps: str = "", lower: str = "", alone: bool = False, **params: str
) -> Form:
    return Form(
        path=re.compile(path),
        item=item,
        params=params,
        keeps=frozenset(keeps.split()),
        lower=frozenset(lower.split()),
        alone=alone,
    )


PLATFORMS = (
    Platform(
        "X finds a post by its number; handle, media suffix and the old name are decoration",
        re.compile(r"(?:www\.)?(?:x|twitter)\.com"),
        (
            form(
                rf"/(?:i|i/web|{WORD}{{1,20}})/status(?:es)?/(?P<id>[0-9]+)(?:/(?:photo|video)/[0-9]+)?",
                "x.com/i/status/{id}",
            ),
            form(rf"/(?P<handle>{WORD}{{1,20}})", "x.com/{handle}", lower="handle", alone=True),
        ),
        host="x.com",
        noise=frozenset({"s", "t", "lang", "cxt"}),
    ),
    Platform(
        "YouTube finds a video by its id, in whichever player it is shown",
        re.compile(r"(?:(?:www|music)\.)?youtube(?:-nocookie)?\.com"),
        (
            form(r"/watch", "www.youtube.com/watch?v={v}", v=rf"{ID}{{6,20}}", keeps="lc"),
            form(
                rf"/(?:shorts|embed|live|v|e)/(?!videoseries\Z|live_stream\Z)(?P<v>{ID}{{6,20}})",
                "www.youtube.com/watch?v={v}",
            ),
            form(
                r"/playlist|/embed/videoseries",
                "www.youtube.com/playlist?list={list}",
                list=rf"{ID}+",
            ),
        ),
        host="www.youtube.com",
        noise=frozenset({"si", "feature", "ab_channel", "app", "pp"}),
    ),
    Platform(
        "YouTube's short host",
        re.compile(r"(?:www\.)?youtu\.be"),
        (form(rf"/(?P<v>{ID}{{6,20}})", "www.youtube.com/watch?v={v}", keeps="lc"),),
    ),
    Platform(
        "TikTok finds a video by its number, whatever handle stands before it",
        re.compile(r"(?:www\.)?tiktok\.com"),
        (
            form(
                r"/@[\w.-]*/(?P<kind>video|photo)/(?P<id>[0-9]+)", "www.tiktok.com/@_/{kind}/{id}"
            ),
            form(
                r"/(?:v|embed|embed/v[0-9]|player/v1|share/video)/(?P<id>[0-9]+)(?:\.html)?",
                "www.tiktok.com/@_/video/{id}",
            ),
            form(r"/@(?P<handle>[\w.-]+)", "www.tiktok.com/@{handle}", lower="handle", alone=True),
        ),
        host="www.tiktok.com",
        noise=frozenset(
            {"lang", "is_from_webapp", "sender_device", "web_id", "is_copy_url", "_r", "_t"}
        ),
    ),
    Platform(
        "Instagram finds a post, reel or IGTV video by its short code",
        re.compile(r"(?:www\.)?instagram\.com"),
        (
            form(
                rf"(?:/[\w.]+)?/(?:p|reels?|tv)/(?P<code>{ID}{{5,}})(?:/embed(?:/captioned)?)?",
                "www.instagram.com/p/{code}",
            ),
            form(
                r"/(?P<handle>[\w.]{1,30})",
                "www.instagram.com/{handle}",
                lower="handle",
                alone=True,
            ),
        ),
        host="www.instagram.com",
        noise=frozenset({"hl"}),
    ),
    Platform(
        "Threads finds a post by its short code",
        re.compile(r"(?:www\.)?threads\.(?:com|net)"),
        (form(rf"/(?:@[\w.]+/post|t)/(?P<code>{ID}+)", "www.threads.com/t/{code}"),),
        host="www.threads.com",
    ),
    Platform(
        "Facebook writes photos, videos and posts in several ways and has hosts for every locale",
        re.compile(r"(?:(?:www|web|mbasic|[a-z]{2}-[a-z]{2})\.)?facebook\.com"),
        (
            form(
                r"/photo(?:\.php)?",
                "www.facebook.com/photo?fbid={fbid}",
                fbid="[0-9]+",
                keeps="comment_id",
            ),
            form(
                r"/[^/]+/photos/(?:[^/]+/)?(?P<fbid>[0-9]+)",
                "www.facebook.com/photo?fbid={fbid}",
                keeps="comment_id",
            ),
            form(
                r"/watch(?:/live)?|/video\.php",
                "www.facebook.com/watch?v={v}",
                v="[0-9]+",
                keeps="comment_id",
            ),
            form(
                r"/reel/(?P<v>[0-9]+)|/[^/]+/videos/(?:[^/]+/)?(?P<w>[0-9]+)",
                "www.facebook.com/watch?v={v}{w}",
                keeps="comment_id",
            ),
            form(
                r"/(?:permalink|story)\.php",
                "www.facebook.com/permalink.php?id={id}&story_fbid={story_fbid}",
                id="[0-9]+",
                story_fbid=rf"{WORD}+",
                keeps="comment_id",
            ),
            form(
                r"/groups/(?P<group>[^/]+)/(?:posts|permalink)/(?P<post>[0-9]+)",
                "www.facebook.com/groups/{group}/posts/{post}",
                keeps="comment_id",
            ),
            form(
                rf"/(?P<page>[^/]+)/posts/(?:[^/]+/)?(?P<post>[0-9]+|pfbid{WORD}+)",
                "www.facebook.com/{page}/posts/{post}",
                lower="page",
                keeps="comment_id",
            ),
        ),
        host="www.facebook.com",
        noise=frozenset(
            {"ref", "refsrc", "sfnsn", "rdid", "share_url", "locale", "paipv", "eav", "_rdr"}
        ),
    ),
    Platform(
        "Reddit finds posts and comments by their ids; community and slug are decoration",
        re.compile(r"(?:(?:www|old|new|np|sh|i)\.)?reddit\.com"),
        (
            form(
                r"(?:/(?:r|u|user)/[^/]+)?/comments/(?P<post>\w+)/[^/]+/(?P<comment>\w+)",
                "www.reddit.com/comments/{post}/_/{comment}",
                lower="post comment",
            ),
            form(
                r"(?:/(?:r|u|user)/[^/]+)?/(?:comments|gallery)/(?P<post>\w+)(?:/[^/]+)?",
                "www.reddit.com/comments/{post}",
                lower="post",
            ),
        ),
        host="www.reddit.com",
        noise=frozenset({"share_id", "rdt", "context", "ref", "ref_source"}),
    ),
    Platform(
        "Reddit's short host",
        re.compile(r"(?:www\.)?redd\.it"),
        (form(r"/(?P<post>[a-z0-9]+)", "www.reddit.com/comments/{post}"),),
    ),
    Platform(
        "Truth Social writes posts with and without a folder; handles have no case",
        re.compile(r"(?:www\.)?truthsocial\.com"),
        (
            form(
                r"/(?:@(?P<handle>\w+)/(?:posts/)?|users/(?P<user>\w+)/statuses/)(?P<id>[0-9]+)",
                "truthsocial.com/@{handle}{user}/posts/{id}",
                lower="handle user",
            ),
            form(r"/@(?P<handle>\w+)", "truthsocial.com/@{handle}", lower="handle", alone=True),
        ),
        host="truthsocial.com",
    ),
    Platform(
        "Telegram shows a channel's messages with and without the preview; names have no case",
        re.compile(r"(?:www\.)?(?:t\.me|telegram\.(?:me|dog))"),
        (
            form(
                rf"(?:/s)?/(?P<channel>[A-Za-z]{WORD}{{2,31}})/(?:[0-9]+/)?(?P<message>[0-9]+)",
                "t.me/{channel}/{message}",
                lower="channel",
                keeps="comment",
            ),
            form(r"/c/(?P<chat>[0-9]+)/(?:[0-9]+/)?(?P<message>[0-9]+)", "t.me/c/{chat}/{message}"),
            form(
                rf"(?:/s)?/(?P<channel>[A-Za-z]{WORD}{{2,31}})",
                "t.me/{channel}",
                lower="channel",
                alone=True,
            ),
        ),
        host="t.me",
        noise=frozenset({"embed", "single"}),
    ),
    Platform(
        "VKontakte shows wall posts as pages and as layers over other pages",
        re.compile(r"(?:(?:www|new)\.)?vk\.(?:com|ru)"),
        (
            form(r"/[\w.-]*", "vk.com/{w}", w="wall-?[0-9]+_[0-9]+", keeps="reply"),
            form(
                r"/(?P<item>(?:wall|video|clip|photo)-?[0-9]+_[0-9]+)",
                "vk.com/{item}",
                keeps="reply",
            ),
        ),
        host="vk.com",
    ),
    Platform(
        "LinkedIn finds a post by the number of its activity",
        re.compile(r"(?:[a-z]{2,3}\.)?linkedin\.com"),
        (
            form(
                r"/posts/[^/]*activity-(?P<id>[0-9]+)(?:-[\w-]+)?",
                "www.linkedin.com/feed/update/urn:li:activity:{id}",
                keeps="commentUrn",
            ),
            form(
                r"(?:/embed)?/feed/update/urn(?::|%3A)li(?::|%3A)activity(?::|%3A)(?P<id>[0-9]+)",
                "www.linkedin.com/feed/update/urn:li:activity:{id}",
                keeps="commentUrn",
            ),
        ),
        host="www.linkedin.com",
        noise=frozenset({"trk", "trackingId", "lipi", "rcm"}),
    ),
    Platform(
        "Vimeo's player shows the same video; the second part only unlocks it",
        re.compile(r"(?:(?:www|player)\.)?vimeo\.com"),
        (form(rf"(?:/video)?/(?P<id>[0-9]+)(?:/{WORD}+)?", "vimeo.com/{id}"),),
    ),
    Platform(
        "Dailymotion finds a video by its id, with or without title and player",
        re.compile(r"(?:www\.)?dailymotion\.com|dai\.ly"),
        (
            form(
                r"/(?:(?:embed/)?video/)?(?P<id>x[a-z0-9]{4,})(?:_[^/]*)?",
                "www.dailymotion.com/video/{id}",
            ),
        ),
    ),
    Platform(
        "Rumble finds a video by the id before its title",
        re.compile(r"(?:www\.)?rumble\.com"),
        (form(r"/(?P<id>v[a-z0-9]{4,})(?:-[^/]*)?(?:\.html)?", "rumble.com/{id}"),),
        host="rumble.com",
    ),
    Platform(
        "Bluesky's handles have no case",
        re.compile(r"bsky\.app"),
        (
            form(
                r"/profile/(?P<handle>[^/]+)/post/(?P<id>\w+)",
                "bsky.app/profile/{handle}/post/{id}",
                lower="handle",
            ),
        ),
        host="bsky.app",
    ),
)


def in_platform_form(parts: Parts) -> Parts:
    """The one address of an item on a platform; other addresses as they are."""
    platform = next((known for known in PLATFORMS if known.hosts.fullmatch(parts.host)), None)
    if platform is None or parts.port is not None:
        return parts
    params = tuple(param for param in parts.params if param.name not in platform.noise)
    parts = replace(parts, host=platform.host or parts.host, params=params)
    for known in platform.forms:
        groups = _groups(known, parts)
        if groups is not None:
            return _item(known, parts, groups)
    return parts


def _groups(known: Form, parts: Parts) -> dict[str, str] | None:
    match = known.path.fullmatch(parts.path)
    if match is None or (known.alone and parts.params):
        return None
    groups = {name: value or "" for name, value in match.groupdict().items()}
    for name, pattern in known.params.items():
        value = parts.param(name)
        if value is None or not re.fullmatch(pattern, value):
            return None
        groups[name] = value
    return groups


def _item(known: Form, parts: Parts, groups: dict[str, str]) -> Parts:
    for name in known.lower:
        groups[name] = groups[name].lower()
    address, _, query = known.item.format_map(groups).partition("?")
    host, _, path = address.partition("/")
    kept = [param for param in parts.params if param.name in known.keeps]
    params: list[Param] = [*params_of(query), *kept]
    return replace(
        parts,
        host=host,
        path=f"/{path}",
        params=tuple(sorted(params, key=lambda param: param.name)),
        fragment="",
    )
