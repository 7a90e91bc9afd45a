from django.urls import path

from sharing import grant_views, hand_over_views, preview_views, views

app_name = "sharing"

urlpatterns = [
    path("", views.people, name="people"),
    path("invite/", views.invite_someone, name="invite"),
    path("<uuid:grant>/revoke/", views.revoke_access, name="revoke"),
    path("<uuid:grant>/", grant_views.edit, name="edit"),
    path("<uuid:grant>/waiting/", grant_views.waiting, name="waiting"),
    path("<uuid:grant>/admit/", grant_views.let_in, name="admit"),
    path("<uuid:grant>/preview/", preview_views.begin, name="preview"),
    path("preview/end/", preview_views.end, name="preview_end"),
    path("log/", views.log, name="log"),
    path("running/", hand_over_views.running, name="running"),
    path("hand-over/", hand_over_views.offer, name="hand_over"),
    path("hand-over/end/", hand_over_views.take_back, name="hand_over_end"),
]
