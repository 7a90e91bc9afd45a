"""Pages of the attacks but for that of one attack, which capleak adds: it reads
check-ins, measurements and infusions too, and draws them.
"""

from django.urls import path

from attacks import fact_views, past_views, views
from attacks.facts import KINDS

app_name = "attacks"

urlpatterns = [
    path("", views.attack_list, name="list"),
    path("start/", views.start, name="start"),
    path("new/", views.new, name="new"),
    path("<uuid:attack>/edit/", views.edit, name="edit"),
    path("<uuid:attack>/move/", views.move, name="move"),
    path("<uuid:attack>/suggestion/", fact_views.suggestion, name="suggestion"),
    path("<uuid:attack>/history/", fact_views.versions, name="history"),
    path("<uuid:attack>/facts/", fact_views.course, name="course"),
    *(
        path(
            f"<uuid:attack>/facts/{kind}s/new/",
            fact_views.fact_new,
            {"kind": kind},
            name=f"{kind}_new",
        )
        for kind in KINDS
    ),
    path("<uuid:attack>/facts/<uuid:fact>/", fact_views.fact, name="fact"),
    path(
        "<uuid:attack>/facts/<uuid:fact>/delete/",
        fact_views.fact_delete,
        name="fact_delete",
    ),
    path("by-year/new/", past_views.by_year, name="by_year"),
    path("before/new/", past_views.count_new, name="past_new"),
    path("before/<uuid:count>/", past_views.count, name="past"),
    path("before/<uuid:count>/delete/", past_views.count_delete, name="past_delete"),
]
