"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "capleak.settings")

application = get_wsgi_application()
# All of the site is imported here, once, and not while somebody waits for a page.
get_resolver().url_patterns  # noqa: B018
