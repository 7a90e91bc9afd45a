"""The red flags of one entry: signs that open the help page at once.

Pure and stateless: this entry alone, no history, no baseline, no score, no clock. An
entry that says less never shows more: adding a sign or making one worse keeps every
flag. Where an entry leaves open how bad a sign is, help is shown.

Each rule names its line of the domain sheet, section 6. Choices of our own, all on the
side of showing help, are marked "design".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from diary.vocabulary import Severity


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One sign of an entry for which to get help now."""

    key: str
    what: str  # a fact of the entry, to be translated
    source: str | None  # None where the sheet gives none


_EMA = "EMA, PRAC, June and July 2021"
_TRIAD = "Ebdrup 2018, PMC6119378"
_WU = "Wu 2019, doi:10.1007/s11739-019-02113-4"
_ACS = "Donaldson 2014, doi:10.2174/1874325001408010185"
_DRUEY = "Druey & Greipp 2010, PMC3017349"
_KARSEN = "Karsen 2017, Harran University series"
_CHILD = "Iwasa 2014, BMC Pediatr 14:137; doi:10.1155/2020/8891902"

_SWELLING: Final = ("edema_limbs", "edema_face", "edema_generalized")
_FAINTNESS: Final = ("lightheaded", "dizziness", "syncope")
_INFECTION: Final = ("fever", "flu_like", "upper_respiratory")

LOW_SYSTOLIC_MMHG: Final = 90  # line 2: the triad, Ebdrup 2018
SYSTOLIC_DROP_MMHG: Final = 40  # "well below own usual": Karsen 2017
# Design: the usual adult limit of oliguria; the sheet says "very little or no urine".
LOW_URINE_ML_24H: Final = 400
MUCH_LESS_URINE: Final = -2  # a grade of urine_relative

# One sign by itself, from this severity on. Line 1 asks for *fast* swelling and
# *sudden* gain, line 3 for pain out of proportion, line 2 for not being able to stand:
# the severity stands for that (design), and what is not graded counts as severe.
# Puffy face beside arms and legs, dizzy beside light-headed: design, people mix them.
_MILD, _MODERATE, _SEVERE = Severity.MILD, Severity.MODERATE, Severity.SEVERE
# fmt: off
_SIGNS: Final = (
    # line 1
    ("edema_limbs", _MODERATE, _("Swollen arms or legs were logged."), _EMA),
    ("edema_face", _MODERATE, _("A puffy face was logged."), _EMA),
    ("edema_generalized", _MODERATE, _("Swelling all over was logged."), _EMA),
    ("weight_gain", _MODERATE, _("Sudden weight gain was logged."), _EMA),
    # line 2
    ("syncope", _MILD, _("Fainting was logged."), _WU),
    ("lightheaded", _SEVERE, _("Severe light-headedness was logged."), _WU),
    ("dizziness", _SEVERE, _("Severe dizziness was logged."), _WU),
    # line 3
    ("limb_tightness", _MILD, _("A tight, hard limb was logged."), _ACS),
    ("numbness", _MILD, _("Numbness, or a limb that cannot move, was logged."), _ACS),
    ("limb_pain", _SEVERE, _("Severe arm or leg pain was logged."), _ACS),
    # line 4
    ("low_urine", _MODERATE, _("Much less urine was logged."), _WU),
    # line 5
    ("dyspnea", _MILD, _("Shortness of breath was logged."), _DRUEY),
    # line 6; one-sided weakness and trouble speaking have no key in the vocabulary
    ("chest_pain", _MILD, _("Chest pain was logged."), _DRUEY),
    ("confusion", _MILD, _("Confusion or drowsiness was logged."), _DRUEY),
    # line 7
    ("cold_clammy", _MILD, _("Cold, clammy or mottled skin was logged."), None),
)
# fmt: on


def unnamed() -> RedFlag:
    """A flag for whoever may know that there is one, and not which."""
    return RedFlag("unnamed", _("Something that is not shown to you was logged."), None)


def worst(measured: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Of several values of one quantity the one that counts: the lowest, tightest.

    A pressure may come in two postures, a tight limb from two sites.
    """
    values: dict[str, Decimal] = {}
    for quantity, value in measured:
        worse = max if quantity == "limb_tightness" else min
        values[quantity] = worse(values.get(quantity, value), value)
    return values


def red_flags(
    symptoms: Mapping[str, int | None],
    measurements: Mapping[str, Decimal],
    *,
    is_child: bool = False,
    usual_systolic: Decimal | None = None,
) -> list[RedFlag]:
    """The red flags of one entry: single signs, combinations, then measurements.

    Severities are 0 to 3, None for present but not graded, 0 for absent; keys that the
    vocabulary does not have count as symptoms. Measurements are canonical values by
    quantity; of several of one kind give the one that is worst.
    """
    grades = {
        key: int(_SEVERE) if severity is None else severity
        for key, severity in symptoms.items()
    }

    def felt(*keys: str) -> bool:
        return any(grades.get(key, 0) > 0 for key in keys)

    flags = [
        RedFlag(key, what, source)
        for key, least, what, source in _SIGNS
        if grades.get(key, 0) >= least
    ]
    # line 1: "especially with feeling faint", so then from mild on (design)
    if felt(*_SWELLING, "weight_gain") and felt(*_FAINTNESS):
        what = _("Swelling or weight gain together with feeling faint was logged.")
        flags.append(RedFlag("swelling_with_faintness", what, _EMA))
    # line 6
    if felt("palpitations") and felt(*_FAINTNESS):
        what = _("A racing heart together with feeling faint was logged.")
        flags.append(RedFlag("palpitations_with_faintness", what, _DRUEY))
    # line 8; drowsiness is "confusion" above
    if is_child and felt("pallor"):
        flags.append(RedFlag("child_pallor", _("Pale skin was logged."), _CHILD))
    if is_child and felt("vomiting") and felt(*_SWELLING):
        what = _("Vomiting together with swelling was logged.")
        flags.append(RedFlag("child_vomiting_with_swelling", what, _CHILD))
    # line 9: of the prodrome's trio without malaise, which every cold brings (design).
    if felt(*_INFECTION) and felt("low_urine", "lightheaded"):
        what = _("Signs of infection with light-headedness or less urine were logged.")
        flags.append(RedFlag("infection_with_prodrome", what, _WU))
    flags += _measured(measurements, felt(*grades), is_child, usual_systolic)
    return flags


def _measured(
    measurements: Mapping[str, Decimal],
    any_symptom: bool,
    is_child: bool,
    usual_systolic: Decimal | None,
) -> list[RedFlag]:
    flags = []
    # line 2
    systolic = measurements.get("systolic")
    if systolic is not None and systolic < LOW_SYSTOLIC_MMHG:
        what = _("An upper blood pressure below 90 was logged.")
        flags.append(RedFlag("low_systolic", what, _TRIAD))
    if (
        systolic is not None
        and usual_systolic is not None
        and any_symptom
        and usual_systolic - systolic >= SYSTOLIC_DROP_MMHG
    ):
        what = _("An upper blood pressure 40 or more below usual was logged.")
        flags.append(RedFlag("systolic_below_usual", what, _KARSEN))
    # line 3: any grade above 0, like the symptom (design)
    if measurements.get("limb_tightness", 0) > 0:
        what = _("A tight limb was logged.")
        flags.append(RedFlag("measured_limb_tightness", what, _ACS))
    # line 4; small children pass less than the adult limit every day
    if measurements.get("urine_relative", 0) <= MUCH_LESS_URINE:
        what = _("Much less urine than usual was logged.")
        flags.append(RedFlag("urine_much_less", what, _WU))
    volume = measurements.get("urine_volume")
    if volume is not None and volume < LOW_URINE_ML_24H and not is_child:
        what = _("Very little urine in 24 hours was logged.")
        flags.append(RedFlag("low_urine_volume", what, _WU))
    return flags
