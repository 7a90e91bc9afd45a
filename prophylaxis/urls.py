"""Addresses below /patients/<uuid>/ivig/, but for those that capleak adds."""

from django.urls import path

from prophylaxis import calendar_views, recall_views, views
from prophylaxis import medicine_views as medicine

app_name = "prophylaxis"

urlpatterns = [
    path("plan/end/", views.plan_end, name="plan_end"),
    path("next/", views.arrange, name="arrange"),
    path("skip/", views.skip, name="skip"),
    path("appointments/<uuid:appointment>/", views.withdraw, name="withdraw"),
    path("medicines/", medicine.medicine_list, name="medicines"),
    path("medicines/new/", medicine.medicine_new, name="medicine_new"),
    path("medicines/<uuid:medicine>/", medicine.medicine_edit, name="medicine_edit"),
    path("medicines/<uuid:medicine>/end/", medicine.medicine_end, name="medicine_end"),
    path("lots/", recall_views.lots, name="lots"),
    path("lots/csv/", recall_views.lots_csv, name="lots_csv"),
    path("lots/recall/", recall_views.consent, name="recall_consent"),
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("calendar/end/", calendar_views.calendar_end, name="calendar_end"),
]
