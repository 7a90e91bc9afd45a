"""The database never leaves a record without anybody who can open and run it.

A record has an owner or, without one, a manager whose access has no end. Whoever
takes the last one away is refused when the transaction ends, whichever code did it and
whoever did the same at the same moment: the record's row is locked, and what is read
after that is read anew.
"""

from __future__ import annotations

from typing import Final

import pgtrigger

# Known to Django and to readers of an IntegrityError by this name.
KEEPS_A_MANAGER: Final = "sharing_record_keeps_a_manager"

# The same as GrantQuerySet.lasting().
_LASTS: Final = (
    "{row}.user_id IS NOT NULL AND {row}.revoked_at IS NULL"
    " AND {row}.expires_at IS NULL AND 'manage' = ANY({row}.permissions)"
)

_REFUSE: Final = f"""
    PERFORM FROM sharing_patient
    WHERE id = {{record}} AND owner_id IS NULL FOR UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT FROM sharing_grant AS held
        JOIN sharing_user AS holder ON holder.id = held.user_id
        WHERE held.patient_id = {{record}} AND holder.is_active
        AND held.starts_at <= clock_timestamp() AND {_LASTS.format(row="held")}
    ) THEN
        RAISE EXCEPTION 'a record without an owner keeps a manager'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{KEEPS_A_MANAGER}';
    END IF;
    RETURN NULL;
"""

MANAGER_LEAVES: Final = pgtrigger.Trigger(
    name="keeps_a_manager",
    when=pgtrigger.After,
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Condition(_LASTS.format(row="OLD")),
    func=_REFUSE.format(record="OLD.patient_id"),
    timing=pgtrigger.Deferred,  # a record that goes as a whole needs nobody
)

OWNER_LEAVES: Final = pgtrigger.Trigger(
    name="keeps_a_manager",
    when=pgtrigger.After,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.owner_id IS NOT NULL AND NEW.owner_id IS NULL"),
    func=_REFUSE.format(record="NEW.id"),
    timing=pgtrigger.Deferred,
)
