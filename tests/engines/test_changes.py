"""What is planned: each change once, whatever its class of keys is called, and draws of others."""

from collections import Counter

import pytest
import torch

from pipeline.core.names import ON_HEADS, ON_KEYS
from pipeline.engines.changes import Interventions, Plan, keys_of
from pipeline.engines.means import AtPlace
from pipeline.models.tap import Place

H = 4


def at(
    masses: dict[str, list[float]], n_keys: dict[str, int] | None = None, **values: float
) -> AtPlace:
    """A call whose classes have these mean values; classes of one value are the same keys, unless
    there are more of one."""
    return AtPlace(
        {name: torch.full((H, 2), value) for name, value in values.items()},
        torch.zeros(H, 2),
        {name: torch.tensor(of_heads) for name, of_heads in masses.items()},
        dict.fromkeys(values, 1) | (n_keys or {}),
    )


def planned(plan: Plan, n_calls: int) -> list:
    return [c for _, changes in plan.by_unit([range(k, k + 1) for k in range(n_calls)])
            for c in changes]  # fmt: skip


def names(plan: Plan, n_calls: int) -> Counter:
    """How often each change is noted, by all that tells them apart."""
    places = [Place("encoder", k) for k in range(n_calls)]
    return Counter(
        (*keys_of(change, places).values(), name)
        for change in planned(plan, n_calls)
        for name in plan.names(change)
    )


def test_the_same_keys_everywhere_are_changed_once_and_noted_twice():
    means = [at({"cls": [0.9, 0, 0, 0], "first": [0.9, 0, 0, 0]}, cls=1.0, first=1.0)] * 2
    plan = Plan(means, Interventions(("cls", "first"), draws=1))
    assert {c.key_class for c in planned(plan, 2)} == {"cls", None}
    assert set(names(plan, 2).values()) == {1}
    of_one = len(ON_KEYS) + len(ON_HEADS)
    by_scope = Counter(scope for scope, *_ in names(plan, 2))
    assert by_scope["head"] == 2 * H * (2 * len(ON_KEYS) + len(ON_HEADS))
    assert by_scope["dumping"] == by_scope["random-1"] == 2 * of_one
    assert by_scope["all"] == 2 * len(ON_KEYS) + len(ON_HEADS)


def test_the_previous_word_is_no_other_class():
    """Also where means are equal: of sentences of one piece it is no key at all."""
    means = [at({}, first=1.0, previous_word=1.0)]
    plan = Plan(means, Interventions(("first", "previous_word"), draws=0))
    assert {c.key_class for c in planned(plan, 1)} == {"first", "previous_word", None}


def test_classes_of_more_and_of_fewer_keys_are_two():
    """Where one piece stands at both ends, and its value hangs on nothing else, means are equal."""
    means = [at({}, {"bos": 2}, bos=1.0, first=1.0)]
    plan = Plan(means, Interventions(("bos", "first"), draws=0))
    assert {c.key_class for c in planned(plan, 1)} == {"bos", "first", None}


def test_the_same_keys_at_one_call_only_are_two_classes_of_the_model():
    """BART's first piece is <s> in the encoder, and what opens a translation in the decoder."""
    means = [at({}, bos=1.0, first=1.0), at({}, bos=1.0, first=2.0)]
    plan = Plan(means, Interventions(("bos", "first"), draws=0))
    whole = [c for c in planned(plan, 2) if c.scope == "all"]
    assert [c.key_class for c in whole if c.condition == "mask"] == ["bos", "first"]
    assert all(set(c.heads) == {0, 1} for c in whole)
    assert set(names(plan, 2).values()) == {1}


def test_a_class_that_is_not_everywhere_is_changed_where_it_is():
    means = [at({}, sep=1.0, previous_word=3.0), at({}, sep=1.0)]
    plan = Plan(means, Interventions(("sep", "previous_word"), draws=0))
    before = [c for c in planned(plan, 2) if c.key_class == "previous_word"]
    (change,) = [c for c in before if (c.scope, c.condition) == ("all", "mask")]
    assert set(change.heads) == {0}


def test_drawn_are_others_alone_even_where_they_are_too_few():
    means = [at({"sep": [0.9, 0.9, 0.9, 0.1]}, sep=1.0), at({"sep": [0.9, 0.1, 0.1, 0.1]}, sep=1.0)]
    plan = Plan(means, Interventions(("sep",), draws=5))
    drawn = [c for c in planned(plan, 2) if c.scope.startswith("random")]
    assert len(drawn) == 5 * (len(ON_KEYS) + len(ON_HEADS))
    for change in drawn:
        assert change.heads[0] == (3,)
        assert len(change.heads[1]) == 1
        assert change.heads[1] != (0,)
        assert keys_of(change, [])["n_heads"] == 2
    assert len({c.heads[1] for c in drawn}) > 1


@pytest.mark.parametrize("everyone", [0.9, 0.1])
def test_nothing_is_drawn_where_all_heads_dump_or_none(everyone):
    plan = Plan([at({"sep": [everyone] * H}, sep=1.0)], Interventions(("sep",), draws=2))
    assert not [c for c in planned(plan, 1) if c.scope.startswith("random")]
