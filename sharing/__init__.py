"""Whose record it is, who may open it, and who did."""
