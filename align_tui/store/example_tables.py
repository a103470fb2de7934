"""Migration m009: tables for example sets of runs, and for the examples that prompts showed.

A set is stored once for all runs that use it, by the hash that the profiles name. The prompt of an
example is in the table of texts, by its hash.
"""

EXAMPLES = """
CREATE TABLE example_sets (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE run_example_sets (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  hash TEXT NOT NULL REFERENCES example_sets(hash),
  PRIMARY KEY (run, hash)
) WITHOUT ROWID;
CREATE TABLE examples (
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE,
  idx INTEGER NOT NULL, example TEXT NOT NULL, similarity REAL, attribute TEXT NOT NULL,
  prompt TEXT NOT NULL, response TEXT NOT NULL,
  PRIMARY KEY (sample, idx)
) WITHOUT ROWID
"""
