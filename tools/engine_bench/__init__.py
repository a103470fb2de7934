"""Parts of tools/bench_engine.py."""
