"""Check-ins and measurements, and what they ask attention for."""
