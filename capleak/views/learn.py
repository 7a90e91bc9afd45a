"""General facts about the disease, with their sources: no record, no account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from diary.vocabulary import SYMPTOMS, When


@dataclass(frozen=True, slots=True)
class Page:
    """One page of Learn: its name in the address, its title, what it rests on."""

    slug: str
    title: object
    about: object
    sources: tuple[str, ...]


# Keys and citations are those of the domain sheet, section 18.
SOURCES: Final = {
    "ACS14": "Donaldson et al., Open Orthop J 2014;8:185, "
    "doi:10.2174/1874325001408010185",
    "ASM18": "Asmundsson 2018, PMC6260347",
    "AUS": "Australian IVIg criteria, page on SCLS",
    "CHEUNG21": "Cheung et al., Emerg Infect Dis 2021;27:2529, "
    "doi:10.3201/eid2710.211155",
    "CHOI21": "Choi et al., Emerg Infect Dis 2021;27(11)",
    "CMAJ21": "CMAJ 2021, PMC8432311",
    "DRUEY10": "Druey & Greipp, Ann Intern Med 2010;153:90, PMC3017349 (abstract)",
    "EBDRUP": "Ebdrup et al., BMJ Case Rep 2018, PMC6119378",
    "EMA": "European Medicines Agency, PRAC, June and July 2021",
    "EO18": "Eo et al., J Allergy Clin Immunol Pract 2018;6:609 (abstract)",
    "EUC17": "Pineton de Chambrun et al. (EureClark), Am J Med 2017 (abstract)",
    "GOUS11": "Gousseff et al., Ann Intern Med 2011;154:464 (abstract)",
    "HIROSAKI": "J Med Case Rep 2015;9:90",
    "ICU17": "EureClark intensive care cohort, 59 attacks in 37 patients (abstract)",
    "IRIS": "Colombo et al., Italian IRIS-CLS registry (record 2434/1160196)",
    "JH14": "Wu Y et al., J Hematol 2014;3:19, doi:10.14740/jh116w",
    "KIR22": "Anticancer drugs and CLS, Kidney Int Rep, PMC9091576",
    "KJA14": "Jeong et al., Korean J Anesthesiol 2014;66:462",
    "LI23": "Li et al., Chin J Evid-Based Med 2023;23:797",
    "MAYO": "Kapoor et al., Mayo Clin Proc 2010;85:905, PMC2947962",
    "MOY22": "Moyon et al., J Allergy Clin Immunol Pract 2022 (summary)",
    "NATREV24": "Nat Rev Dis Primers 2024;10:86 (as cited)",
    "ORPHA": "Orphanet, text on SCLS",
    "ORPHA-URG": "Orphanet Urgences, sheet on SCLS (French)",
    "SACY": "J Pediatr Neonatal Care 2016",
    "SHIN18": "Shin et al., J Clin Med 2018;7:418, PMC6262589",
    "SJTREM10": "PMC2912233",
    "SRLF17": "Pineton de Chambrun et al., Med Intensive Reanim 2017, "
    "doi:10.1007/s13546-017-1275-y",
    "TAHIR": "Tahirkheli & Greipp, Ann Intern Med 1999 (abstract)",
    "TRAN": "Tran et al., J Rare Dis Res Treat 2017;2:52",
    "UCL": "UCLouvain, anesthesia sheet on SCLS",
    "WU19": "Wu et al., Intern Emerg Med 2019;14:723, "
    "doi:10.1007/s11739-019-02113-4 (abstract)",
    "XIE15": "Xie et al., Am J Med 2015;128:91 (abstract)",
}
PAGES: Final = {
    page.slug: page
    for page in (
        Page(
            "attack",
            _("What happens in an attack"),
            _("Leaky vessels, low pressure, thick blood, and when to call for help."),
            (
                "EBDRUP",
                "ORPHA",
                "ORPHA-URG",
                "UCL",
                "IRIS",
                "EMA",
                "WU19",
                "ACS14",
                "DRUEY10",
            ),
        ),
        Page(
            "phases",
            _("The phases and their symptoms"),
            _("Early signs, leak, recovery: how long each lasts and what marks it."),
            (
                "WU19",
                "ORPHA",
                "ORPHA-URG",
                "UCL",
                "SRLF17",
                "DRUEY10",
                "HIROSAKI",
                "EMA",
                "EBDRUP",
                "ACS14",
            ),
        ),
        Page(
            "forms",
            _("Primary and secondary forms"),
            _("With attacks, chronic, or with a cause such as a drug or sepsis."),
            (
                "MAYO",
                "GOUS11",
                "EUC17",
                "IRIS",
                "TRAN",
                "UCL",
                "ORPHA",
                "NATREV24",
                "KIR22",
                "SHIN18",
                "EO18",
            ),
        ),
        Page(
            "triggers",
            _("Triggers"),
            _("What set attacks off, and that often nothing is found."),
            ("CHOI21", "ORPHA", "SACY", "KJA14", "CMAJ21", "CHEUNG21", "EMA"),
        ),
        Page(
            "hospital",
            _("Treatment in hospital"),
            _("What teams watch for, and where the reports disagree."),
            (
                "EBDRUP",
                "EO18",
                "WU19",
                "SRLF17",
                "ICU17",
                "IRIS",
                "ACS14",
                "SJTREM10",
                "DRUEY10",
                "JH14",
                "CMAJ21",
                "ASM18",
            ),
        ),
        Page(
            "prevention",
            _("Prevention"),
            _("Immunoglobulin and other medicines: what was seen, as ranges."),
            ("EBDRUP", "AUS", "XIE15", "IRIS", "EUC17", "MOY22", "TAHIR"),
        ),
        Page(
            "outlook",
            _("Outlook"),
            _("What groups of patients lived to see; ranges, never one number."),
            ("GOUS11", "MAYO", "EUC17", "LI23", "EO18", "ICU17", "IRIS", "EBDRUP"),
        ),
        Page(
            "questions",
            _("Questions for your team"),
            _("To print and take along."),
            (),
        ),
    )
}


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All pages of Learn."""
    return render(request, "learn/index.html", {"pages": PAGES.values()})


@login_not_required
@require_safe
def page(request: HttpRequest, page: str) -> HttpResponse:
    """One page, with the sources of what it says."""
    if page not in PAGES:
        raise Http404
    found = PAGES[page]
    context = {
        "page": found,
        "pages": PAGES.values(),
        "sources": [SOURCES[key] for key in found.sources],
        "symptoms": {
            when.value: [s for s in SYMPTOMS.values() if when in s.phases]
            for when in When
        },
    }
    return render(request, f"learn/{found.slug}.html", context)
