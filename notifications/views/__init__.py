"""Pages about reminders and notices."""
