"""Servers that tests start: a real one (llama.cpp) and a hostile one."""
