"""Pages of the attacks but for that of one attack, which capleak adds: it reads
check-ins, measurements and infusions too, and draws them.
"""

from django.urls import path

from attacks import views

app_name = "attacks"

urlpatterns = [
    path("", views.attack_list, name="list"),
    path("start/", views.start, name="start"),
    path("new/", views.new, name="new"),
    path("<uuid:attack>/edit/", views.edit, name="edit"),
    path("<uuid:attack>/move/", views.move, name="move"),
]
