"""Numbers without idle zeros."""

from django import template

from prophylaxis.figures import trimmed

register = template.Library()
register.filter("trimmed", trimmed)
