"""The forms of plans, infusions, appointments and medicines."""

from prophylaxis.forms.appointment import ArrangeForm, SkipForm
from prophylaxis.forms.infusion import FinishForm, InfusionForm
from prophylaxis.forms.medicine import MedicineForm
from prophylaxis.forms.plan import PlanForm

__all__ = [
    "ArrangeForm",
    "FinishForm",
    "InfusionForm",
    "MedicineForm",
    "PlanForm",
    "SkipForm",
]
