from itertools import product

import numpy as np
import pytest

from mingbai.capture.recognition.hashing import buckets
from mingbai.capture.recognition.texts import learn, plain

PLACES = ("村东头", "桥那边", "老学校旁", "三组", "晒场边上", "水塘后面")
MATTERS = {
    "道路": ("路面塌了一截", "公路坑洼难走", "会车要倒半里路"),
    "饮水": ("自来水停了三天", "水管漏水没人修", "井水发黄不敢喝"),
    "社保": ("养老金少发一个月", "医保报销比例不清楚", "参保名单里没有我"),
}


def talk(classes=tuple(MATTERS)):
    pairs = [
        (f"{place}{matter}", label)
        for label in classes
        for place, matter in product(PLACES, MATTERS[label])
    ]
    return [text for text, _ in pairs], [label for _, label in pairs]


@pytest.fixture(scope="module")
def model():
    return learn(*talk())


def test_what_was_learned_is_told_apart_in_other_words(model):
    asked = ["山脚的公路塌了", "昨晚起自来水就停了", "我的养老金和医保"]
    assert model.label(asked) == ["道路", "饮水", "社保"]


def test_a_text_scores_the_same_alone_and_among_others(model):
    texts = [*talk()[0], "", "公路" * 4000, "养老金" * 30]
    together = model.score(texts)
    alone = np.concatenate([model.score([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_blanks_and_marks_of_spreadsheets_change_nothing(model):
    assert plain(" 路面_x000D_\n塌 了\t") == "路面塌了"
    broken, whole = model.score(["自来 水_x000D_停了", "自来水停了"])
    assert np.array_equal(broken, whole)


def test_the_beginning_of_a_long_text_counts_more_than_its_end(model):
    road, water = "公路坑洼难走路面塌了一截会车要倒半里路", "自来水停了三天水管漏水井水发黄不敢喝了"
    assert model.label([road + water, water + road]) == ["道路", "饮水"]


def test_a_text_of_unknown_signs_gets_the_scores_of_an_empty_one(model):
    assert np.array_equal(model.score(["ξψω"]), model.score([""]))


def test_no_text_gives_no_score(model):
    assert model.score([]).shape == (0, 3)
    assert model.label([]) == []


def test_two_classes_are_enough():
    two = learn(*talk(("道路", "社保")))
    assert two.score(["公路塌了"]).shape == (1, 2)
    assert two.label(["公路塌了", "养老金没发"]) == ["道路", "社保"]


def test_learning_again_gives_the_same_weights(model):
    assert np.array_equal(learn(*talk()).weights, model.weights)


def test_buckets_do_not_depend_on_the_texts_beside():
    texts = ["修路", "", "水管 漏了", "养老金\0发了", "😂", "半个\ud800字"]
    rows, found = buckets(texts)
    for at, text in enumerate(texts):
        assert sorted(found[rows == at]) == sorted(buckets([text])[1])


def test_no_text_has_no_buckets():
    rows, found = buckets([])
    assert len(rows) == len(found) == 0


@pytest.mark.parametrize("bits", [8, 16, 22])
def test_buckets_stay_below_their_number(bits):
    _, found = buckets(["村口的路灯不亮，走夜路要打手电"], bits)
    assert found.min() >= 0
    assert found.max() < 1 << bits


def test_a_word_and_the_same_characters_are_two_buckets():
    _, found = buckets(["养老金"])
    # three characters, two pairs, one triple, and the word
    assert len(found) == len(set(found.tolist())) == 7
