from datetime import UTC, datetime

import numpy as np
import pytest

from mingbai.capture.recognition.lexicon import DATA
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.model import VERSION, Model
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.predict import predict
from mingbai.capture.recognition.reader import Reader

PLAIN = [
    ("村口到桥头那条路全是大坑，骑车摔了好几个人，请村里来修", "request", "road"),
    ("后山的石头滚到公路上，车都过不去，麻烦叫人来清", "request", "road"),
    ("我们这边自来水停了三天了，什么时候能来水", "request", "water"),
    ("水龙头放出来的都是黄泥水，没法喝，请水厂来看看", "request", "water"),
    ("一到晚上电压就低，空调都开不了，请供电所来换变压器", "request", "power"),
    ("手机信号一格都没有，打电话都打不出去，能不能跟移动反映一下", "request", "power"),
    ("水渠塌了一截，下面几十亩稻田没水灌溉，秧苗要干死了", "request", "irrigation"),
    ("垃圾桶满了好多天没人清，臭得很，苍蝇到处飞", "request", "sanitation"),
    ("养猪场往河里排粪水，臭气熏天，窗户都不敢开", "request", "sanitation"),
    ("广场的路灯坏了半个月没人修，晚上黑漆漆的", "request", "facility"),
    ("我家老房子墙裂了，下雨就漏，怕要塌，能不能来鉴定一下危房", "request", "housing"),
    ("征地的补偿款拖了两年还没发，我家三亩地", "request", "land"),
    ("我爸的残疾补贴停发三个月了，没人说为什么", "request", "welfare"),
    ("住院的钱报销半年了还没到账，医保说在审核", "request", "insurance"),
    ("小学的厕所门都坏了，孩子不敢上，请学校修一下", "request", "education"),
    ("两家因为宅基地界吵得打起来了，请村里来调解", "request", "safety"),
    ("工头欠我们八个人的工资，半年了一分没给，求帮忙讨薪", "request", "labour"),
    ("请问高龄补贴要带什么材料，到哪里办理", "question", "welfare"),
    ("问一下居民医保什么时候截止缴费，新生儿怎么交", "question", "insurance"),
    ("请问孩子上一年级报名需要什么材料", "question", "education"),
    ("想问下建房要办什么手续，宅基地怎么申请", "question", "housing"),
    ("请问迁户口要什么材料，去哪里办", "question", "other"),
    ("工伤认定怎么申请，要找哪个部门", "question", "labour"),
    ("建议在三岔口装一面反光镜，开车看不见对面来车", "suggestion", "road"),
    ("我建议广场上多放几张石凳，老人家有地方坐", "suggestion", "facility"),
    ("提个建议，垃圾桶能不能挪到路口去，放在井边不卫生", "suggestion", "sanitation"),
    ("建议村里的收支每个月发到群里，让大家都看得到", "suggestion", "affairs"),
    ("低保名单里有的人开着轿车住着楼房，他叔是会计，懂的都懂", "clue", "welfare"),
    ("村道修路的钱去哪了，路面合同写五米宽，量了才四米，包工头是村长的小舅子", "clue", "road"),
    ("集体鱼塘两千块就租给了书记的侄子，没见过公开招标，租金进了谁的口袋", "clue", "affairs"),
]
CHATTER = [
    "早上好，大家吃了没", "土鸡蛋一块五一个，要的私我", "收到", "哈哈哈哈笑死我了", "恭喜恭喜，喝喜酒去",
    "谁明天去县城，带我一个", "路灯亮了，谢谢村里", "我家猫又跑了，谁看到了",
]  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Model.load(), Gazetteer([]))


def one(text: str) -> Line:
    return Line("1", "g", "s", "villager", datetime(2026, 5, 4, 8, tzinfo=UTC), "text", text)


@pytest.mark.parametrize(("text", "kind", "field"), PLAIN)
def test_a_plain_sentence_is_recognised(reader: Reader, text: str, kind: str, field: str) -> None:
    assert [(found.kind, found.field) for found in reader.read([one(text)])] == [(kind, field)]


@pytest.mark.parametrize("text", CHATTER)
def test_small_talk_is_not_taken_for_a_case(reader: Reader, text: str) -> None:
    assert reader.read([one(text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "快来人啊，有小孩掉进水塘里了！！", "着火了，三号楼冒浓烟，里面还有老人出不来", "煤气泄漏，味道很大，快打119！！",
        "高压线断了掉在路上冒火花，快叫供电所", "桥塌了，车掉到河里，有人被困在车里",
    ],
)  # fmt: skip
def test_danger_to_life_is_urgent(reader: Reader, text: str) -> None:
    assert [found.urgency for found in reader.read([one(text)])] == ["urgent"]


def test_the_shipped_model_is_of_this_version_and_small() -> None:
    model = Model.load()
    assert model.version.startswith(VERSION)
    assert set(model.thresholds) == {
        "open", "review", "sure", "join", "clue", "urgent", "same",
    }  # fmt: skip
    assert (DATA / "model.npz").stat().st_size <= 20_000_000


def test_a_model_of_another_version_is_refused(tmp_path) -> None:
    path = tmp_path / "old.npz"
    np.savez(path, version=np.asarray("something-else-3"))
    with pytest.raises(ValueError, match="something-else-3"):
        Model.load(path)


def test_predictions_have_the_form_that_scoring_reads() -> None:
    message = {
        "id": "m1", "group": "g", "village": "青石村", "sender": "s", "role": "villager",
        "at": "2026-05-04T08:00:00+08:00", "type": "text", "text": "青石村桥头的路全是坑，请村里来修",
    }  # fmt: skip
    (row,) = predict([message])
    assert (row["kind"], row["field"], row["messages"]) == ("request", "road", ["m1"])
    assert set(row) == {
        "id", "group", "kind", "field", "urgency", "place", "messages", "status", "confidence", "same_as",
    }  # fmt: skip
