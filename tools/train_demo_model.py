"""Train the demonstration language model: `python tools/train_demo_model.py --seed 7`."""

from __future__ import annotations

import argparse
import os
import random
import sys
from pathlib import Path

import torch
from demo_model.curriculum import CELLS, FULL, stages
from demo_model.model import ModelShape, TinyLlama
from demo_model.prompts import SampleMaker
from demo_model.templates import Pools, load, with_held
from demo_model.text import expand
from demo_model.tokenizer import chat, train_tokenizer
from demo_model.train import Trainer, fixed_rows
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
# glibc reads these when a process starts. To keep freed memory saves a fifth of the time.
MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_ARENA_MAX": "1",
}


def corpus(pools: Pools, seed: int) -> list[str]:
    """The texts to train the tokenizer on: every template several times, and whole samples."""
    rng = random.Random(seed)
    texts: list[str] = []
    sides = [*pools.clauses.values(), *pools.cues.values(), *pools.stances.values()]
    templates = [text for pair in sides for side in pair for text in side]
    templates += [text for level in pools.conditions for text in level]
    templates += pools.frames + pools.systems + pools.baselines + pools.fillers
    for template in templates:
        texts += [" " + expand(template, rng) for _ in range(6)]
    maker = SampleMaker(pools, FULL, rng)
    for _ in range(4000):
        texts += [chat(s.system, s.user) + s.answer.text for s in maker.group()]
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--vocab", type=int, default=4096)
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--mlp", type=int, default=512)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="multiply every stage's steps")
    parser.add_argument(
        "--first-stage", type=int, default=0, help="resume after the stage before this"
    )
    parser.add_argument("--last-stage", type=int, default=99)
    parser.add_argument("--work", type=Path, default=Path("demo-model-work"))
    parser.add_argument("--out", type=Path, default=HERE.parent / "align_tui/demo/model")
    parser.add_argument("--log", type=Path, default=HERE / "demo_model/training_log.json")
    args = parser.parse_args()

    if not MEMORY.keys() <= os.environ.keys():
        os.environ |= MEMORY
        os.execv(sys.executable, [sys.executable, *sys.argv])
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    pools, held = load(held=False), load(held=True)
    saved = args.work / "tokenizer.json"
    if args.first_stage and saved.exists():
        tokenizer = Tokenizer.from_file(str(saved))
    else:
        tokenizer = train_tokenizer(corpus(pools, args.seed), args.vocab)
        tokenizer.save(str(saved))
    shape = ModelShape(
        vocab=tokenizer.get_vocab_size(),
        hidden=args.hidden,
        heads=args.heads,
        mlp=args.mlp,
        layers=args.layers,
    )
    model = TinyLlama(shape)
    print(f"{model.parameter_count()} parameters, {shape.vocab} tokens", flush=True)
    cells = {
        name: fixed_rows(
            tokenizer, with_held(pools, held, cell.held), cell.mix, 120, 5000 + i, cell.aligned
        )
        for i, (name, cell) in enumerate(CELLS.items())
    }
    trainer = Trainer(model, tokenizer, pools, cells, args.out, args.log, args.seed, args.threads)
    if args.first_stage:
        trainer.load(args.work / f"stage{args.first_stage - 1}.pt")
    for number, stage in enumerate(stages(args.scale)):
        if args.first_stage <= number <= args.last_stage:
            trainer.run(stage, number)
            trainer.save(args.work / f"stage{number}.pt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
