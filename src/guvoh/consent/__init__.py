"""May this be used, for this purpose, today, and if not, why. Decisions over values; no record is opened here."""
