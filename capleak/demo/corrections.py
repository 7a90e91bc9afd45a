"""What the clinic of the demo asks to be corrected: one waits, one was declined."""

from __future__ import annotations

from datetime import datetime, timedelta

from attacks.models import Attack
from capleak.demo.parts import client_id
from capleak.demo.people import CLINICIAN, Household
from prophylaxis.models import Infusion
from sharing.models import Correction, User

About, State = Correction.About, Correction.State


def ask(people: Household, attack: Attack, now: datetime) -> None:
    """Ask about the last infusion, and about Ana's own attack."""
    clinician = User.objects.get(email=CLINICIAN.email)
    last = Infusion.objects.filter(patient=people.patient).latest("started_at")
    asked = {
        "patient": people.patient,
        "asked_by": clinician,
        "asked_by_name": clinician.name,
    }
    Correction.objects.create(
        client_id=client_id("correction 1"),
        about=About.INFUSION,
        target=last.public_id,
        words="Our sheet has the end of this infusion ten minutes later. Please look.",
        at=now - timedelta(hours=20),
        **asked,
    )
    Correction.objects.create(
        client_id=client_id("correction 2"),
        about=About.ATTACK,
        target=attack.public_id,
        words="The letter of the hospital says that recovery began a day earlier.",
        at=now - timedelta(days=41),
        state=State.DECLINED,
        reply="That day I was still swelling.",
        decided_by=people.owner,
        decided_by_name=people.patient.name,
        decided_at=now - timedelta(days=40),
        **asked,
    )
