"""The base of everything that Guvoh raises on purpose."""


class GuvohError(Exception):
    """Something a person can act on: the message says what is wrong, with which thing, and what to do.

    Messages travel into logs and screenshots. They name records by id and files as typed, and never
    quote what is inside them.
    """
