"""Settings of the test suite: the same hub, with secrets of its own and fast passwords."""

from __future__ import annotations

import base64
import os

os.environ.setdefault("HUB_SECRET_KEY", "only-for-tests-" + "0123456789" * 4)
os.environ.setdefault(
    "HUB_ENCRYPTION_KEYS", base64.b64encode(b"only-for-tests-32-bytes-long-key").decode()
)

from hub.settings.base import *  # noqa: F403 - the secrets above must be set before

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
HUB_RATE_TOKEN = "1000000/m"  # noqa: S105 - a rate
HUB_RATE_TOKEN_BURST = 1_000_000
HUB_DESIGN_PAGE = True
STATIC_ROOT = BASE_DIR / "static" / "of-no-test"  # noqa: F405 - files as they lie, built or not
# Otherwise each client of a test looks up all files anew, which takes longer than a page.
WHITENOISE_AUTOREFRESH = True
