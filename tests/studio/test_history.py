import pytest

from anime_gen.studio.history import DEPTH, History


def test_undo_and_redo_walk_the_line():
    history = History("a")
    history.push("b")
    history.push("c")
    assert [history.undo(), history.undo(), history.undo()] == ["b", "a", "a"]
    assert [history.redo(), history.redo(), history.redo()] == ["b", "c", "c"]


def test_a_new_state_forgets_what_was_undone():
    history = History(0)
    history.push(1)
    history.undo()
    history.push(2)
    assert not history.can_redo
    assert history.undo() == 0


def test_an_equal_state_is_no_step():
    history = History("a")
    history.push("a")
    assert not history.can_undo


@pytest.mark.parametrize("count", [DEPTH, 3 * DEPTH])
def test_the_line_is_bounded(count: int):
    history = History(-1)
    for i in range(count):
        history.push(i)
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    assert steps == DEPTH - 1
