"""The tables of the prophylaxis: plans, infusions and what belongs to them."""

from prophylaxis.models.appointments import Appointment
from prophylaxis.models.details import Lot, RateStep, Reaction
from prophylaxis.models.infusions import Infusion
from prophylaxis.models.medicines import MedicinePlan
from prophylaxis.models.plans import Cadence, Plan, Route, Site
from prophylaxis.models.reach import CalendarFeed, RecallConsent

__all__ = [
    "Appointment",
    "Cadence",
    "CalendarFeed",
    "Infusion",
    "Lot",
    "MedicinePlan",
    "Plan",
    "RateStep",
    "Reaction",
    "RecallConsent",
    "Route",
    "Site",
]
