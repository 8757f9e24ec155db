"""Words of the index and of the search box."""

from gezhi.engines.search.find import Words, _lexeme
from gezhi.engines.search.words import MOST_WORDS, asked, asked_names, tokenise, tokenise_names


def test_long_words_are_found_by_their_parts():
    words = tokenise("南京市长江大桥的路灯不亮，ＡＢＣ123")
    assert {"长江", "大桥", "长江大桥", "路灯"} <= set(words)
    assert "abc123" in "".join(words) and "，" not in words and "的" not in words


def test_words_are_distinct_and_capped():
    assert tokenise("路灯 路灯 路灯").count("路灯") == 1
    assert len(tokenise(" ".join(f"w{n}" for n in range(5000)))) == MOST_WORDS


def test_what_is_typed_is_not_cut_into_parts():
    assert asked("长江大桥") == ("长江大桥",)
    assert asked("？！") == ()


def test_a_doubtful_border_does_not_hide_a_word():
    assert set(asked("路灯")) <= set(tokenise("人民路路灯不亮了"))
    assert set(asked("沈静怡")) <= set(tokenise("报告人沈静怡住在大儒巷"))
    assert not set(asked("沈静怡")) <= set(tokenise("沈先生说很安静，心旷神怡"))


def test_lexemes_cannot_break_out_of_the_query():
    assert _lexeme("a'b\\c") == "'a''b\\\\c'"
    assert Words.lookup_name == "words"


def test_every_piece_of_a_name_is_indexed():
    pieces = tokenise_names("欧阳小明（演示）\nAnna Demo")
    assert {"欧", "阳小", "欧阳小", "欧阳小明", "演示", "anna", "demo"} <= set(pieces) and "明演" not in pieces
    for part in ("欧阳小明", "欧", "阳小明", "小明", "Anna"):
        assert set(asked_names(part)) <= set(pieces), part
    assert not set(asked_names("欧小")) <= set(pieces)


def test_a_long_text_is_asked_for_by_its_pieces():
    assert asked_names("买买提江艾合") == ("买买提江", "买提江艾", "提江艾合")
    assert asked_names("") == asked_names("（）") == () and len(asked_names("汉" * 9 + "字" * 60)) <= 24
