"""Migration m012: tables for what decides beside a profile, and for the models that decided.

A source is stored once for all runs, by its SHA-256. Sources of a profile are the templates of its
prompts, its alignment function, and code that is not the program's own; those of the whole run have
the profile -1: the program, and the scorer of another package. Attribute definitions, example sets
and profiles have their own tables.

`run_profiles.identity` is the hash of all of them; NULL in runs of earlier versions. `models` has
what is known of a model that decided: files with their hashes, device, versions, as JSON. A run has
a row of `run_models` for each model that decided a profile: more than one if a file of the model
or the machine changed in between.
"""

SOURCES = """
CREATE TABLE sources (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE run_sources (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  profile INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  hash TEXT NOT NULL REFERENCES sources(hash),
  PRIMARY KEY (run, profile, kind, name)
) WITHOUT ROWID;
CREATE TABLE models (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE run_models (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  profile INTEGER NOT NULL, role TEXT NOT NULL,
  hash TEXT NOT NULL REFERENCES models(hash), found REAL NOT NULL,
  PRIMARY KEY (run, profile, role, hash)
) WITHOUT ROWID;
ALTER TABLE run_profiles ADD COLUMN identity TEXT
"""
