"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os

import django

from hub.api.wsgi import HubWSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
django.setup(set_prefix=False)

application = HubWSGIHandler()
