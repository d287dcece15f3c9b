"""The use cases: commands.py writes, queries.py reads, index.py replays the archive; both ends meet at a desk."""
