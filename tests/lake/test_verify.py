"""What is said to be wrong, and of which folder: that is what makes it again."""

from pipeline.lake import manifest
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.manifest import File, Manifest
from pipeline.lake.schema import INTERVENED, MEASURED
from pipeline.lake.verify import verify


def test_interventions_of_other_sentences_are_wrong_and_not_the_sentences(tmp_path):
    lake, cell = Lake(tmp_path), Cell("m", "trained", 0, "c")
    for top in (lake.sentences, lake.quarantine):
        manifest.publish(top("c"), Manifest(top.__name__, "now", ()), tmp_path)
    for names, sentences in ((MEASURED, "now"), (INTERVENED, "before")):
        for name in names:
            content = Manifest(name, sentences, (), {"sentences": sentences})
            manifest.publish(lake.measured(name, cell), content, tmp_path)
    wrong = [w for w in verify(lake).wrong if "other sentences" in w.what]
    assert [w.folder for w in wrong] == [lake.measured(name, cell) for name in INTERVENED]


def test_a_corpus_that_nothing_was_measured_of_is_looked_at_too(tmp_path):
    lake = Lake(tmp_path)
    manifest.publish(lake.sentences("c"), Manifest("sentences", "f", ()), tmp_path)
    (wrong,) = verify(lake).wrong
    assert wrong.folder == lake.quarantine("c")
    assert wrong.what.endswith("is missing")


def test_all_that_is_wrong_in_a_folder_is_named(tmp_path):
    lake, files = Lake(tmp_path / "root"), tuple(File(f"{k}.parquet", "0", 1) for k in range(2))
    for file in files:
        (tmp_path / file.name).write_bytes(b"")
    folders = [lake.quarantine("c"), lake.sentences("c")]
    for folder in folders:
        manifest.publish(folder, Manifest("", "f", files), tmp_path)
    said = [wrong.what.split(" is ")[0] for wrong in verify(lake).wrong]
    assert said == [str(folder / file.name) for folder in folders for file in files]
