"""The command line: parse, call the casebook, print. One file for each group of commands."""
