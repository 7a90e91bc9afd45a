"""Users, the patients whose records they open, grants, and who looked.

A user signs in; a patient is whose record it is. They are two tables because a child's
record has no user of its own and a caregiver may follow many patients.
"""

from sharing.models.accounts import (
    RECOVERY_LIFE,
    RECOVERY_WAIT,
    AccountEvent,
    AccountRecovery,
    Consent,
)
from sharing.models.brought import BroughtLine
from sharing.models.choices import Category, Permission, Topic
from sharing.models.corrections import Correction, CorrectionQuerySet
from sharing.models.deletions import GRACE, Deletion, Erasure
from sharing.models.grants import (
    INVITATION_LIFE,
    LINK_LIFE,
    STAFF_LOOK,
    Grant,
    GrantQuerySet,
    hash_token,
    new_token,
)
from sharing.models.handover import HAND_OVER_LIFE, HandOver
from sharing.models.jobs import EXPORT_LIFE, ExportItem, ExportJob
from sharing.models.keeping import KEEPS_A_MANAGER
from sharing.models.log import AccessEvent
from sharing.models.merges import Merge, record_numbers
from sharing.models.patients import (
    ENDS_SOON,
    EmergencyContact,
    Patient,
    PatientQuerySet,
    RecordGone,
)
from sharing.models.users import User, UserManager, as_signed, display_name

__all__ = [
    "ENDS_SOON",
    "EXPORT_LIFE",
    "GRACE",
    "HAND_OVER_LIFE",
    "INVITATION_LIFE",
    "KEEPS_A_MANAGER",
    "LINK_LIFE",
    "RECOVERY_LIFE",
    "RECOVERY_WAIT",
    "STAFF_LOOK",
    "AccessEvent",
    "AccountEvent",
    "AccountRecovery",
    "BroughtLine",
    "Category",
    "Consent",
    "Correction",
    "CorrectionQuerySet",
    "Deletion",
    "EmergencyContact",
    "Erasure",
    "ExportItem",
    "ExportJob",
    "Grant",
    "GrantQuerySet",
    "HandOver",
    "Merge",
    "Patient",
    "PatientQuerySet",
    "Permission",
    "RecordGone",
    "Topic",
    "User",
    "UserManager",
    "as_signed",
    "display_name",
    "hash_token",
    "new_token",
    "record_numbers",
]
