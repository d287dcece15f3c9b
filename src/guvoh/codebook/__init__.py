"""The vocabularies, the law table and the bodies that a case can be sent to: facts as data, and what reads them."""

from guvoh.codebook.citizenships import citizenship, citizenships
from guvoh.codebook.labels import BadCodebook, Label, Named
from guvoh.codebook.laws import VERIFY, Law, laws
from guvoh.codebook.routes import Route, routes
from guvoh.codebook.terms import Codebook, Term, UnknownCode, load

__all__ = [
    "Codebook",
    "Term",
    "Named",
    "Label",
    "load",
    "UnknownCode",
    "BadCodebook",
    "Law",
    "laws",
    "VERIFY",
    "citizenship",
    "citizenships",
    "Route",
    "routes",
]
