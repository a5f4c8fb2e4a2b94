"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import gc
import os

import django
from django.urls import get_resolver

from hub.api.wsgi import HubWSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
django.setup(set_prefix=False)

application = HubWSGIHandler()
# All views now, and once for all workers, not when the first request comes to each.
get_resolver().url_patterns  # noqa: B018 - reading it loads them
# It stays: no request has to wait while all of it is looked through for garbage.
gc.collect()
gc.freeze()
