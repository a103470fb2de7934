"""How many samples a worker decides at once if the model itself sets the number."""

from __future__ import annotations

from dataclasses import replace

from align_tui.backbones.base import OnProgress
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.store import runs
from align_tui.store.database import Database
from tests.engine.fakes import FakeBackbone, Opener
from tests.engine.test_worker import model_study, until, warm_up, working


class Server(Opener):
    """Opens fake backbones that take twenty samples at once."""

    def __call__(self, spec: BackboneSpec, progress: OnProgress) -> FakeBackbone:
        backbone = super().__call__(spec, progress)
        backbone.info = replace(backbone.info, side_by_side=20)
        return backbone


async def test_a_server_gets_as_many_samples_as_it_takes(database: Database) -> None:
    opener = Server()
    async with working(database.path, opener):
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(30), {})
        await until(lambda: runs.get_run(database, run).running == 20)
        assert opener.opened[0][1].now == 20
        opener.opened[0][1].gate.set()
        await until(lambda: runs.get_run(database, run).finished)
    assert runs.get_run(database, run).done == 30 and opener.opened[0][1].most == 20
