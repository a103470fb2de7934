"""The values of an alignment study and pure functions over them. Imports no other package here."""
