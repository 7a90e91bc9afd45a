"""Every table of an export, as declared for the cells and for the data dictionary."""

from typing import Final

from capleak.exports.tables import attacks, diary, prophylaxis
from capleak.exports.tables.declared import Column, Opened, Table

TABLES: Final = (*attacks.TABLES, *diary.TABLES, *prophylaxis.TABLES)

__all__ = ["TABLES", "Column", "Opened", "Table"]
