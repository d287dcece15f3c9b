"""How many people were never recorded: tables of counts in, estimates with their assumptions out.

Nothing here has met a person. The input is who-is-on-which-list as True and False, or counts of it.
"""
