"""The Celery application: `celery -A capleak worker` and `celery -A capleak beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "capleak.settings")

app = Celery("capleak")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
