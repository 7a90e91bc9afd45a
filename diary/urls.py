from django.urls import path

from diary import views

app_name = "diary"

urlpatterns = [
    path("checkins/new/", views.checkin_new, name="checkin_new"),
    path("help/", views.help_now, name="help"),
]
