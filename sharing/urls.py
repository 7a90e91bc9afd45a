from django.urls import path

from sharing import grant_views, preview_views, views

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
]
