"""The composition root: settings, URLs and what reads across apps."""

from capleak.celery import app as celery_app

__all__ = ["celery_app"]
