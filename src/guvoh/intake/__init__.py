"""Readers of what comes in: articles, letters and lists of people become values that can be put on record."""
