"""All addresses. Every page of a record hangs below the patient's public id."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from attacks.urls import urlpatterns as attack_urls
from capleak.views import (
    attack,
    compare,
    entrance,
    health,
    numbers,
    preferences,
    record,
    search,
    year,
)

# One attack on its page is drawn by capleak, which no app imports.
attack_pages: list[URLPattern] = [
    *attack_urls,
    path("compare/", compare.compare, name="compare"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("<uuid:attack>/", attack.detail, name="detail"),
]

record_pages: list[URLPattern | URLResolver] = [
    path("", record.today, name="today"),
    path("timeline/", record.timeline, name="timeline"),
    path("timeline/search/", search.search, name="search"),
    path("year/", year.year, name="year"),
    path("settings/", preferences.edit, name="settings"),
    path("", include("diary.urls")),
    path("attacks/", include((attack_pages, "attacks"))),
    path("ivig/", include("prophylaxis.urls")),
    path("sharing/", include("sharing.urls")),
]

urlpatterns = [
    path("", entrance.landing, name="landing"),
    path("home/", entrance.home, name="home"),
    path("start/", entrance.start, name="start"),
    path("accounts/", include("allauth.account.urls")),
    path("patients/<uuid:patient>/", include(record_pages)),
    path("", include("sharing.invitation_urls")),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = "capleak.views.errors.bad_request"
handler500 = "capleak.views.errors.server_error"

if settings.LOCAL:
    from capleak.local.mail import mail_page

    urlpatterns.append(path("local/mail/", mail_page, name="local_mail"))
