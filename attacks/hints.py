"""What a clinician would still want to know of an attack.

Pure: standard library only. The list is the domain sheet's, section 13, our synthesis
of what registries ask. It is a help for the memory: nothing of it must be filled in.
"""

from dataclasses import dataclass
from typing import Final, Literal

from attacks.phases import Clock


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


Place = Literal["times", "course", "trigger", "stay", "treatment", "labs", "measure"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one attack, as far as the list asks."""

    clock: Clock
    certainty: bool = False
    trigger: bool = False
    course: bool = False  # any answer to how far it went
    drip: bool = False  # fluids into a vein were given
    in_hospital: bool = False  # ward, intensive care, ventilation or a stay
    in_icu: bool = False
    arrival: bool = False
    discharge: bool = False
    icu_times: bool = False
    first_called: bool = False
    fluids_amount: bool = False
    complications: bool = False  # some, or said to be none
    sequelae: bool = False  # some, or said to be none
    graded: bool = False
    measured: frozenset[str] = frozenset()  # quantities with a value in the attack


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to know, whether it is known, and where it is written down."""

    text: str  # to be translated
    known: bool
    place: Place


_LABS: Final = (
    ("hematocrit", _("hematocrit or hemoglobin")),
    ("albumin", _("albumin")),
    ("creatinine", _("creatinine")),
    ("creatine_kinase", _("creatine kinase (muscle)")),
)
_VITALS: Final = (
    ("systolic", _("a blood pressure during the attack")),
    ("pulse", _("a pulse during the attack")),
    ("weight", _("a weight during the attack")),
)


def hints(known: Known) -> list[Hint]:
    """All that fits this attack, known or not, in the order in which it is told.

    Hospital questions are asked only of an attack that came there, and those of the end
    and of what stayed behind only of one that is over.
    """
    clock = known.clock
    found = [
        Hint(_("when the leak began"), clock.leak_start is not None, "times"),
        Hint(_("when early signs began"), clock.prodrome_start is not None, "times"),
    ]
    if not clock.ongoing:
        found += [
            Hint(_("when recovery began"), clock.recovery_start is not None, "times"),
            Hint(_("when it was over"), clock.end is not None, "times"),
        ]
    found += [
        Hint(_("how certain it is"), known.certainty, "times"),
        Hint(_("the trigger, or that none is known"), known.trigger, "trigger"),
        Hint(_("how far it went"), known.course or known.graded, "course"),
    ]
    measured = set(known.measured)
    if "hemoglobin" in measured:
        measured.add("hematocrit")
    found += [Hint(text, name in measured, "measure") for name, text in _VITALS]
    if known.in_hospital:
        found += _hospital(known, measured)
    if not clock.ongoing:
        found += [
            Hint(
                _("complications, or that there were none"),
                known.complications,
                "course",
            ),
            Hint(_("what stayed behind, if anything"), known.sequelae, "course"),
        ]
    return found


def _hospital(known: Known, measured: set[str]) -> list[Hint]:
    found = [
        Hint(_("when you arrived in hospital"), known.arrival, "stay"),
        Hint(_("what it was first called there"), known.first_called, "stay"),
    ]
    if known.in_icu:
        found.append(Hint(_("the times in intensive care"), known.icu_times, "stay"))
    if known.drip:
        text = _("how much fluid was given")
        found.append(Hint(text, known.fluids_amount, "treatment"))
    found += [Hint(text, name in measured, "labs") for name, text in _LABS]
    if not known.clock.ongoing:
        found.append(Hint(_("when you went home"), known.discharge, "stay"))
    found.append(Hint(_("the grade that your team gave"), known.graded, "course"))
    return found
