import numpy as np
import pytest

from mingbai.capture.recognition import measuring

LONG = "我家门口的水泥路去年冬天就裂了缝，今年雨水多，裂缝越来越大，孩子上学骑车摔过两回，请村里尽快修一修"
COPY = "我家门口水泥路去年冬天就裂了缝今年雨水多裂缝越来越大孩子上学骑车摔过两回请村里修一修"
OTHER = "低保名单什么时候公示，在哪里可以看到，评议会是哪天开的，有没有记录"


def test_a_copy_without_its_signs_and_small_words_is_near():
    near = measuring.near_copies([COPY, OTHER], [LONG])
    assert near.tolist() == [True, False]


def test_nothing_is_near_to_an_empty_text():
    assert measuring.near_copies(["", "路", LONG], ["", "。"]).tolist() == [False, False, False]
    assert measuring.near_copies([LONG], []).tolist() == [False]
    assert measuring.near_copies([], [LONG]).tolist() == []


def test_a_chain_of_near_copies_is_one_group():
    first, last = LONG[:26], LONG[26:]
    found = measuring.groups([first, OTHER, LONG, last, ""])
    assert found[0] == found[2] == found[3]
    assert len(set(found.tolist())) == 3


def test_many_texts_are_compared_in_blocks(monkeypatch):
    texts = [COPY, OTHER, LONG, OTHER + "呢", "合作医疗怎么交"]
    whole = measuring.groups(texts)
    monkeypatch.setattr(measuring, "_PAIRS_AT_ONCE", 2)
    assert np.array_equal(measuring.groups(texts), whole)


def test_near_copies_stay_in_one_fold_and_folds_are_even():
    texts, labels = [], []
    for at in range(60):
        text = "".join(chr(0x4E00 + at * 40 + i) for i in range(30))
        texts += [text, text + "吗"]
        labels += [f"第{at % 3}类"] * 2
    found = measuring.folds(texts, labels)
    assert np.array_equal(found[::2], found[1::2])
    assert np.bincount(found).tolist() == [24] * measuring.FOLDS
    assert np.array_equal(found, measuring.folds(texts, labels))


def test_macro_f1_gives_each_true_label_the_same_weight():
    right = measuring.rightness(["路", "路", "路", "水"], ["路", "路", "路", "路"])
    assert right.accuracy == pytest.approx(0.75)
    assert right.macro_f1 == pytest.approx((6 / 7 + 0) / 2)


def test_a_label_that_nothing_truly_has_does_not_enter_macro_f1():
    right = measuring.rightness(["路", "水"], ["路", "电"])
    assert right.macro_f1 == pytest.approx(0.5)


def test_models_are_asked_only_about_texts_that_they_have_not_seen(monkeypatch):
    taught = []

    class Model:
        def __init__(self, texts):
            self.texts = set(texts)

        def label(self, texts):
            assert not self.texts & set(texts)
            return ["路"] * len(texts)

    def learn(texts, labels):
        taught.append(len(texts))
        return Model(texts)

    monkeypatch.setattr(measuring, "learn", learn)
    texts = ["".join(chr(0x4E00 + at * 40 + i) for i in range(35)) for at in range(20)]
    result = measuring.cross_check(texts, ["路", "水"] * 10)
    assert taught == [16] * measuring.FOLDS
    assert result.whole.accuracy == pytest.approx(0.5)
    assert result.short == result.whole


def test_speed_counts_every_message():
    scored = []
    rate = measuring.messages_per_second(scored.extend, ["路", "水"])
    assert rate > 0
    assert len(scored) == 22_000
