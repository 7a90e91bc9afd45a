"""Attacks and their three phases."""
