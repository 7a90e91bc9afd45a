"""What a diary can hold: symptoms, severities, quantities, with their codes.

Pure: nothing here knows Django. Texts are marked for translation and translated by
whoever shows them: `gettext(symptom.label)`.

Codes come from the domain sheet, where each was seen beside a matching name. No code
is better than a wrong one: whatever was not seen is None, and nothing is guessed.

The quantities and their units live next door and are offered here too, so that
there is one place to import the vocabulary from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from diary.quantities import (
    QUANTITIES,
    URINE_GRADES,
    OutOfRange,
    Quantity,
    Unit,
    check_range,
    from_canonical,
    to_canonical,
)

__all__ = [
    "FINDINGS",
    "QUANTITIES",
    "SHORT_LIST",
    "SYMPTOMS",
    "URINE_GRADES",
    "OutOfRange",
    "Quantity",
    "Severity",
    "Symptom",
    "Unit",
    "When",
    "check_range",
    "from_canonical",
    "to_canonical",
]


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class Severity(IntEnum):
    """How bad a symptom is; present but not graded is None, not a member."""

    NONE = 0
    MILD = 1
    MODERATE = 2
    SEVERE = 3

    @property
    def label(self) -> str:
        """The word for this grade, to be translated."""
        return _SEVERITY_LABELS[self]


_SEVERITY_LABELS: Final = {
    Severity.NONE: _("None"),
    Severity.MILD: _("Mild"),
    Severity.MODERATE: _("Moderate"),
    Severity.SEVERE: _("Severe"),
}


class When(StrEnum):
    """The phase of an attack that a symptom belongs to, as the literature tells it."""

    PRODROME = "prodrome"
    LEAK = "leak"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that a person can feel, or a finding that a clinician makes."""

    key: str
    label: str  # short, for a row
    plain: str  # what it means, in everyday words
    phases: tuple[When, ...]
    red_flag: bool = False  # the sheet marks it as one, whatever the severity
    hpo: str | None = None
    snomed: str | None = None
    words: tuple[str, ...] = ()  # what people type when they look for it


_P, _L, _PL = (When.PRODROME,), (When.LEAK,), (When.PRODROME, When.LEAK)
_R, _LR = (When.RECOVERY,), (When.LEAK, When.RECOVERY)
_ANY = (When.PRODROME, When.LEAK, When.RECOVERY)

# fmt: off
_SYMPTOM_ROWS: Final = (
    # The sheet's order. SNOMED CT only where the sheet saw the code with its name.
    Symptom("fatigue", _("Fatigue"), _("very tired, no energy"), _PL,
            hpo="HP:0012378", snomed="84229001",
            words=(_("exhausted"), _("worn out"), _("tiredness"))),
    Symptom("weakness", _("Weakness"), _("weak all over"), _PL,
            hpo="HP:0025406", words=(_("no strength"), _("feeble"))),
    Symptom("malaise", _("Just not right"), _("“just not right”, getting worse"), _P,
            hpo="HP:0033834", words=(_("malaise"), _("unwell"), _("off"), _("ill"))),
    Symptom("myalgia", _("Muscle aches"), _("muscle aches"), _PL,
            hpo="HP:0003326", snomed="68962001",
            words=(_("sore muscles"), _("body aches"), _("aching"))),
    Symptom("limb_pain", _("Arm or leg pain"), _("arm or leg pain"), _PL,
            hpo="HP:0009763", words=(_("calf pain"), _("thigh pain"))),
    Symptom("fever", _("Fever"), _("temperature"), _P,
            hpo="HP:0001945", snomed="386661006",
            words=(_("high temperature"), _("hot"))),
    # SNOMED 43724002 was seen in a value set without its name, so it is left out.
    Symptom("chills", _("Shivering"), _("shivering"), _P,
            hpo="HP:0025143", words=(_("chills"), _("shaking"), _("feeling cold"))),
    Symptom("headache", _("Headache"), _("headache"), _P,
            hpo="HP:0002315", snomed="25064002", words=(_("head hurts"),)),
    # HP:0002321 is Vertigo, another thing.
    Symptom("dizziness", _("Dizzy"), _("dizzy"), _PL,
            snomed="404640003", words=(_("giddy"), _("spinning"), _("unsteady"))),
    # HP:0001278 is Orthostatic hypotension, a measured drop: see FINDINGS.
    Symptom("lightheaded", _("Light-headed"), _("light-headed, worse on standing"), _PL,
            snomed="386705008",
            words=(_("lightheaded"), _("woozy"), _("nearly fainting"), _("faint"),
                   _("dizzy when standing up"), _("cannot stand"))),
    Symptom("nausea", _("Nausea"), _("feeling sick"), _PL,
            hpo="HP:0002018", snomed="422587007",
            words=(_("queasy"), _("upset stomach"))),
    Symptom("vomiting", _("Vomiting"), _("vomiting"), _PL,
            hpo="HP:0002013", snomed="422400008",
            words=(_("throwing up"), _("being sick"), _("puking"))),
    Symptom("diarrhea", _("Diarrhea"), _("loose stools"), _P,
            hpo="HP:0002014", snomed="62315008", words=(_("the runs"), _("diarrhoea"))),
    Symptom("abdominal_pain", _("Belly pain"), _("belly pain"), _PL,
            hpo="HP:0002027", snomed="21522001",
            words=(_("stomach ache"), _("cramps"), _("abdominal pain"))),
    Symptom("cough", _("Cough"), _("cough"), _P,
            hpo="HP:0012735", snomed="49727002", words=(_("coughing"),)),
    Symptom("sore_throat", _("Sore throat"), _("sore throat"), _P,
            hpo="HP:0033050", snomed="162397003", words=(_("throat hurts"),)),
    Symptom("runny_nose", _("Runny nose"), _("runny nose"), _P,
            hpo="HP:0031417", snomed="64531003", words=(_("sneezing"), _("cold"))),
    Symptom("stuffy_nose", _("Blocked nose"), _("blocked nose"), _P,
            hpo="HP:0001742", snomed="68235000",
            words=(_("stuffy nose"), _("congested"), _("cold"))),
    Symptom("thirst", _("Extreme thirst"), _("extreme thirst"), _PL,
            hpo="HP:0001959", snomed="17173007", words=(_("thirsty"), _("dry mouth"))),
    # Of the sheet's two HPO codes the one that means the same as the SNOMED code,
    # oliguria; the other is HP:0011037, Decreased urine output.
    Symptom("low_urine", _("Little urine"), _("passing much less urine"), _PL,
            hpo="HP:0100520", snomed="83128009",
            words=(_("peeing less"), _("not peeing"), _("dark urine"), _("no urine"))),
    Symptom("weight_gain", _("Sudden weight gain"), _("sudden weight gain"), _PL,
            hpo="HP:0004324", snomed="8943002",
            words=(_("heavier"), _("scale up overnight"))),
    Symptom("palpitations", _("Racing heart"), _("racing heart"), _PL,
            hpo="HP:0001962", snomed="80313002",
            words=(_("palpitations"), _("pounding heart"), _("fast pulse"))),
    # The sheet's wider codes; HP:0010741 and SNOMED 297142003 are of the feet only.
    Symptom("edema_limbs", _("Swollen arms or legs"),
            _("swollen arms / legs / hands / feet; tight rings, shoes"), _L,
            hpo="HP:0012398", snomed="267038008",
            words=(_("swelling"), _("edema"), _("puffy hands"), _("tight shoes"))),
    Symptom("edema_face", _("Puffy face"), _("puffy face or eyes"), _L,
            hpo="HP:0000282", snomed="278528006",
            words=(_("swollen face"), _("swollen eyes"), _("swelling"))),
    Symptom("edema_generalized", _("Swollen all over"), _("swollen all over"), _L,
            hpo="HP:0007430", words=(_("whole body swelling"), _("bloated"))),
    # SNOMED 111245009 is Compartment syndrome, a diagnosis: see FINDINGS.
    Symptom("limb_tightness", _("Tight, hard limb"),
            _("limb hard, tense, very painful"), _L, red_flag=True,
            words=(_("tense calf"), _("rock hard leg"), _("tight skin"))),
    Symptom("numbness", _("Numbness"), _("numb, tingling, cannot move foot/hand"), _L,
            red_flag=True, hpo="HP:0003401",
            words=(_("pins and needles"), _("foot drop"), _("cannot feel"))),
    Symptom("syncope", _("Fainted"), _("fainted"), _L,
            red_flag=True, hpo="HP:0001279", snomed="271594007",
            words=(_("passed out"), _("collapsed"), _("blacked out"))),
    Symptom("confusion", _("Confused or drowsy"), _("confused, very drowsy"), _L,
            red_flag=True, hpo="HP:0001289", snomed="40917007",
            words=(_("muddled"), _("foggy"), _("hard to wake"))),
    Symptom("cold_clammy", _("Cold, clammy skin"),
            _("cold, sweaty, blue or mottled"), _L, red_flag=True,
            words=(_("blue lips"), _("mottled skin"), _("cold hands"))),
    Symptom("dyspnea", _("Short of breath"), _("short of breath"), _LR,
            red_flag=True, hpo="HP:0002094", snomed="267036007",
            words=(_("breathless"), _("cannot breathe"), _("frothy cough"))),
    Symptom("chest_pain", _("Chest pain"), _("chest pain"), _ANY,
            red_flag=True, hpo="HP:0100749", snomed="29857009",
            words=(_("chest tightness"), _("pressure on chest"))),
    Symptom("high_urine", _("Lots of urine"), _("passing a lot of urine"), _R,
            hpo="HP:0000103", snomed="28442001", words=(_("peeing a lot"),)),
    Symptom("weight_loss", _("Losing the swelling"),
            _("losing the swelling weight"), _R,
            hpo="HP:0001824", words=(_("weight loss"), _("lighter"))),
    # Not in the sheet's table, so without codes and phases: everyday symptoms that
    # people log, and what published cases tell.
    Symptom("irritability", _("Irritable"), _("easily annoyed"), (),
            words=(_("grumpy"), _("short-tempered"), _("moody"))),
    Symptom("poor_sleep", _("Poor sleep"), _("slept badly"), (),
            words=(_("insomnia"), _("awake at night"))),
    Symptom("joint_pain", _("Joint pain"), _("joints hurt"), (),
            words=(_("sore knees"), _("sore joints"))),
    Symptom("sweating", _("Sweating"), _("sweating"), (),
            words=(_("sweaty"), _("night sweats"))),
    Symptom("pallor", _("Pale"), _("pale skin"), (), words=(_("white as a sheet"),)),
    Symptom("flu_like", _("Flu-like"), _("feels like the flu"), (), words=(_("flu"),)),
    Symptom("upper_respiratory", _("A cold"), _("cold: nose, throat or cough"), (),
            words=(_("upper respiratory infection"), _("head cold"))),
)

# Made by a clinician or read from a value, never asked of a patient.
_FINDING_ROWS: Final = (
    Symptom("hypotension", _("Low blood pressure"), _("low blood pressure"), _L,
            hpo="HP:0002615", snomed="45007003"),
    Symptom("orthostatic_hypotension", _("Pressure falls on standing"),
            _("blood pressure measured lower on standing"), _PL, hpo="HP:0001278"),
    Symptom("pulmonary_edema", _("Pulmonary edema"), _("fluid on the lungs"), _LR,
            hpo="HP:0100598", snomed="40541001"),
    Symptom("acute_kidney_injury", _("Acute kidney injury"),
            _("kidneys suddenly work less"), _L, hpo="HP:0001919", snomed="14669001"),
    Symptom("rhabdomyolysis", _("Rhabdomyolysis"), _("muscle breakdown"), _L,
            hpo="HP:0003201"),
    Symptom("compartment_syndrome", _("Compartment syndrome"),
            _("pressure in a limb harms its muscles and nerves"), _L,
            snomed="111245009"),
    Symptom("hypoalbuminemia", _("Low albumin"), _("low albumin"), _L,
            hpo="HP:0003073"),
    Symptom("raised_hematocrit", _("High hematocrit"), _("thick blood"), _L,
            hpo="HP:0001899"),
    Symptom("raised_hemoglobin", _("High hemoglobin"), _("thick blood"), _L,
            hpo="HP:0001900"),
    Symptom("tachycardia", _("Fast pulse"), _("fast pulse"), _L, hpo="HP:0001649"),
    Symptom("raised_ck", _("High creatine kinase"), _("sign of muscle injury"), _L,
            hpo="HP:0003236"),
)
# fmt: on

SYMPTOMS: Final[Mapping[str, Symptom]] = MappingProxyType(
    {row.key: row for row in _SYMPTOM_ROWS}
)
FINDINGS: Final[Mapping[str, Symptom]] = MappingProxyType(
    {row.key: row for row in _FINDING_ROWS}
)

# Asked of somebody without a history. The first three are the prodrome's own trio:
# growing malaise, dizziness on standing, falling urine (Wu 2019,
# 10.1007/s11739-019-02113-4). Muscle aches or a flu-like illness opened 14 of 25
# first attacks (Kapoor 2010, PMC2947962). Swelling is the leak itself and can open
# it. Six, so that the button that saves is near: design choice.
SHORT_LIST: Final = (
    "malaise",
    "lightheaded",
    "low_urine",
    "fatigue",
    "myalgia",
    "edema_limbs",
)
