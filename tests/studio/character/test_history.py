import pytest
from hypothesis import given
from hypothesis import strategies as st

from anime_gen.studio.character.history import DEPTH, History


def test_undo_and_redo_walk_the_line():
    history = History("a")
    history.push("b")
    history.push("c")
    assert [history.undo(), history.undo(), history.undo()] == ["b", "a", "a"]
    assert [history.redo(), history.redo(), history.redo()] == ["b", "c", "c"]


def test_a_new_state_after_an_undo_is_a_branch_and_the_other_stays():
    history = History("a")
    history.push("b")
    history.undo()
    history.push("c")
    assert history.undo() == "a"
    assert history.redo() == "c"
    assert [step.state for step in history.steps] == ["a", "b", "c"]
    assert history.go_to(1) == "b"
    history.undo()
    assert history.redo() == "b"


def test_the_same_state_is_no_step():
    history = History("a")
    history.push("a")
    assert not history.can_undo


def test_it_forgets_the_oldest_branch_first_and_then_the_beginning():
    history = History(-1)
    history.push(-2)
    history.undo()
    for number in range(DEPTH + 5):
        history.push(number)
    states = [step.state for step in history.steps]
    assert len(states) == DEPTH
    assert states[0] == 5
    for _ in range(DEPTH):
        history.undo()
    assert history.current == 5
    assert not history.can_undo


@given(st.lists(st.one_of(st.integers(0, 50), st.sampled_from(["undo", "redo"])), max_size=60))
def test_a_tree_read_again_is_the_same(moves):
    history = History(0)
    for move in moves:
        history.undo() if move == "undo" else history.redo() if move == "redo" else history.push(move)
    again = History.of(history.steps, history.place)
    assert again.steps == history.steps
    assert again.current == history.current
    assert again.undo() == history.undo()
    assert again.redo() == history.redo()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda steps: (steps[:0], 0),
        lambda steps: (steps, 9),
        lambda steps: (steps[1:], 1),
    ],
)
def test_a_broken_tree_is_refused(spoil):
    history = History("a")
    history.push("b")
    with pytest.raises(ValueError, match="history"):
        History.of(*spoil(history.steps))
