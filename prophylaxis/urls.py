"""Addresses below /patients/<uuid>/ivig/."""

from django.urls import path

from prophylaxis import calendar_views, recall_views, views

app_name = "prophylaxis"

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/end/", views.plan_end, name="plan_end"),
    path("infusions/new/", views.infusion_new, name="infusion_new"),
    path("lots/", recall_views.lots, name="lots"),
    path("lots/csv/", recall_views.lots_csv, name="lots_csv"),
    path("lots/recall/", recall_views.consent, name="recall_consent"),
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("calendar/end/", calendar_views.calendar_end, name="calendar_end"),
]
