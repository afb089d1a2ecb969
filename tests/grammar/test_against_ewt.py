"""The synthetic treebank beside a real one: how well a fixed offset finds governors."""

from __future__ import annotations

import pytest

from .reader import ROOT, TREEBANK, offset_baselines, read

EWT = ROOT.parent / "shared" / "data" / "ud" / "en_ewt-ud-dev.conllu"

pytestmark = pytest.mark.skipif(not EWT.exists(), reason=f"no real treebank at {EWT.name}")


def ewt_text() -> str:
    """Return the real treebank without empty nodes, which have no place in the basic tree."""
    lines = EWT.read_text(encoding="utf-8").split("\n")
    return "\n".join(line for line in lines if "." not in line.split("\t")[0] or line[:1] == "#")


def test_fixed_offsets_do_about_as_well_as_on_a_real_treebank() -> None:
    real = offset_baselines(read(ewt_text()))
    ours = offset_baselines(read(TREEBANK.read_text(encoding="utf-8")))
    commonest = sorted(real, key=lambda relation: -real[relation][1])[:10]
    gaps = {relation: ours[relation][0] - real[relation][0] for relation in commonest}
    assert {relation: gap for relation, gap in gaps.items() if abs(gap) > 0.15} == {}


def test_common_relations_are_about_as_common_as_in_a_real_treebank() -> None:
    real = offset_baselines(read(ewt_text()))
    ours = offset_baselines(read(TREEBANK.read_text(encoding="utf-8")))
    real_total = sum(count for _, count in real.values())
    our_total = sum(count for _, count in ours.values())
    commonest = sorted(real, key=lambda relation: -real[relation][1])[:19]
    for relation in commonest:
        share = ours[relation][1] / our_total
        assert 0.5 < share / (real[relation][1] / real_total) < 2, relation
