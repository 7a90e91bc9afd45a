"""What people fill in about a diary, one module per form or part of one."""

from diary.forms.checkin import CheckInForm
from diary.forms.sick import SickForm

__all__ = ["CheckInForm", "SickForm"]
