"""The immunoglobulin plan and the infusions given."""
