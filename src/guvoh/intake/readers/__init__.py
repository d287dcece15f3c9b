"""Readers of foreign files: bytes in, messages of `guvoh.intake.found` out. They run in a confined process.

`files.read` reads everything. `quick.read` reads lists alone, and starts in a fraction of the time, because it needs
neither the language model nor the parser of pages.
"""
