"""Saved web pages: the article's words in their order, and what the page states about itself.

Scripts are text that is thrown away; nothing is run and nothing is fetched. Dates are taken only from what is marked as
the date of publication: metadata, JSON-LD, or a `time` element of the article.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from guvoh.intake.dates import Style, read_date
from guvoh.intake.found import Item, Kind, Note, Unreadable, Why
from guvoh.intake.readers.articles import told_by
from guvoh.intake.readers.encodings import Encoding, decode
from guvoh.intake.readers.shapes import gaps
from guvoh.intake.readers.tongues import language_of
from guvoh.values.languages import Language
from guvoh.values.spans import normalise

MOST_BYTES = 64 << 20  # of a file that are read; saved pages may hold their pictures
MOST_PARSED = 8 << 20  # of a page without pictures, scripts and styles; news pages have well under one
DEEPEST = 400  # elements around a paragraph that are looked at
MOST_PARAGRAPHS = 5_000  # that are looked at to find the article
FEWEST_WORDS = 40  # in an article's part; below, the whole page is taken
LONGEST_FIELD = 500  # code points of a title, author or address


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNREAD = _words(
    """
    script style template noscript nav head iframe object embed svg canvas select button input textarea option menu
    dialog footer aside
    """
)
_PARAGRAPHS = _words("p h1 h2 h3 blockquote article section")
_BLOCKS = _words(
    """
    address aside body caption dd details div dl dt fieldset figcaption figure footer form h4 h5 h6 header hr html li
    main ol pre summary table tbody td tfoot th thead tr ul
    """
)
# Parts of pages that are no article, by class, id or role. Whole words, so that "comments" does not hide "commentary".
_CLUTTER = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|banner|popup|modal|nav|navbar|navigation|menu|breadcrumbs?|sidebar|related|"
    r"recommend(?:ed|ations)?|comments?|disqus|share|sharing|social|subscribe|newsletter|advert(?:isement)?|ads?|promo|"
    r"footer|site-header|masthead|pagination|tags|widget|search)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "menu"})
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
# Where blocks begin and end, until it is clear how many line ends that makes. Pages lose their controls first.
_BLOCK_EDGE, _PARAGRAPH_EDGE = "\x01", "\x02"
_EDGES = re.compile(r"[ \n]*[\x01\x02][ \n\x01\x02]*")
_SPACES_AT_LINES = re.compile(r" *\n *")
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, *range(0x0E, 0x20)])
_DATA_ADDRESS = re.compile(rb"data:[a-z]+/[^\s\"'()<>]{500,}", re.IGNORECASE)

_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title")
_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "byl", "sailthru.author")
_PUBLISHERS = ("og:site_name", "application-name", "dc.publisher", "dcterms.publisher", "citation_journal_title")
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.issued", "dcterms.date", "dcterms.created", "pubdate", "publishdate", "publish_date", "publish-date",
    "publication_date", "parsely-pub-date", "sailthru.date", "citation_publication_date", "citation_date",
)  # fmt: skip
_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|WebPage|CreativeWork)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a page states about itself."""

    title: str | None = None
    publisher: str | None = None
    published: str | None = None
    author: str | None = None
    url: str | None = None

    def filled_by(self, other: "Stated") -> "Stated":
        """These statements, with gaps filled from others."""
        names = self.__dataclass_fields__
        return replace(self, **{n: getattr(other, n) for n in names if getattr(self, n) is None})


def read_page(raw: bytes, encoding: Encoding, *, truncated: bool = False) -> Item:
    """Give a saved page as a source.

    truncated  `raw` is only the beginning of a page that was too large
    """
    if len(raw) > MOST_PARSED:
        raw = _without_ballast(raw)
        truncated = truncated or len(raw) > MOST_PARSED
    page = decode(raw[:MOST_PARSED], encoding)
    notes = list(encoding.notes)
    if "\0" in page:
        notes.append(Note.NUL_BYTES)
    page = page.translate(_CONTROLS)
    if "\ufffd" in page and Note.REPLACED not in notes:
        notes.append(Note.REPLACED)
    if truncated:
        notes.append(Note.TRUNCATED_HTML)
    tree = LexborHTMLParser(page)
    stated = _from_json(tree).filled_by(_from_meta(tree)).filled_by(_from_body(tree))
    if stated.title is None or stated.author is None or stated.publisher is None:
        told = told_by(page)
        stated = stated.filled_by(
            Stated(title=_field(told.title), author=_field(told.author), publisher=_field(told.publisher))
        )
    text, found_article = _article_text(tree)
    if not text.strip() and stated.title is None:
        raise Unreadable(Why.EMPTY, "the page holds no words to read")
    if not found_article:
        notes.append(Note.NO_ARTICLE)
    language = language_of(text, _declared_language(tree))
    if language is Language.UND:
        notes.append(Note.OTHER_LANGUAGE)
    told_of = {name: getattr(stated, name) for name in stated.__dataclass_fields__}
    return Item(
        kind=Kind.HTML,
        language=language,
        text=text,
        encoding=encoding.name,
        gaps=gaps(language=language, **told_of),
        notes=notes,
        **told_of,
    )


def _without_ballast(raw: bytes) -> bytes:
    """A large page without pictures written into it, scripts and styles; JSON-LD stays."""
    raw = _DATA_ADDRESS.sub(b"", raw)
    for start, end in ((b"<script", b"</script"), (b"<style", b"</style"), (b"<!--", b"-->"), (b"<svg", b"</svg")):
        pieces, at = [], 0
        low = raw.lower()
        while (opens := low.find(start, at)) >= 0 and (closes := low.find(end, opens)) >= 0:
            kept = b"ld+json" in low[opens : opens + 200]
            pieces.append(raw[at:closes] if kept else raw[at:opens])
            at = closes if kept else closes + len(end)
            if not kept and end.startswith(b"</"):
                at = low.find(b">", at) + 1 or len(raw)
        raw = b"".join([*pieces, raw[at:]])
    return raw


def _field(value: object) -> str | None:
    """One line of plain text, or None."""
    if not isinstance(value, str):
        return None
    text = " ".join(normalise(value).split())
    return text if 0 < len(text) <= LONGEST_FIELD else None


def _date(value: object) -> str | None:
    """The stated date as EDTF; the time of day is left out, and what is no date is nothing."""
    text = _field(value)
    return read_date(text, Style()) if text else None


def _address(value: object) -> str | None:
    text = _field(value)
    try:
        return text if text and urlsplit(text).scheme in {"http", "https"} and urlsplit(text).hostname else None
    except ValueError:
        return None


# What the page states


def _from_json(tree: LexborHTMLParser) -> Stated:
    stated = Stated()
    for script in tree.css('script[type="application/ld+json"]')[:20]:
        try:
            found = msgspec.json.decode(script.text(deep=True).strip())
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            continue
        for thing in _things(found):
            stated = stated.filled_by(_from_thing(thing))
    return stated


def _things(value: object, depth: int = 0) -> Iterator[dict[str, object]]:
    """The descriptions of articles among nested JSON-LD."""
    if depth > 4:
        return
    if isinstance(value, list):
        for part in value[:50]:
            yield from _things(part, depth + 1)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if any(
            isinstance(k, str) and _ARTICLE_TYPES.search(k) for k in (kinds if isinstance(kinds, list) else [kinds])
        ):
            yield value
        yield from _things(value.get("@graph"), depth + 1)


def _from_thing(thing: dict[str, object]) -> Stated:
    return Stated(
        title=_field(thing.get("headline")),
        publisher=_named(thing.get("publisher")),
        published=_date(thing.get("datePublished")),
        author=_named(thing.get("author")),
        url=_address(thing.get("url")),
    )


def _named(value: object) -> str | None:
    if isinstance(value, list):
        names = [name for name in map(_named, value[:10]) if name]
        return _field(", ".join(names)) if names else None
    name = _field(value.get("name") if isinstance(value, dict) else value)
    return None if name is None or _address(name) else name


def _from_meta(tree: LexborHTMLParser) -> Stated:
    told: dict[str, str] = {}
    for meta in tree.css("meta")[:500]:
        attributes = meta.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if name and (content := attributes.get("content")):
            told.setdefault(name.strip().casefold(), content)
    link = tree.css_first('link[rel="canonical"]')
    return Stated(
        title=_first(told, _TITLES, _field),
        publisher=_first(told, _PUBLISHERS, _field),
        published=_first(told, _DATES, _date),
        author=_first(told, _AUTHORS, _named),
        url=_address(link.attributes.get("href") if link else None) or _address(told.get("og:url")),
    )


def _first(told: dict[str, str], names: tuple[str, ...], read: Callable[[object], str | None]) -> str | None:
    return next((value for name in names if (value := read(told.get(name)))), None)


def _from_body(tree: LexborHTMLParser) -> Stated:
    """A heading and a time element of the article itself, where there is exactly one of them."""
    part = tree.css_first("article") or tree.css_first("main") or tree.body
    if part is None:
        return Stated()
    headings = part.css("h1")
    clutter = _Clutter()
    times = [
        date
        for node in part.css("time[datetime]")[:20]
        if (date := _date(node.attributes.get("datetime"))) and not any(around in clutter for around in _chain(node))
    ]
    title = tree.css_first("head title")
    only_heading = _field(headings[0].text(deep=True)) if len(headings) == 1 else None
    return Stated(
        title=only_heading or _field(title.text(deep=True) if title else None),
        published=times[0] if len(set(times)) == 1 else None,
    )


def _declared_language(tree: LexborHTMLParser) -> str | None:
    root = tree.css_first("html")
    return root.attributes.get("lang") or root.attributes.get("xml:lang") if root else None


# The words


def _article_text(tree: LexborHTMLParser) -> tuple[str, bool]:
    """The text of the article's part, or of the whole page; and which of the two."""
    body = tree.body or tree.root
    if body is None:
        return "", False
    weighed = [(_chain(node), len(node.text(deep=True).split())) for node in body.css("p")[:MOST_PARAGRAPHS]]
    clutter = _Clutter(_frames(weighed))
    part = _article_part([(chain, words) for chain, words in weighed if not any(node in clutter for node in chain)])
    if part is not None:
        text = _text_of(part, clutter)
        if len(text.split()) >= FEWEST_WORDS:
            return text, True
    return _text_of(body, clutter), False


_Weighed = list[tuple[list[LexborNode], int]]  # of each paragraph: itself and what is around it, and its words


def _frames(weighed: _Weighed) -> set[int]:
    """The elements that hold half of all words and a headline: "with-sidebar" on one of them is no clutter."""
    nodes = {node.mem_id: node for chain, _ in weighed for node in chain}
    weights: Counter[int] = Counter()
    for chain, words in weighed:
        weights.update(dict.fromkeys([node.mem_id for node in chain], words))
    half = sum(words for _, words in weighed) / 2
    return {at for at, words in weights.items() if words >= half and nodes[at].css_first("h1, article, main")}


def _article_part(weighed: _Weighed) -> LexborNode | None:
    """The article or main element with most words in paragraphs; else the smallest element that holds most of them."""
    weights: Counter[int] = Counter()
    nodes: dict[int, LexborNode] = {}
    depths: dict[int, int] = {}
    whole = sum(words for _, words in weighed)
    for chain, words in weighed:
        for depth, node in enumerate(reversed(chain)):
            weights[node.mem_id] += words
            nodes[node.mem_id], depths[node.mem_id] = node, depth
    marked = [at for at, node in nodes.items() if node.tag in {"article", "main"} and weights[at] * 2 >= whole]
    most = [at for at in nodes if weights[at] * 10 >= whole * 8 and nodes[at].tag != "p"]
    best = max(marked, key=depths.__getitem__, default=None) or max(most, key=depths.__getitem__, default=None)
    return nodes[best] if best is not None and whole else None


def _chain(node: LexborNode) -> list[LexborNode]:
    """A node and the elements around it, up to the body."""
    chain = [node]
    parent = node.parent
    while parent is not None and parent.tag not in {"html", "-undef", "-document"} and len(chain) < DEEPEST:
        chain.append(parent)
        parent = parent.parent
    return chain


class _Clutter:
    """The elements that are no part of an article: menus, banners, comments, related links, hidden things.

    frames  elements whose class and id are not believed
    """

    def __init__(self, frames: Collection[int] = ()) -> None:
        self._frames = frames
        self._known: dict[int, bool] = {}

    def __contains__(self, node: LexborNode) -> bool:
        known = self._known.get(node.mem_id)
        if known is None:
            known = self._known[node.mem_id] = self._is(node)
        return known

    def _is(self, node: LexborNode) -> bool:
        tag = node.tag
        if tag in _UNREAD:
            return True
        if tag in {"body", "html", "article", "main"}:
            return False
        attributes = node.attributes
        if "hidden" in attributes or attributes.get("aria-hidden") == "true" or attributes.get("role") in _ROLES:
            return True
        named = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        return named != " " and _CLUTTER.search(named[:1000]) is not None and node.mem_id not in self._frames


def _text_of(part: LexborNode, clutter: _Clutter) -> str:
    """The words of an element in document order; each block begins a line, repeated ones are kept."""
    pieces: list[str] = []
    pending: list[LexborNode | str] = [part]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        tag = node.tag
        if tag == "-text":
            pieces.append(_SPACES.sub(" ", node.text_content or ""))
        elif tag == "br":
            pieces.append("\n")
        elif tag and not tag.startswith("-") and (node is part or node not in clutter):
            edge = _PARAGRAPH_EDGE if tag in _PARAGRAPHS else _BLOCK_EDGE if tag in _BLOCKS else ""
            pieces.append(edge)
            pending.append(edge)
            pending.extend(reversed(list(node.iter(include_text=True))))
    text = _EDGES.sub(lambda run: "\n\n" if _PARAGRAPH_EDGE in run[0] else "\n", "".join(pieces))
    return normalise(_SPACES_AT_LINES.sub("\n", re.sub(" {2,}", " ", text))).strip("\n ")
