"""Tests of the configuration: profiles, backbones, studies."""
