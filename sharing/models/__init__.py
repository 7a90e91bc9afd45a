"""Users, the patients whose records they open, grants, and who looked.

A user signs in; a patient is whose record it is. They are two tables because a child's
record has no user of its own and a caregiver may follow many patients.
"""

from sharing.models.brought import BroughtLine
from sharing.models.choices import Category, Permission, Topic
from sharing.models.grants import (
    INVITATION_LIFE,
    Grant,
    GrantQuerySet,
    hash_token,
    new_token,
)
from sharing.models.log import AccessEvent
from sharing.models.patients import EmergencyContact, Patient, PatientQuerySet
from sharing.models.users import User, UserManager, display_name

__all__ = [
    "INVITATION_LIFE",
    "AccessEvent",
    "BroughtLine",
    "Category",
    "EmergencyContact",
    "Grant",
    "GrantQuerySet",
    "Patient",
    "PatientQuerySet",
    "Permission",
    "Topic",
    "User",
    "UserManager",
    "display_name",
    "hash_token",
    "new_token",
]
