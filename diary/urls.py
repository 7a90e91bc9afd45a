from django.urls import path

from diary.views import (
    checkin,
    comments,
    entry,
    flags,
    importing,
    measure,
    move,
    profile,
    symptoms,
)

app_name = "diary"

urlpatterns = [
    path("checkins/new/", checkin.checkin_new, name="checkin_new"),
    path("checkins/sick/", checkin.sick, name="sick"),
    path("checkins/<uuid:checkin>/edit/", entry.edit, name="edit"),
    path("checkins/<uuid:checkin>/delete/", entry.delete, name="delete"),
    path("checkins/<uuid:checkin>/undo/", entry.undo, name="undo"),
    path("checkins/<uuid:checkin>/history/", entry.history, name="history"),
    path("checkins/<uuid:checkin>/move/", move.move, name="move"),
    path("deleted/", entry.deleted, name="deleted"),
    path("comments/", comments.comment, name="comment"),
    path(
        "comments/<uuid:comment>/delete/",
        comments.comment_delete,
        name="comment_delete",
    ),
    path("symptoms/", symptoms.symptoms, name="symptoms"),
    path("symptoms/pins/", symptoms.pin, name="pin"),
    path("symptoms/<uuid:symptom>/", symptoms.symptom, name="symptom"),
    path("measure/", measure.measure, name="measure"),
    path("labs/", measure.labs, name="labs"),
    path("profile/", profile.profile, name="profile"),
    path("import/", importing.upload, name="import"),
    path("import/<uuid:run>/", importing.import_run, name="import_run"),
    path("download/", importing.download, name="download"),
    path("flags/recheck/", flags.recheck, name="flag_recheck"),
    path("flags/<uuid:flag>/answer/", flags.answer, name="flag_answer"),
    path("help/", checkin.help_now, name="help"),
]
