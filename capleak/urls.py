"""All addresses. Every page of a record hangs below the patient's public id."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from attacks.urls import urlpatterns as attack_urls
from capleak.views import (
    attack,
    entrance,
    health,
    infusion,
    preferences,
    record,
    search,
    year,
)
from prophylaxis.urls import urlpatterns as ivig_urls

# One attack on its page is drawn by capleak, which no app imports.
attack_pages: list[URLPattern] = [
    *attack_urls,
    path("<uuid:attack>/", attack.detail, name="detail"),
]

# Entering an infusion asks the diary for the weight, one infusion for measurements.
ivig_pages: list[URLPattern] = [
    *ivig_urls,
    path("", infusion.ivig, name="ivig"),
    path("plan/", infusion.plan, name="plan"),
    path("infusions/new/", infusion.new, name="infusion_new"),
    path("infusions/<uuid:infusion>/", infusion.detail, name="infusion"),
    path("infusions/<uuid:infusion>/edit/", infusion.edit, name="infusion_edit"),
    path("infusions/<uuid:infusion>/finish/", infusion.finish, name="infusion_finish"),
    path("infusions/<uuid:infusion>/delete/", infusion.delete, name="infusion_delete"),
]

record_pages: list[URLPattern | URLResolver] = [
    path("", record.today, name="today"),
    path("timeline/", record.timeline, name="timeline"),
    path("timeline/search/", search.search, name="search"),
    path("year/", year.year, name="year"),
    path("settings/", preferences.edit, name="settings"),
    path("", include("diary.urls")),
    path("attacks/", include((attack_pages, "attacks"))),
    path("ivig/", include((ivig_pages, "prophylaxis"))),
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
