import pytest

from anime_gen.studio.wording import everyday, literal

HOSTILE = [
    "![x](http://example.com/a.png)",
    "<img src=http://example.com/a.png>",
    "[a](javascript:alert(1))",
    "https://example.com www.example.com a@example.com",
    ":material/home: :red[x] $x^2$ `code` **bold** # head",
    "a\nb",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_words_of_a_stranger_stay_words(words: str):
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark", {"linkify": False}).enable("table").render(literal(words))
    assert not any(tag in html for tag in ("<img", "<a ", "<strong", "<code", "<h1"))
    assert "://" not in html
    assert "www." not in html


def test_classes_have_everyday_names():
    assert everyday("twin_tails") == "twin tails"
