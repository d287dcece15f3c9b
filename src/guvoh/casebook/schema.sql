-- The index: a function of the set of entries in the archive. It may be deleted at any time.
-- Whole numbers (n) are local to this file and differ between replays; ids do not.

CREATE TABLE log (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, size INTEGER NOT NULL) STRICT;

-- Which part of the archive is used (guvoh.archive.store.Archive.view): when it is another, all of this is made anew.
CREATE TABLE view (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;

-- Every record but mentions, by where it lies.
CREATE TABLE record (
    id TEXT NOT NULL, kind TEXT NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (log, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_id ON record (id);

-- Which records speak of an id.
CREATE TABLE subject (
    id TEXT NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (id, log, position)
) STRICT, WITHOUT ROWID;

-- Rows of lists that stand for no person, as outlines tell them to who may not see the rows: first row, number of rows.
CREATE TABLE nobody (
    n INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (n, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_id (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;

-- rank: outlines last, before them what is in the logs of members who can read nothing back; else terms, the strictest
-- first, and what was redacted after the whole; then tie, log and position decide between two records of one source.
CREATE TABLE source (
    n INTEGER PRIMARY KEY, rank INTEGER NOT NULL, tie TEXT NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL,
    terms TEXT NOT NULL, form TEXT NOT NULL, kind TEXT, title TEXT, publisher TEXT, author TEXT, published TEXT,
    language TEXT, url TEXT, digest TEXT NOT NULL, size INTEGER NOT NULL, gaps TEXT NOT NULL, notes TEXT NOT NULL,
    rows INTEGER NOT NULL, columns TEXT NOT NULL, characters INTEGER NOT NULL
) STRICT;

-- The words of titles and texts, as they stand and folded.
CREATE VIRTUAL TABLE source_words USING fts5 (
    words, folded, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);

-- n of the row of a list: the number of its source times 2^32, and the row. n of any other mention: the same, 2^31, and
-- a running number; it has an id of its own. pair is NULL for a group.
CREATE TABLE mention (
    n INTEGER PRIMARY KEY, id TEXT, name TEXT, pair TEXT, birth TEXT, log INTEGER NOT NULL, position INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX mention_id ON mention (id) WHERE id IS NOT NULL;

CREATE VIRTUAL TABLE mention_words USING fts5 (
    key, content = '', detail = none, columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
);

CREATE TABLE run (
    id TEXT PRIMARY KEY, engine TEXT NOT NULL, at TEXT NOT NULL, inputs INTEGER NOT NULL, digest TEXT NOT NULL,
    parts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE replaced_run (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new)) STRICT, WITHOUT ROWID;
CREATE TABLE part (run TEXT NOT NULL, part INTEGER NOT NULL, PRIMARY KEY (run, part)) STRICT, WITHOUT ROWID;
CREATE TABLE member (
    run TEXT NOT NULL, mention TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (run, mention)
) STRICT, WITHOUT ROWID;
-- With whom a mention was ever joined, by any run.
CREATE INDEX member_mention ON member (mention, run, person);
CREATE INDEX member_person ON member (run, person, mention);

CREATE TABLE correction (
    id TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (id, old, new)
) STRICT, WITHOUT ROWID;

CREATE TABLE judgement (
    id TEXT NOT NULL, verdict TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, mention TEXT NOT NULL,
    PRIMARY KEY (id, mention)
) STRICT, WITHOUT ROWID;
CREATE INDEX judged ON judgement (mention);

-- Names of members and devices.
CREATE TABLE label (id TEXT PRIMARY KEY, about TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Rows of lists that resemble an erased person: a custodian is asked. Nothing of them is kept here but their ids.
CREATE TABLE stopped (
    id TEXT NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (log, position)
) STRICT, WITHOUT ROWID;

-- What lies there though it was erased: a copy from a device that did not know. gone: the keyed digest that it meets.
CREATE TABLE returned (
    log INTEGER NOT NULL, position INTEGER NOT NULL, gone TEXT NOT NULL, PRIMARY KEY (log, position)
) STRICT, WITHOUT ROWID;

-- Whose word each log was when its entries were taken in. Ids in whose names records of others speak, and that were no
-- members' then. Erasures for which others' records were written anew. When this changes, all of this is made anew.
CREATE TABLE author (log TEXT PRIMARY KEY, member TEXT NOT NULL, rights TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stranger (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE rewritten (erasure TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Entries that are no records of this format, or that the member in whose log they lie may not add.
CREATE TABLE unreadable (
    log INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (log, position)
) STRICT, WITHOUT ROWID;

-- What queries read: the same with ids.
CREATE VIEW sources AS
SELECT i.id AS id, s.n AS n, rank, tie, log.id AS log, position, terms, form, kind, title, publisher, author, published,
    language, url, digest, s.size AS size, gaps, notes, rows, columns, characters
FROM source s JOIN source_id i ON i.n = s.n JOIN log ON log.n = s.log;

CREATE VIEW mentions AS
SELECT coalesce(m.id, i.id || '.' || (m.n & 0x7fffffff)) AS id, m.n AS n, i.id AS source,
    iif(m.id IS NULL, m.n & 0x7fffffff, NULL) AS row, name, pair, birth, log.id AS log, position
FROM mention m JOIN source_id i ON i.n = m.n >> 32 JOIN log ON log.n = m.log;

CREATE VIEW records AS
SELECT r.id AS id, kind, log.id AS log, position FROM record r JOIN log ON log.n = r.log;

CREATE VIEW subjects AS
SELECT s.id AS id, log.id AS log, position FROM subject s JOIN log ON log.n = s.log;
