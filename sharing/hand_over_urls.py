from django.urls import path

from sharing import hand_over_views

app_name = "hand_over"

urlpatterns = [
    path("hand-overs/<str:token>/", hand_over_views.open_link, name="open"),
    path("hand-over/", hand_over_views.page, name="page"),
]
