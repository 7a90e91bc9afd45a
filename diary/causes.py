"""Forms of the disease, causes of the secondary form, and types of M-protein.

Pure: standard library only. The lists and their sources are those of the domain sheet,
sections 2, 8 and 14. What it marks as unverified is left out: "another" and a line of
free text take it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose in the diagnosis; `source` None where none says it."""

    key: str
    label: str
    source: str | None = None
    plain: str = ""  # what it means, in everyday words


@dataclass(frozen=True, slots=True)
class Group:
    """Choices that stand under one heading."""

    label: str
    choices: tuple[Choice, ...]


def _by_key(*choices: Choice) -> Mapping[str, Choice]:
    return MappingProxyType({choice.key: choice for choice in choices})


_ACUTE = "Gousseff 2011, Ann Intern Med 154:464; Orphanet Urgences"
_CHRONIC = "Orphanet; UCLouvain anesthesia sheet"
_NATREV = "Nat Rev Dis Primers 2024;10:86"
_EUC = "Pineton de Chambrun 2017, Am J Med (EureClark)"
# One list put together from these; the domain sheet does not say which line is whose.
_LIST = "Wikipedia; oncorea.com; scite statements; UCLouvain anesthesia sheet"
_DRUGS = (
    "Anticancer drugs and CLS, Kidney Int Rep, PMC9091576; drug-induced edema, "
    "authorea 483727; oncorea.com; scite statements; Wikipedia"
)
# Of published cases in people with cancer, 14.6 % and 11.4 %.
_SHIN = "Shin 2018, J Clin Med 7:418, PMC6262589"

SECONDARY: Final = "secondary"

# The keys are those of diary.models.Profile.Form; blank is "not known".
FORMS: Final = _by_key(
    Choice(
        "acute",
        _("Primary, with attacks (classic)"),
        _ACUTE,
        _("Attacks that come and go, most people are well in between."),
    ),
    Choice(
        "chronic",
        _("Primary, chronic"),
        _CHRONIC,
        _("Swelling that stays, with weight that goes up and down by the day."),
    ),
    Choice(
        SECONDARY,
        _("Secondary, with a known cause"),
        _NATREV,
        _("After an illness or a medicine, mostly a single attack."),
    ),
)

CAUSE_GROUPS: Final = (
    Group(
        _("Illness or event"),
        (
            Choice("sepsis", _("Sepsis"), "Wikipedia"),
            Choice("blood_cancer", _("Cancer of the blood"), _LIST),
            Choice("engraftment", _("Engraftment syndrome"), _LIST),
            Choice("differentiation", _("Differentiation syndrome"), _LIST),
            Choice("ovarian", _("Ovarian hyperstimulation"), _LIST),
            Choice("hlh", _("Hemophagocytic lymphohistiocytosis (HLH)"), _LIST),
            Choice("hemorrhagic_fever", _("Viral hemorrhagic fever"), _LIST),
            Choice("autoimmune", _("Autoimmune disease"), _LIST),
            Choice("snakebite", _("Snakebite"), _LIST),
            Choice("ricin", _("Ricin"), _LIST),
            Choice("trauma", _("Trauma"), _LIST),
            Choice("bypass", _("Bypass surgery"), _LIST),
            Choice("carbon_monoxide", _("Carbon monoxide"), _LIST),
        ),
    ),
    Group(
        _("Medicine"),
        (
            Choice("gemcitabine", _("Gemcitabine"), _DRUGS),
            Choice("clofarabine", _("Clofarabine"), _DRUGS),
            Choice("docetaxel", _("Docetaxel"), _DRUGS),
            Choice("cytotoxic", _("Another cytotoxic medicine"), _DRUGS),
            Choice("denileukin_diftitox", _("Denileukin diftitox"), _DRUGS),
            Choice("interleukin_2", _("Interleukin-2"), f"{_DRUGS}; {_SHIN}"),
            Choice("interferon", _("An interferon"), _DRUGS),
            Choice("g_csf", _("G-CSF (such as filgrastim)"), f"{_DRUGS}; {_SHIN}"),
            Choice("gm_csf", _("GM-CSF"), _DRUGS),
            Choice("antibody", _("A monoclonal antibody"), _DRUGS),
            Choice("kinase_inhibitor", _("A multikinase inhibitor"), _DRUGS),
            Choice("calcineurin_inhibitor", _("A calcineurin inhibitor"), _DRUGS),
            Choice("sirolimus", _("Sirolimus"), _DRUGS),
            Choice("acitretin", _("Acitretin"), _DRUGS),
            Choice("ambrisentan", _("Ambrisentan"), _DRUGS),
        ),
    ),
    Group(_("Something else"), (Choice("other", _("Another cause")),)),
)
CAUSES: Final = _by_key(*(c for group in CAUSE_GROUPS for c in group.choices))

# Only IgG kappa has a figure (68 %); the others are how laboratories name what they
# find (design).
M_PROTEINS: Final = _by_key(
    Choice("none", _("Looked for, none found")),
    Choice("igg_kappa", _("IgG kappa"), _EUC),
    Choice("igg_lambda", _("IgG lambda")),
    Choice("iga_kappa", _("IgA kappa")),
    Choice("iga_lambda", _("IgA lambda")),
    Choice("igm_kappa", _("IgM kappa")),
    Choice("igm_lambda", _("IgM lambda")),
    Choice("light_chain", _("Light chains only")),
    Choice("several", _("More than one")),
    Choice("found", _("Found, type not known to me")),
)


def sources() -> list[str]:
    """Where the lists come from, each source once, in alphabetical order."""
    choices = (*FORMS.values(), *CAUSES.values(), *M_PROTEINS.values())
    named = {part for c in choices if c.source for part in c.source.split("; ")}
    return sorted(named, key=str.casefold)
