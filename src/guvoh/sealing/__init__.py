"""Sealing: age encryption, Ed25519 signed notes, padding and passphrases, thin over well-kept libraries.

No cipher, signature or derivation is written here; each module names the library and the specification it rests on.
"""
