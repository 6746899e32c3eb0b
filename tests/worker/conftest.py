import pytest
from tests.worker.box import drop_template, make_template, opened_box

from parvis.channels.registry import added
from parvis.testing.cast import make_cast
from parvis.testing.simulated import simulated
from parvis.testing.simulator import Simulator


@pytest.fixture(scope="session")
def _template(tmp_path_factory):
    template = make_template(tmp_path_factory.mktemp("template"))
    yield template
    drop_template(template)


@pytest.fixture
def box(_template, tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), opened_box(_template, tmp_path) as box:
        yield box


@pytest.fixture
def people(box):
    return make_cast()


@pytest.fixture
def far():
    with Simulator() as simulator, added(simulated()):
        yield simulator
