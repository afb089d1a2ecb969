"""Where things lie: one folder per cell, whatever the names are made of."""

from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from pipeline.lake.layout import Cell, Lake, control_and_seed, word

NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name.isprintable())


@given(NAMES, NAMES, NAMES)
def test_no_name_leaves_its_folder(model, control, corpus):
    """Each key is one folder, `key=value`, and the value can be read back."""
    parts = Cell(model, control, 0, corpus).partition.parts
    assert [part.split("=", 1)[0] for part in parts] == ["model", "control", "corpus"]
    assert [unquote(part.split("=", 1)[1]) for part in parts] == [model, control, corpus]
    assert all(PurePosixPath(part).name == part for part in parts)


def test_the_encoding_is_hives():
    cell = Cell("org/name", "random_weights", 2, "../a b=c%")
    assert cell.partition.as_posix() == (
        "model=org%2Fname/control=random_weights-2/corpus=..%2Fa%20b%3Dc%25"
    )
    lake = Lake(Path("r"))
    assert lake.measured("heads", cell) == Path("r/lake/heads") / cell.partition
    assert lake.sentences("a/b") == Path("r/sentences/corpus=a%2Fb")


@given(st.from_regex(r"[a-z_]{1,8}(-[a-z]{1,3})?", fullmatch=True), st.integers(0, 99))
def test_a_control_and_its_seed_are_one_word(control, seed):
    assert control_and_seed(word(control, seed)) == (control, seed)


def test_cells_have_a_name():
    assert Cell("m", "trained", 0, "c").name == "m-trained-c"
    assert Cell("m", "random_weights", 3, "c").name == "m-random_weights-3-c"
