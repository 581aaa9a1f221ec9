-- Version 1. README.md describes the tables and columns.

CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    client TEXT NOT NULL,
    claimed_name TEXT,
    installation TEXT,
    scope TEXT NOT NULL,
    resource TEXT NOT NULL,
    signed_in_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    kept_until INTEGER NOT NULL,
    gone_after INTEGER NOT NULL,
    generation INTEGER,
    step_0 INTEGER,
    step_1 INTEGER,
    step_2 INTEGER,
    step_3 INTEGER,
    step_4 INTEGER,
    step_5 INTEGER,
    step_6 INTEGER,
    step_7 INTEGER,
    excused INTEGER,
    excused_at INTEGER,
    doubted_at INTEGER,
    closed_at INTEGER,
    why TEXT,
    CHECK (generation IS NOT NULL OR closed_at IS NOT NULL),
    CHECK ((closed_at IS NULL) = (why IS NULL)),
    CHECK ((excused IS NULL) = (excused_at IS NULL))
) STRICT, WITHOUT ROWID;

-- A refresh changes no column of an index.
CREATE INDEX grants_of_person ON grants (person, id);
CREATE INDEX grants_by_end ON grants (gone_after);

CREATE TABLE people (
    name TEXT PRIMARY KEY,
    password TEXT,
    called TEXT,
    epoch INTEGER NOT NULL,
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    CHECK ((password IS NULL) <> (called IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    client_name TEXT,
    redirect_uris TEXT NOT NULL,
    confidential INTEGER NOT NULL CHECK (confidential IN (0, 1)),
    jwks TEXT,
    jwks_uri TEXT,
    own_scope TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    blocked INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    CHECK (confidential + (jwks IS NOT NULL) + (jwks_uri IS NOT NULL) <= 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    block TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE document_copies (
    url TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    gone_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX document_copies_by_end ON document_copies (gone_after);

CREATE TABLE assertions (
    digest TEXT PRIMARY KEY,
    gone_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX assertions_by_end ON assertions (gone_after);

-- The hour comes first in the key, so that old rows are together.
CREATE TABLE guesses (
    hour INTEGER NOT NULL,
    name INTEGER NOT NULL,
    known INTEGER NOT NULL CHECK (known IN (0, 1)),
    guesses INTEGER NOT NULL CHECK (guesses >= 0),
    PRIMARY KEY (hour, name, known)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
