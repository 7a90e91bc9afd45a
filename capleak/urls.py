"""All addresses. Every page of a record hangs below the patient's public id."""

from django.conf import settings
from django.urls import include, path

from capleak.views import entrance, health, preferences, record

record_pages = [
    path("", record.today, name="today"),
    path("timeline/", record.timeline, name="timeline"),
    path("settings/", preferences.edit, name="settings"),
    path("", include("diary.urls")),
    path("attacks/", include("attacks.urls")),
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

if settings.LOCAL:
    from capleak.local.mail import mail_page

    urlpatterns.append(path("local/mail/", mail_page, name="local_mail"))
