from django.urls import path

from notifications.views import hospital, reminders

app_name = "reminders"

urlpatterns = [
    path("", reminders.page, name="page"),
    path("edit/", reminders.edit, name="edit"),
    path("zone/", reminders.move, name="zone"),
    path("hospital/", hospital.page, name="hospital"),
    path("<int:occurrence>/open/", reminders.go, name="open"),
    path("<int:occurrence>/seen/", reminders.seen, name="seen"),
]
