"""The role that the app runs as: it may write everything but the access log's past."""

from django.conf import settings
from django.db import migrations

ROLE = settings.DATABASE_APP_ROLE

CREATE_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of this cluster was migrating at the same moment
END
$$;
"""

# Tables that exist by now, and every table that the owner makes from here on.
GRANT = f"""
GRANT USAGE ON SCHEMA public TO {ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO {ROLE};
"""

# A trigger alone would let TRUNCATE through; a missing right lets nothing through.
APPEND_ONLY = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON sharing_accessevent FROM {ROLE};
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM {ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_ROLE, migrations.RunSQL.noop),
        migrations.RunSQL(GRANT, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
