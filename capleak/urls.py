"""All addresses. Every page of a record hangs below the patient's public id."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from attacks.urls import urlpatterns as attack_urls
from capleak.views import (
    agreement,
    attack,
    compare,
    corrections,
    entrance,
    exports,
    flags,
    health,
    home,
    infusion,
    ivig,
    learn,
    leaving,
    many,
    merge,
    numbers,
    preferences,
    proxies,
    record,
    report,
    rescue,
    search,
    security,
    staff,
    staff_look,
    takeout,
    year,
)
from prophylaxis.calendar_views import feed
from prophylaxis.recall_views import recall, recall_csv
from prophylaxis.urls import urlpatterns as ivig_urls

# These pages show what several apps keep, so capleak draws them, which no app imports.
attack_pages: list[URLPattern] = [
    *attack_urls,
    path("compare/", compare.compare, name="compare"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("<uuid:attack>/", attack.detail, name="detail"),
]

ivig_pages: list[URLPattern] = [
    path("", ivig.ivig, name="ivig"),
    *ivig_urls,
    path("plan/", infusion.plan, name="plan"),
    path("infusions/new/", infusion.new, name="infusion_new"),
    path("infusions/<uuid:infusion>/", infusion.detail, name="infusion"),
    path("infusions/<uuid:infusion>/edit/", infusion.edit, name="infusion_edit"),
    path("infusions/<uuid:infusion>/finish/", infusion.finish, name="infusion_finish"),
    path("infusions/<uuid:infusion>/delete/", infusion.delete, name="infusion_delete"),
    path(
        "infusions/<uuid:infusion>/restore/", infusion.restore, name="infusion_restore"
    ),
]

record_pages: list[URLPattern | URLResolver] = [
    path("", record.today, name="today"),
    path("timeline/", record.timeline, name="timeline"),
    path("timeline/search/", search.search, name="search"),
    path("year/", year.year, name="year"),
    path("flags/", flags.flags, name="flags"),
    path("settings/", preferences.edit, name="settings"),
    path("delete/", leaving.record, name="erase_record"),
    path("keep/", leaving.keep, name="erase_keep"),
    path("merge/", merge.merge, name="merge"),
    path("closing/", proxies.close, name="closing"),
    path("closing/end/", proxies.reopen, name="closing_end"),
    path("closing/memorial/", proxies.memorial, name="memorial"),
    path("corrections/", corrections.listing, name="corrections"),
    path(
        "corrections/<uuid:correction>/", corrections.answer, name="correction_answer"
    ),
    path(
        "corrections/checkins/<uuid:checkin>/",
        corrections.ask_checkin,
        name="correction_checkin",
    ),
    path(
        "corrections/attacks/<uuid:attack>/",
        corrections.ask_attack,
        name="correction_attack",
    ),
    path(
        "corrections/infusions/<uuid:infusion>/",
        corrections.ask_infusion,
        name="correction_infusion",
    ),
    path("exports/", exports.exports, name="exports"),
    path("take-out/", takeout.record, name="takeout"),
    path("report/", report.report, name="report"),
    path("report/questions/", report.questions, name="report_questions"),
    path("", include("diary.urls")),
    path("attacks/", include((attack_pages, "attacks"))),
    path("ivig/", include((ivig_pages, "prophylaxis"))),
    path("reminders/", include("notifications.urls")),
    path("sharing/", include("sharing.urls")),
]

urlpatterns = [
    path("", entrance.landing, name="landing"),
    path("home/", home.home, name="home"),
    path("start/", entrance.start, name="start"),
    path("start/someone/", proxies.start, name="start_for"),
    path("start/bring-over/", takeout.bring_over, name="bring_over"),
    path("learn/", learn.index, name="learn"),
    path("learn/<slug:page>/", learn.page, name="learn_page"),
    path("accounts/delete/", leaving.account, name="erase_account"),
    path("accounts/keep/", leaving.keep_own_account, name="erase_keep_account"),
    path("exports/", many.exports, name="exports_many"),
    path("exports/<uuid:job>/", many.job, name="exports_job"),
    path("exports/<uuid:job>/file/", many.file, name="exports_file"),
    path("accounts/", include("allauth.account.urls")),
    # One page instead of two of allauth's, at their addresses.
    path("accounts/security/", security.page, name="security"),
    path("accounts/security/webauthn/", security.page, name="mfa_list_webauthn"),
    path("accounts/take-out/", takeout.account, name="account_takeout"),
    path("accounts/security/session/", security.session_left, name="session_left"),
    path("accounts/security/", include("allauth.mfa.urls")),
    path("accounts/consent/", agreement.page, name="consent"),
    path("accounts/rescue/<str:token>/", rescue.stop, name="rescue_stop"),
    path("patients/<uuid:patient>/", include(record_pages)),
    path("", include("sharing.invitation_urls")),
    path("", include("sharing.hand_over_urls")),
    path("", include("notifications.answer_urls")),
    path("", include("notifications.mail_urls")),
    path("calendar/<str:token>.ics", feed, name="calendar"),
    path("staff/", staff.staff, name="staff"),
    path("staff/rescue/", rescue.staff_page, name="staff_rescue"),
    path("staff/look/", staff_look.page, name="staff_look"),
    path("staff/recall/", recall, name="recall"),
    path("staff/recall/csv/", recall_csv, name="recall_csv"),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = "capleak.views.errors.bad_request"
handler500 = "capleak.views.errors.server_error"

if settings.LOCAL:
    from capleak.local.mail import mail_page

    urlpatterns.append(path("local/mail/", mail_page, name="local_mail"))
