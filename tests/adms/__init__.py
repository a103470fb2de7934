"""Tests of adms."""
