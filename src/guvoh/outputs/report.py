"""A report as one HTML page: prints on A4, fetches nothing, names nobody.

The page is made from a `ReportView` alone, which cannot carry a name. It needs no colour, no script and no network;
its policy forbids them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from itertools import groupby

from guvoh.outputs import charts
from guvoh.outputs.view import (
    Confirmation,
    EstimateLine,
    FigureId,
    LeftOut,
    ReportView,
    RestsOn,
    SourceLine,
    Unit,
    Why,
)
from guvoh.records.base import Terms

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TITLE = "Coerced recruitment: what the sources report"
NOT_RECORDED = "not recorded"

CONFIRMATION = {
    Confirmation.AS_REPORTED: (
        "Every figure says what sources report. Nothing here has been established: a person counted is a person whom "
        "a source names, and sources can be wrong, can copy each other, and can speak of one person under several "
        "names."
    ),
}

FIGURES = {
    FigureId.SOURCES: ("Sources", "Items that came in and may be used: articles, letters, lists, testimony."),
    FigureId.LISTS: ("Lists of people", "Sources that are a list of named persons, one person to a row."),
    FigureId.MENTIONS: (
        "Mentions",
        "Persons as one source describes them. A row of a list is a mention; one person may have many.",
    ),
    FigureId.PEOPLE: (
        "People",
        "Mentions that were taken for one human being, each counted once, over all sources.",
    ),
    FigureId.PEOPLE_LISTED: ("People on at least one list", "People, each counted once, who are on a list."),
    FigureId.GROUPS: (
        "Groups",
        "Several people whom a source describes together, with or without a size. Never counted as persons.",
    ),
}

MATCHED = (
    "How rows were taken for one person: by surname and given name in a plain transliteration, and by the year of "
    "birth. This is a first proposal that nobody has reviewed. It misses spellings, which makes one person two and "
    "every estimate too high, and it joins namesakes of one year. A row with one name only stands alone."
)

TERMS = {
    Terms.PUBLIC: ("public", "published, or a list that was received: its people are counted, and never named here."),
    Terms.CONSENT: ("by consent", "used only as far as the people concerned have agreed."),
}

KINDS = {
    "ST_TESTIMONY": "testimony",
    "ST_LETTER": "letter",
    "ST_CALL": "telephone call",
    "ST_CHAT": "messages",
    "ST_VIDEO": "video",
    "ST_PHOTO": "photograph",
    "ST_CONTRACT": "contract or military paper",
    "ST_COURT": "court paper",
    "ST_OFFICIAL": "official statement",
    "ST_MEDIA_ORIG": "own report of a news outlet",
    "ST_MEDIA_DERIV": "news resting on other news",
    "ST_AGGREGATOR": "news digest",
    "ST_LIST": "list of persons",
    "ST_NGO": "report of an organisation",
    "ST_UN": "UN document",
    "ST_POW_INTERVIEW": "statement made in captivity",
    "ST_SOCIAL": "social media post",
}
"""Short names for the codes of list ST; a kind that is not here is shown as it is spelt."""

UNITS = {
    Unit.SOURCES: ("source", "sources"),
    Unit.LISTS: ("list", "lists"),
    Unit.MENTIONS: ("mention", "mentions"),
    Unit.PEOPLE: ("person", "people"),
}

WHY = {
    Why.NO_CONSENT: "Consent to this use was not asked for, was refused, or was withdrawn.",
    Why.INTERNAL: "Working material, which does not leave the archive.",
    Why.GROUP: "A group described together. A group is never counted as persons.",
    Why.NO_NAME: "No name to compare, so that they cannot be told from others.",
    Why.NOT_LISTED: "Named only outside the lists. They are among the people; the estimates, which compare lists, "
    "do not use them.",
    Why.REPEATED: "The same person again on the same list. Each person counts once a list.",
    Why.ERASED: "Erased from the archive by an authorised decision.",
    Why.MISSING: "Damaged or missing when the archive was read.",
}

DEFINITIONS = (
    ("As reported, unverified", "A source says so. No person has yet weighed it against other evidence."),
    (
        "List, in the estimates",
        (
            "One occasion on which somebody set out to write down who was concerned. Two copies of one list are one "
            "occasion."
        ),
    ),
    (
        "Interval",
        (
            "If everything were done again many times and every assumption held, this share of such intervals would "
            "hold the true number. It does not cover assumptions that fail, or mistakes in telling who is who."
        ),
    ),
    (
        "Lower bound",
        "At least about so many. It gives no upper limit: its interval is the uncertainty of the bound itself.",
    ),
    ("Not recorded", "The fact could not be found in the source. It was not guessed."),
    (
        "Rests on",
        (
            "The records in the archive behind a figure: how many, the first of their ids, and a digest of all of "
            "them. Whoever holds the archive can list them."
        ),
    ),
)


def render(view: ReportView) -> str:
    """Write the report as one page of HTML."""
    sections = (
        _what_this_is(view),
        _summary(view),
        _sources(view),
        _lists(view),
        _overlaps(view),
        _estimates(view),
        _left_out(view.left_out),
        _definitions(view),
        _annex_sources(view.sources),
        _annex_rests_on(view),
    )
    css = resources.files("guvoh.outputs").joinpath("report.css").read_text(encoding="utf-8")
    # Ids, dates and versions are checked values that hold neither a quote nor a backslash.
    foot = (
        "@page { font: 8pt system-ui, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif; "
        f'@bottom-left {{ content: "Guvoh, archive {view.archive}, {view.generated_on}"; }} '
        '@bottom-right { content: counter(page) " / " counter(pages); } }'
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(TITLE)}, {view.generated_on}</title>\n<style>\n{css}{foot}\n</style>\n</head>\n<body>\n"
        f"{_header(view)}\n<main>\n{chr(10).join(sections)}\n</main>\n"
        f'<footer class="small"><p>Made by Guvoh {escape(view.version)} on {view.generated_on} from archive '
        f"<code>{escape(view.archive)}</code>. It holds no name and fetches nothing from a network.</p></footer>\n"
        "</body>\n</html>\n"
    )


def _header(view: ReportView) -> str:
    return (
        f'<header><p class="kicker">Report of figures and sources</p><h1>{escape(TITLE)}</h1>'
        f"<p>{_long_date(view)}. Confirmation level: <strong>{view.confirmation}</strong>.</p></header>"
    )


def _what_this_is(view: ReportView) -> str:
    linkage = (
        f"<code>{escape(view.linkage_run)}</code>" if view.linkage_run else "none: every mention counts as a person"
    )
    facts = (
        ("Date", _long_date(view)),
        ("Archive", f"<code>{escape(view.archive)}</code>"),
        ("Program and methods", f"Guvoh {escape(view.version)}"),
        ("Linkage run", linkage),
    )
    return _section(
        "What this is",
        "<p>This report counts what one archive holds: how many sources, lists and people, how the lists overlap, and "
        "how many people may be on none of them. It gives what each figure rests on, what was left out, and why.</p>"
        f'<div class="notice"><p><strong>Confirmation level: {view.confirmation}.</strong> '
        f"{escape(CONFIRMATION[view.confirmation])}</p></div>"
        f'<dl class="facts">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)}</dl>',
    )


def _summary(view: ReportView) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(FIGURES[figure.id][0])}<br>{_rests_on(figure.rests_on)}</th>'
        f'<td class="number">{figure.value:,}</td><td class="small">{escape(FIGURES[figure.id][1])}</td></tr>'
        for figure in view.figures
    )
    head = _head(("Figure and what it rests on", ""), ("Number", "number"), ("Meaning", ""))
    table = _table(head, rows, of="key") if rows else "<p>No figures were asked for.</p>"
    return _section("Summary", _in_short(view) + f"<p>{escape(MATCHED)}</p>" + table)


def _in_short(view: ReportView) -> str:
    """Say the main figures, as far as the view has them, in a few sentences."""
    values = {figure.id: figure.value for figure in view.figures}
    said = []
    if FigureId.SOURCES in values and FigureId.PEOPLE in values:
        lists, rest = len(view.lists), values[FigureId.SOURCES] - len(view.lists)
        people = _count(values[FigureId.PEOPLE], "person", "people")
        said.append(f"{_count(lists, 'list names', 'lists name')} {people}.")
        if rest:
            said.append(f"{_count(rest, 'other source has', 'other sources have')} not been read for people yet.")
    if len(view.lists) > 1:
        once = _count(view.times_listed[0], "person is", "people are")
        said.append(
            f"{_count(_seen(view), 'person is', 'people are')} on at least one of {len(view.lists)} lists; {once} on "
            "one list only."
        )
    bounds = [line for line in view.estimates if line.estimate.lower_bound and line.estimate.estimate is not None]
    if bounds:
        said.append(f"{bounds[0].estimate.words()} What this assumes stands under Estimates.")
    return f"<p>{escape(' '.join(said))}</p>" if said else ""


def _seen(view: ReportView) -> int:
    """Count the people on at least one list."""
    return sum(view.times_listed)


def _sources(view: ReportView) -> str:
    sources = view.sources
    if not sources:
        return _section("Sources", "<p>There are no sources.</p>")
    kinds = Counter(_kind(source) for source in sources)
    languages = Counter(_language(source) for source in sources)
    terms = Counter(source.terms for source in sources)
    size = sum(source.size for source in sources)
    parts = [
        f"<p>{_count(len(sources), 'source', 'sources')}, {_bytes(size)} of originals. Each is listed in annex A.</p>",
        _figure("Sources by kind", charts.bars("Sources by kind", kinds.most_common(), "sources")),
        '<div class="row">',
        _count_table("By kind", "Kind", kinds),
        _count_table("By language", "Language", languages),
        _count_table("By terms of use", "Terms", Counter({_terms(term): number for term, number in terms.items()})),
        "</div>",
    ]
    gaps = [gap for gap in view.gaps if gap.missing]
    if gaps:
        lines = "".join(
            f"<li>{escape(_plain(gap.field))}: not recorded in {gap.missing:,} of {gap.of:,}</li>" for gap in gaps
        )
        parts.append(f'<div class="together"><h3>What could not be found</h3><ul>{lines}</ul></div>')
    else:
        parts.append("<h3>What could not be found</h3><p>No gap is recorded.</p>")
    return _section("Sources", "".join(parts))


def _lists(view: ReportView) -> str:
    if not view.lists:
        return _section("Lists", "<p>There are no lists of people, so nothing is counted by list.</p>")
    rows = "".join(
        f'<tr><th scope="row">List {line.label}</th><td><code>{escape(line.source)}</code></td>'
        f'<td class="number">{line.rows:,}</td><td class="number">{line.people:,}</td>'
        f"<td>{escape(_listed(map(_plain, line.columns))) or 'none'}</td></tr>"
        for line in view.lists
    )
    head = _head(("List", ""), ("Source", ""), ("Rows", "number"), ("People", "number"), ("Columns recognised", ""))
    people = [(f"List {line.label}", line.people) for line in view.lists]
    rests = "".join(f"<li>List {line.label} {_rests_on(line.rests_on)}</li>" for line in view.lists)
    return _section(
        "Lists",
        "<p>Lists are called by letters here, because what a list is called may give somebody away. Rows are lines of "
        "the list; people are those rows after repetitions on the same list were taken as one.</p>"
        + _table(head, rows)
        + _figure("People by list", charts.bars("People by list", people, "people"))
        + f'<ul class="small">{rests}</ul>',
    )


def _overlaps(view: ReportView) -> str:
    names = [f"List {line.label}" for line in view.lists]
    if len(names) < 2:
        return _section("Overlaps", "<p>There are fewer than two lists, so there is nothing to compare.</p>")
    rows = "".join(
        f'<tr><th scope="row">{names[i]}</th>'
        + "".join(f'<td class="number{" own" if i == j else ""}">{count:,}</td>' for j, count in enumerate(row))
        + "</tr>"
        for i, row in enumerate(view.overlaps)
    )
    head = _head(("People on both", ""), *((name, "number") for name in names))
    times = "".join(
        f'<tr><th scope="row">exactly {_count(number, "list", "lists")}</th><td class="number">{count:,}</td></tr>'
        for number, count in enumerate(view.times_listed, start=1)
    )
    title = "People shared by pairs of lists"
    return _section(
        "Overlaps",
        "<p>How many people two lists share. Large overlaps between lists that were made apart suggest that few people "
        "are on none; lists that were made from each other show large overlaps too, and then suggest nothing.</p>"
        + _figure(title, charts.overlap(title, names, view.overlaps))
        + _table(head, rows, caption="People shared by pairs of lists; the diagonal is each whole list")
        + _table(_head(("On", ""), ("People", "number")), times, caption="People by number of lists", of="narrow")
        + '<p class="rests">These tables rest on the records of the lists above.</p>',
    )


def _estimates(view: ReportView) -> str:
    intro = (
        "<p>How many people there may be, those on no list among them. Each number holds only as far as its "
        "assumptions do; they are printed with it, and the data cannot prove them. No number should be quoted "
        "without its interval and its method.</p>"
    )
    if not view.estimates:
        return _section("Estimates", intro + "<p>No estimate was made.</p>")
    seen = _seen(view)
    whiskers = [
        charts.Whisker(
            label=f"{_method(line)}",
            estimate=line.estimate.estimate,
            lower=line.estimate.lower,
            upper=line.estimate.upper,
            lower_bound=line.estimate.lower_bound,
        )
        for line in view.estimates
    ]
    rows = "".join(
        f'<tr><th scope="row">{escape(_method(line))}</th><td class="number">{line.estimate.seen:,}</td>'
        + _estimate_cells(line)
        + "</tr>"
        for line in view.estimates
    )
    head = _head(("Method and lists", ""), ("Seen", "number"), ("Estimate", "number"), ("Interval", "number"))
    title = "Estimates and their intervals"
    return _section(
        "Estimates",
        intro
        + _figure(title, charts.interval(title, seen, whiskers))
        + '<p class="small">A full dot is an estimate; an open dot with an arrow is a lower bound. The broken line '
        "stands at the people on at least one list.</p>"
        + _table(head, rows, caption=title)
        + "".join(_one_method(name, list(lines), seen) for name, lines in groupby(view.estimates, key=_method_of)),
    )


def _estimate_cells(line: EstimateLine) -> str:
    one = line.estimate
    if one.estimate is None or one.lower is None or one.upper is None:
        return f'<td colspan="2">no number: {escape(one.refused or "refused")}</td>'
    least = "at least " if one.lower_bound else ""
    return (
        f'<td class="number">{least}{one.estimate:,.0f}</td>'
        f'<td class="number">{one.lower:,.0f} to {one.upper:,.0f} ({one.level:.0%})</td>'
    )


def _one_method(name: str, lines: Sequence[EstimateLine], seen: int) -> str:
    """Write what one method found for each set of lists, and what it assumes, once."""
    one = lines[0].estimate
    settings = "; ".join(f"{what}: {value}" for what, value in one.settings.items()) or "none"
    return (
        f"<h3>{escape(name)}</h3>"
        + "".join(_one_estimate(line, seen) for line in lines)
        + '<p class="lead">What is assumed:</p>'
        + f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in one.assumptions)}</ul>"
        + f'<p class="small">Settings: {escape(settings)}. Sources of the method: '
        f"{escape(' '.join(one.references)) or 'none given.'}</p>"
    )


def _one_estimate(line: EstimateLine, seen: int) -> str:
    one = line.estimate
    cautions = list(one.warnings)
    if one.estimate is not None and one.estimate < seen:
        cautions.append(
            f"This is below the {seen:,} people who are on the lists, so that something which is assumed does not hold."
        )
    warnings = "".join(f"<p><strong>Caution.</strong> {escape(caution)}</p>" for caution in cautions)
    return (
        f'<div class="together"><p><strong>{_which(line)}:</strong> {escape(one.finding())}.<br>'
        f"{_rests_on(line.rests_on)}</p>" + (f'<div class="warning">{warnings}</div>' if warnings else "") + "</div>"
    )


def _left_out(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return _section("What was left out", "<p>Nothing was left out.</p>")
    rows = "".join(
        f'<tr><td class="number">{one.count:,}</td><td>{UNITS[one.what][one.count != 1]}</td>'
        f"<td>{escape(WHY[one.why])}</td></tr>"
        for one in left_out
    )
    return _section("What was left out", _table(_head(("How many", "number"), ("Of what", ""), ("Why", "")), rows))


def _definitions(view: ReportView) -> str:
    figures = [FIGURES[figure] for figure in FigureId]
    terms = [(f"Terms: {name}", words[0].upper() + words[1:]) for name, words in TERMS.values()]
    lines = "".join(
        f'<div class="together"><dt>{escape(name)}</dt><dd>{escape(words)}</dd></div>'
        for name, words in (*DEFINITIONS, *figures, *terms)
    )
    return _section("Definitions", f'<dl class="terms">{lines}</dl>')


def _annex_sources(sources: Sequence[SourceLine]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(source.id)}</code></th><td>{escape(_kind(source))}</td>'
        f"<td>{escape(_language(source))}</td><td>{_terms(source.terms)}</td>"
        f"<td>{escape(source.published or NOT_RECORDED)}</td>"
        f"<td>{escape(_listed(map(_plain, source.gaps))) or 'nothing'}</td>"
        f'<td class="number">{_bytes(source.size)}</td></tr>'
        for source in sources
    )
    head = _head(
        ("Source", ""),
        ("Kind", ""),
        ("Language", ""),
        ("Terms", ""),
        ("Published", ""),
        ("Not found", ""),
        ("Size", "number"),
    )
    return _section(
        "Annex A. Sources", _table(head, rows) if rows else "<p>There are no sources.</p>", of="annex first"
    )


def _annex_rests_on(view: ReportView) -> str:
    lines = [
        *((FIGURES[figure.id][0], figure.rests_on, "") for figure in view.figures),
        *((f"People on list {line.label}", line.rests_on, "") for line in view.lists),
        *((_method(line), line.rests_on, f"<br>counts {line.estimate.data_digest}") for line in view.estimates),
    ]
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{rests.count:,}</td>'
        f"<td><code>{rests.digest}{counts}</code></td></tr>"
        for name, rests, counts in lines
    )
    head = _head(("Figure", ""), ("Records", "number"), ("Digest of their ids", ""))
    return _section(
        "Annex B. What each figure rests on",
        "<p>The digest is SHA-256 over the ids of the records, sorted, each once and each followed by a line feed, in "
        "ASCII. Whoever holds the archive can make the same list of ids and compare. An estimate also has the digest "
        "of the counts it was made from.</p>" + (_table(head, rows) if rows else "<p>There are no figures.</p>"),
        of="annex",
    )


def _section(title: str, body: str, *, of: str = "") -> str:
    return f"<section{_class(of)}><h2>{escape(title)}</h2>{body}</section>"


def _figure(caption: str, picture: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{picture}</figure>"


def _table(head: str, rows: str, *, caption: str = "", of: str = "") -> str:
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table{_class(of)}>{named}<thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _head(*columns: tuple[str, str]) -> str:
    cells = "".join(f'<th scope="col"{_class(of)}>{escape(name)}</th>' for name, of in columns)
    return f"<tr>{cells}</tr>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _count_table(caption: str, name: str, counts: Counter[str]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="number">{count:,}</td></tr>'
        for label, count in counts.most_common()
    )
    return _table(_head((name, ""), ("Sources", "number")), rows, caption=caption)


def _rests_on(rests: RestsOn) -> str:
    """Say what a figure rests on: how many records, the first of them, and the start of the digest."""
    if not rests.count:
        return '<span class="rests">rests on no record</span>'
    ids = ", ".join(f"<code>{escape(one)}</code>" for one in rests.first)
    more = rests.count - len(rests.first)
    return (
        f'<span class="rests">rests on {_count(rests.count, "record", "records")}: {ids}'
        f"{f' and {more:,} more' if more else ''} (digest <code>{rests.digest[:19]}…</code>)</span>"
    )


def _method(line: EstimateLine) -> str:
    which = _which(line)
    return f"{line.estimate.method}: {which[0].lower()}{which[1:]}"


def _method_of(line: EstimateLine) -> str:
    return line.estimate.method


def _which(line: EstimateLine) -> str:
    return f"{'List' if len(line.lists) == 1 else 'Lists'} {_listed(line.lists)}"


def _kind(source: SourceLine) -> str:
    if source.kind is None:
        return NOT_RECORDED
    return KINDS.get(source.kind, _plain(source.kind))


def _language(source: SourceLine) -> str:
    return source.language.called("en") if source.language else NOT_RECORDED


def _terms(terms: Terms) -> str:
    return TERMS[terms][0]


def _plain(term: str) -> str:
    return term.replace("-", " ").replace("_", " ")


def _listed(items: Iterable[str]) -> str:
    every = list(items)
    return f"{', '.join(every[:-1])} and {every[-1]}" if len(every) > 1 else "".join(every)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _bytes(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"


def _long_date(view: ReportView) -> str:
    return f"{view.generated_on.day} {view.generated_on:%B %Y}"
