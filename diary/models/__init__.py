"""The diary's tables: entries, what is personal about them, comments and imports."""

from diary.models.entries import CheckIn, Measurement, Moment, Symptom, Tag
from diary.models.flags import FlagAnswer, FlagChange, FlagChoice, ProdromeFlag
from diary.models.personal import CustomSymptom, Profile, Usual
from diary.models.shared import Comment, ImportRun
from diary.models.visits import VisitSheet

__all__ = [
    "CheckIn",
    "Comment",
    "CustomSymptom",
    "FlagAnswer",
    "FlagChange",
    "FlagChoice",
    "ImportRun",
    "Measurement",
    "Moment",
    "ProdromeFlag",
    "Profile",
    "Symptom",
    "Tag",
    "Usual",
    "VisitSheet",
]
