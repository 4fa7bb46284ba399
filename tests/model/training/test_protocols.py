"""Protocols: nobody is learnt from and judged on, and nothing of test chooses the epoch."""

import itertools

import numpy as np
import pytest

from model.errors import UserError
from model.training.datasets.item import Item, Labels
from model.training.protocols import RULES, fold_of, folds, protocol_of, whole


class Named:
    """A data set that consists of labels."""

    mirrored = np.array([False])

    def __init__(self, name: str, persons: list[str], subsets: list[str] | None = None) -> None:
        """Three samples of each person, mixed."""
        self.name = name
        count = len(persons)
        subsets = subsets or [""] * count
        self.labels = Labels(
            np.zeros((3 * count, 2)),
            np.array(persons * 3),
            np.array(subsets * 3),
            np.array([f"x:{i}" for i in range(3 * count)]),
        )

    def read(self, index: int) -> Item:
        raise AssertionError("folds are made without a picture being read")


MPII = Named("mpiifacegaze", [f"p{i:02d}" for i in range(15)])
CLUSTERS = Named("eyediap", [f"p{i}" for i in range(1, 9)], [f"cluster{i // 2}" for i in range(8)])
RT_GENE = Named(
    "rt-gene",
    [f"s{n:03d}" for n in (1, 2, 8, 10, 3, 4, 7, 9, 5, 6, 11, 12, 13, 14, 15, 16)],
    ["train1"] * 4 + ["train2"] * 4 + ["train3"] * 5 + ["valid"] * 3,
)
FIXED = Named("gaze360", [f"rec{i}" for i in range(8)], ["train"] * 4 + ["val"] * 2 + ["test"] * 2)
NO_VAL = Named("eth-xgaze", [f"subject{i:02d}" for i in range(25)], ["train"] * 22 + ["test"] * 3)
HELD_OUT = Named("eth-xgaze", [f"subject{i:02d}" for i in range(25)], ["train"] * 25)
EVERY = [
    pytest.param(MPII, "leave one person out", 15, id="mpiifacegaze"),
    pytest.param(CLUSTERS, "leave one cluster out", 4, id="eyediap"),
    pytest.param(RT_GENE, "three folds", 3, id="rt-gene"),
    pytest.param(FIXED, "fixed split", 1, id="gaze360"),
    pytest.param(NO_VAL, "fixed split", 1, id="eth-xgaze with test labels"),
    pytest.param(HELD_OUT, "held-out persons", 1, id="eth-xgaze"),
]


@pytest.mark.parametrize(("dataset", "protocol", "count"), EVERY)
def test_no_person_is_in_two_parts(dataset: Named, protocol: str, count: int) -> None:
    assert protocol_of(dataset) == protocol
    assert protocol in RULES
    found = folds(dataset)
    assert len({fold.name for fold in found}) == len(found) == count
    for fold in found:
        parts = [fold.train, fold.validation, fold.test]
        persons = [set(dataset.labels.person[part]) for part in parts]
        for one, other in itertools.combinations(persons, 2):
            assert not one & other, fold.name
        assert all(len(part) and (np.diff(part) > 0).all() for part in parts)


@pytest.mark.parametrize(("dataset", "tested"), [(MPII, 1.0), (CLUSTERS, 1.0), (RT_GENE, 13 / 16)])
def test_the_folds_together_test_everybody_once(dataset: Named, tested: float) -> None:
    every = np.concatenate([fold.test for fold in folds(dataset)])
    assert len(np.unique(every)) == len(every) == round(tested * len(dataset.labels))


@pytest.mark.parametrize("dataset", [MPII, CLUSTERS, FIXED, NO_VAL, HELD_OUT])
def test_nothing_is_wasted(dataset: Named) -> None:
    for fold in folds(dataset):
        used = np.concatenate([fold.train, fold.validation, fold.test])
        assert len(np.unique(used)) == len(used) == len(dataset.labels)


def test_leaving_one_person_out() -> None:
    fold = fold_of(MPII, "p14")
    assert set(MPII.labels.person[fold.test]) == {"p14"}
    assert set(MPII.labels.person[fold.validation]) == {"p00"}  # the next one, round the corner


def test_rt_genes_folds() -> None:
    fold = fold_of(RT_GENE, "train2")
    assert set(RT_GENE.labels.person[fold.test]) == {"s003", "s004", "s007", "s009"}
    assert set(RT_GENE.labels.person[fold.validation]) == {"s014", "s015", "s016"}
    assert len(np.unique(RT_GENE.labels.person[fold.train])) == 9


def test_fixed_splits() -> None:
    (fold,) = folds(FIXED)
    assert set(FIXED.labels.subset[fold.validation]) == {"val"}
    (fold,) = folds(NO_VAL)
    assert set(NO_VAL.labels.person[fold.validation]) == {"subject20", "subject21"}
    assert set(NO_VAL.labels.subset[fold.validation]) == {"train"}
    (fold,) = folds(HELD_OUT)
    assert set(HELD_OUT.labels.person[fold.test]) == {"subject00", "subject10", "subject20"}
    assert set(HELD_OUT.labels.person[fold.validation]) == {"subject01", "subject11", "subject21"}


def test_a_person_of_two_clusters_is_not_learnt_from_when_tested() -> None:
    dataset = Named("eyediap", [*"abeacd"], [*"111222"])
    fold = fold_of(dataset, "1")
    assert set(dataset.labels.person[fold.test]) == {"a", "b", "e"}
    assert "a" not in set(dataset.labels.person[np.r_[fold.train, fold.validation]])


def test_the_whole_leaves_out_what_has_no_label() -> None:
    dataset = Named("gaze360", ["a", "b"], ["train", "test"])
    dataset.labels.gaze[1] = np.nan
    np.testing.assert_array_equal(whole(dataset), [0, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        pytest.param(Named("mpiifacegaze", ["a", "b"]), "at least three persons", id="persons"),
        pytest.param(Named("eyediap", ["a"], ["1"]), "at least two clusters", id="clusters"),
        pytest.param(Named("rt-gene", ["a", "b"], ["train1", "train2"]), "nothing for", id="parts"),
        pytest.param(Named("gaze360", ["a", "b"], ["test", "test"]), "nothing for", id="no train"),
        pytest.param(Named("eth-xgaze", ["a", "b"], ["train"] * 2), "three persons", id="few"),
    ],
)
def test_too_little_for_a_protocol(dataset: Named, told: str) -> None:
    with pytest.raises(UserError, match=told):
        folds(dataset)


def test_an_unknown_fold() -> None:
    with pytest.raises(UserError, match="has no fold p99; its folds are: p00, p01"):
        fold_of(MPII, "p99")
