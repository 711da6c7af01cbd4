"""monitor --propose: the change that retrains; and what is no way to ask."""

from tests.e2e.conftest import write_notes


def test_a_proposal_tells_what_is_new_and_is_written_when_asked(project, trainerspec):
    assert trainerspec("build")[0] == 0
    write_notes(project / "more", each=14)
    before = (project / "trainer.yaml").read_text()
    status, out, errors = trainerspec("monitor", ".", "--propose", "more")
    assert status == 0, errors
    assert (project / "trainer.yaml").read_text() == before
    told = (project / "retrain.md").read_text()
    for text in ("| `fingerprint` |", "| `rows` |", "| `prepare` |", "| `/data/source/path` | `notes` | `more` |"):
        assert text in told
    assert "+version: 0.1.1" in out
    assert trainerspec("monitor", ".", "--propose", "more", "--apply")[0] == 0
    after = (project / "trainer.yaml").read_text()
    assert "more" in after
    assert trainerspec("check")[0] == 0


def test_one_way_is_asked_for(project, trainerspec):
    for words in ((), ("--metrics", "a", "--requests", "b"), ("--metrics", "a", "--apply")):
        status, _, errors = trainerspec("monitor", ".", *words)
        assert status == 2, errors
