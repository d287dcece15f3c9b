"""Guvoh: a protected, corroborated, countable record of coerced recruitment."""

__version__ = "0.1.0"
