from anime_gen.tracking.flat import flatten


def test_nothing_to_flatten_gives_no_name():
    assert flatten({}) == {}
