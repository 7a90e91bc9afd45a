"""The words in which the facts of an attack are told. Each list has a way out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TriggerKind(models.TextChoices):
    NONE_KNOWN = "none", _("none known")
    INFECTION = "infection", _("infection")
    EXERTION = "exertion", _("exertion")
    PERIOD = "period", _("period")
    TRAVEL = "travel", _("travel")
    VACCINE = "vaccine", _("vaccine")
    MISSED_INFUSION = "missed", _("missed or late infusion")
    MEDICINE = "medicine", _("medicine change")
    OTHER = "other", _("something else")


class Evidence(models.TextChoices):
    """How it is known."""

    TEST = "test", _("a test showed it")
    CLINICIAN = "clinician", _("a clinician said so")
    NOTICED = "noticed", _("noticed at the time")
    SUPPOSED = "supposed", _("supposed afterwards")
    REPORT = "report", _("stated in a published report")


class TreatmentKind(models.TextChoices):
    CRYSTALLOID = "crystalloid", _("fluid: salt solution (crystalloid)")
    COLLOID = "colloid", _("fluid: colloid or plasma")
    ALBUMIN = "albumin", _("albumin")
    IVIG = "ivig", _("immunoglobulin (IVIG)")
    VASOPRESSOR = "vasopressor", _("medicine that raises blood pressure")
    STEROID = "steroid", _("steroid")
    DIURETIC = "diuretic", _("diuretic (water tablet or injection)")
    DECOMPRESSION = "decompression", _("surgery to relieve tight muscles")
    DIALYSIS = "dialysis", _("dialysis or filtration")
    VENTILATION = "ventilation", _("ventilation (breathing machine)")
    OTHER = "other", _("something else")


class Unit(models.TextChoices):
    LITERS = "L", _("L")
    MILLILITERS = "mL", _("mL")
    GRAMS = "g", _("g")
    MILLIGRAMS = "mg", _("mg")


class Site(models.TextChoices):
    """Where muscles were relieved."""

    LEFT_ARM = "left_arm", _("left arm")
    RIGHT_ARM = "right_arm", _("right arm")
    LEFT_LEG = "left_leg", _("left leg")
    RIGHT_LEG = "right_leg", _("right leg")
    BELLY = "belly", _("belly")
    OTHER = "other", _("elsewhere")


class ComplicationKind(models.TextChoices):
    RHABDOMYOLYSIS = "rhabdomyolysis", _("muscle breakdown (rhabdomyolysis)")
    COMPARTMENT = "compartment", _("compartment syndrome")
    NEUROPATHY = "neuropathy", _("nerve damage")
    KIDNEY_INJURY = "kidney_injury", _("kidney injury")
    MYOCARDIAL_EDEMA = "myocardial_edema", _("swelling of the heart muscle")
    PERICARDIAL_EFFUSION = "pericardial", _("fluid around the heart")
    TAMPONADE = "tamponade", _("heart squeezed by fluid (tamponade)")
    ARRHYTHMIA = "arrhythmia", _("heart rhythm trouble")
    CARDIAC_ARREST = "cardiac_arrest", _("cardiac arrest")
    PULMONARY_EDEMA = "pulmonary_edema", _("fluid on the lungs")
    CLOT = "clot", _("blood clot")
    STROKE = "stroke", _("stroke")
    ISCHEMIA = "ischemia", _("bowel or spleen short of blood")
    SEIZURE = "seizure", _("seizure")
    PANCREATITIS = "pancreatitis", _("pancreatitis")
    OTHER = "other", _("something else")


class Sequela(models.TextChoices):
    """What stayed behind afterwards (domain sheet, section 9)."""

    FATIGUE = "fatigue", _("tiredness")
    MUSCLE_PAIN = "muscle_pain", _("muscle pain")
    NERVES = "nerves", _("foot drop or numbness")
    MOOD = "mood", _("low mood")
    MINOR_LEAKS = "minor_leaks", _("small leaks that come back")
    SCARS = "scars", _("scars")
    OTHER = "other", _("something else")
