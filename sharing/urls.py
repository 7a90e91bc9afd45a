from django.urls import path

from sharing import hand_over_views, views

app_name = "sharing"

urlpatterns = [
    path("", views.people, name="people"),
    path("invite/", views.invite_someone, name="invite"),
    path("<uuid:grant>/revoke/", views.revoke_access, name="revoke"),
    path("log/", views.log, name="log"),
    path("running/", hand_over_views.running, name="running"),
    path("hand-over/", hand_over_views.offer, name="hand_over"),
    path("hand-over/end/", hand_over_views.take_back, name="hand_over_end"),
]
