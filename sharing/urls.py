from django.urls import path

from sharing import views

app_name = "sharing"

urlpatterns = [
    path("", views.people, name="people"),
    path("invite/", views.invite_someone, name="invite"),
    path("<uuid:grant>/revoke/", views.revoke_access, name="revoke"),
    path("log/", views.log, name="log"),
]
