"""Addresses below /patients/<uuid>/ivig/."""

from django.urls import path

from prophylaxis import views

app_name = "prophylaxis"

urlpatterns = [
    path("", views.ivig, name="ivig"),
    path("plan/", views.plan, name="plan"),
    path("plan/end/", views.plan_end, name="plan_end"),
    path("infusions/new/", views.infusion_new, name="infusion_new"),
]
