"""Addresses below /patients/<uuid>/ivig/."""

from django.urls import path

from prophylaxis import medicine_views as medicine
from prophylaxis import views

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
]
