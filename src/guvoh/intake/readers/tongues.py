"""Which language a text is in, among those Guvoh knows; a text in another language is "und", and that is a gap."""

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from guvoh.values.languages import Language, Script, script_of, with_script

# Besides those of `Language`, some that are easily taken for them: so that Turkish is not called Uzbek.
_CONFUSABLE = frozenset(
    {"tr", "az", "bg", "be", "sr", "mk", "mn", "tt", "ba", "es", "ro", "fr", "de", "it", "pt", "pl", "ar", "fa"}
)
FEWEST_LETTERS = 40  # shorter texts are not judged
LEAST_SURE = 0.5
SAMPLE = 20_000  # code points that are looked at


def _load() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    wanted = {tag.partition("-")[0] for tag in Language} | _CONFUSABLE
    identifier.set_languages(sorted(wanted & set(identifier.labels)))
    return identifier


# Loaded with the module, before a reader is confined: unpacking the model writes a temporary file, which no reader may.
_IDENTIFIER = _load()


def language_of(text: str, declared: str | None = None) -> Language | None:
    """Name the language of a text, or None where it is too short to tell and nothing is declared.

    declared  the code a page gives itself; pages often give it wrongly, so the text comes first
    """
    sample = text[:SAMPLE]
    if sum(map(str.isalpha, sample)) >= FEWEST_LETTERS:
        code, sure = _IDENTIFIER.classify(sample)
        if sure >= LEAST_SURE:
            return with_script(code, sample) if _can_be(code, sample) else Language.UND
    if not declared or script_of(sample) is None:
        return None
    found = with_script(declared, sample)
    return found if found is not Language.UND and _can_be(declared[:2].lower(), sample) else None


_SCRIPTS = {"en": Script.LATN, "ru": Script.CYRL, "ky": Script.CYRL, "tg": Script.CYRL, "uk": Script.CYRL}


def _can_be(code: str, text: str) -> bool:
    """Whether the letters are those the language is written in."""
    return _SCRIPTS.get(code) in {None, script_of(text)}
