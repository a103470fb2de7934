"""Run llama.cpp's server (from the wheel xllamacpp) on a GGUF file, as its own process.

    python -m tests.servers.llama_server model.gguf [slots]

It prints its address, and ends when its standard input closes.
"""

from __future__ import annotations

import sys

import xllamacpp


def main() -> None:
    """Serve until standard input closes."""
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_parallel = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    params.n_ctx = 2048 * params.n_parallel
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.endpoint_slots = True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
