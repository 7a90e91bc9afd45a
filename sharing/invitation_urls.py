from django.urls import path

from sharing import invitation_views

app_name = "invitation"

urlpatterns = [
    path("invitations/<str:token>/", invitation_views.open_link, name="open"),
    path("invitation/", invitation_views.page, name="page"),
]
