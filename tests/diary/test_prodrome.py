"""The prodrome rule: what is new or worse for this person, whatever the diary holds."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.prodrome import evaluate
from diary.entries import SAME_SIGN
from diary.prodrome import BUDGETS, WEIGHTS, assess
from diary.vocabulary import SYMPTOMS

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 1, 20)
RANK = {"none": 0, "watch": 1, "act": 2}


def entry(days_ago, symptoms, vitals=None, tags=(), at=None):
    at = at or NOW - timedelta(days=days_ago)
    return {
        "entry_id": f"{days_ago}-{sorted(symptoms or {})}",
        "at": at,
        "recorded_at": at,
        "symptoms": symptoms,
        "vitals": vitals or {},
        "tags": list(tags),
    }


def days(symptoms, vitals=None, first=3, last=60):
    """The same evening of every day, three days ago and earlier."""
    return [entry(n, symptoms, vitals) for n in range(first, last)]


WELL = days({}, {"sbp": 124, "hr": 66, "weight_kg": 78.0})


def level(entries, profile=None):
    return assess(entries, NOW, profile).level


def kinds(entries, profile=None):
    return {r["code"]: r["kind"] for r in assess(entries, NOW, profile).reasons}


# What a diary says


def test_an_empty_diary_raises_nothing():
    result = assess([], NOW)
    assert (result.level, result.score, result.reasons) == ("none", 0.0, [])


def test_a_person_who_is_always_tired_gets_no_flag_for_being_tired():
    tired = days({"fatigue": 2, "joint_pain": 1, "poor_sleep": 1}, first=0)
    result = assess(tired, NOW)
    assert (result.level, result.score) == ("none", 0.0)


def test_a_person_who_is_always_dizzy_gets_no_flag_for_it_and_one_for_worse():
    dizzy = days({"dizziness": 1})
    assert level([*dizzy, entry(0, {"dizziness": 1, "headache": 1})]) == "none"
    worse = [*dizzy, entry(0, {"dizziness": 3, "thirst": 1})]
    assert level(worse) == "watch"
    assert kinds(worse)["dizziness"] == "red_flag"
    assert kinds([*dizzy, entry(0, {"dizziness": 2})]) == {
        "dizziness": "worse_than_usual"
    }


def test_new_dizziness_nausea_and_muscle_ache_today_are_a_watch():
    today = entry(0, {"dizziness": 1, "nausea": 1, "myalgia": 1})
    assert level([*WELL, today]) == "watch"
    assert kinds([*WELL, today]) == {
        "dizziness": "new",
        "nausea": "new",
        "myalgia": "new",
    }


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("history", [[], WELL])
def test_fainting_that_is_new_is_an_act_from_the_first_entry_on(budget, history):
    today = entry(0, {"syncope": 1})
    assert level([*history, today], {"budget": budget}) == "act"
    assert kinds([*history, today]) == {"syncope": "red_flag"}


@pytest.mark.parametrize("sign", ["low_urine", "edema_limbs", "edema_face"])
def test_a_new_sign_of_the_leak_is_a_watch_and_an_act_when_moderate(sign):
    assert level([*WELL, entry(0, {sign: 1})]) == "watch"
    assert level([*WELL, entry(0, {sign: 2})]) == "act"


def test_a_cold_alone_raises_nothing_and_takes_nothing_away():
    cold = {"runny_nose": 2, "sore_throat": 2, "cough": 2}
    assert level([*WELL, entry(0, cold)]) == "none"
    trio = {"malaise": 1, "lightheaded": 1}
    assert level([*WELL, entry(0, trio)]) == "watch"
    assert level([*WELL, entry(0, {**cold, **trio})]) == "act"


def test_a_flu_is_a_watch_however_bad_and_an_act_with_a_volume_sign():
    flu = ("fever", "chills", "myalgia", "headache", "cough", "fatigue", "nausea")
    assert level([*WELL, entry(0, dict.fromkeys(flu, 3))]) == "watch"
    assert level([*WELL, entry(0, {**dict.fromkeys(flu, 3), "thirst": 1})]) == "act"


def test_synonyms_are_one_sign():
    one = assess([*WELL, entry(0, {"lightheaded": 2})], NOW)
    both = assess([*WELL, entry(0, {"lightheaded": 2, "dizziness": 2})], NOW)
    assert one.score == both.score
    assert level([*days({"dizziness": 2}), entry(0, {"lightheaded": 2})]) == "none"


def test_what_the_person_said_is_usual_is_not_new():
    today = entry(0, {"fatigue": 2, "dizziness": 3, "myalgia": 2, "headache": 1})
    told = {"usual": {"fatigue": 2, "dizziness": 2, "myalgia": 2}}
    assert level([today]) == "watch"
    assert level([today], told) == "none"


def test_pulse_pressure_and_weight_count_by_the_distance_from_the_own_usual():
    fast = entry(0, {}, {"sbp": 124, "hr": 112, "weight_kg": 78.0})
    assert kinds([*WELL, fast]) == {"pulse": "vital"}
    assert level([*WELL, fast]) == "watch"
    less = entry(0, {}, {"sbp": 98, "hr": 86, "weight_kg": 80.0})
    assert set(kinds([*WELL, less])) == {"systolic", "pulse", "weight"}
    heavy = entry(0, {}, {"weight_kg": 81.5})
    assert level([*WELL, heavy]) == "watch"


def test_a_pressure_forty_below_the_own_usual_is_an_act():
    assert level([*WELL, entry(0, {}, {"sbp": 84})]) == "act"
    assert kinds([*WELL, entry(0, {}, {"sbp": 84})]) == {"systolic": "red_flag"}


def test_a_pressure_below_ninety_that_is_usual_raises_nothing():
    low = days({}, {"sbp": 88, "hr": 60})
    assert level([*low, entry(0, {}, {"sbp": 86, "hr": 62})]) == "none"


def test_a_fall_of_pressure_on_standing_is_a_sign_unless_it_is_usual():
    pair = {"sbp": 124, "systolic_standing": 100}
    today = entry(0, {"weakness": 1}, pair)
    assert level([*WELL, today]) == "watch"
    assert level([*days({}, pair), today]) == "none"


def test_the_records_own_quantities_are_understood():
    old = days({}, {"systolic": Decimal(124), "pulse": Decimal(66)})
    much_less = {"urine_relative": Decimal(-2), "temperature": Decimal("38.2")}
    assert kinds([*old, entry(0, None, much_less)]) == {
        "low_urine": "red_flag",
        "fever": "new",
    }


def test_reasons_speak_in_the_persons_own_numbers():
    dizzy = [*days({}, {"hr": 66}, first=4, last=40), entry(3, {"dizziness": 1})]
    today = entry(0, {"dizziness": 2, "low_urine": 1}, {"hr": 95})
    reasons = {r["code"]: r for r in assess([*dizzy, today], NOW).reasons}
    assert (reasons["dizziness"]["usual_days"], reasons["dizziness"]["of_days"]) == (
        1,
        37,
    )
    assert reasons["dizziness"]["detail"] == "moderate now; on 1 of 37 usual days"
    assert (reasons["pulse"]["now"], reasons["pulse"]["usual"]) == (95, 66)
    assert reasons["pulse"]["entry_id"] == today["entry_id"]


# Infusions, gaps, back-fill


def test_an_infusion_explains_ordinary_symptoms_for_72_hours_and_never_red_flags():
    reaction = dict.fromkeys(("headache", "fatigue", "chills", "nausea"), 2)
    assert level([*WELL, entry(0, reaction)]) == "watch"
    infused = [*WELL, entry(2, {}, tags=["ivig"])]
    assert level([*infused, entry(0, reaction)]) == "none"
    assert assess([*infused, entry(0, reaction)], NOW).after_infusion
    assert level([*infused, entry(0, {"syncope": 1})]) == "act"
    assert level([*infused, entry(0, {"low_urine": 2})]) == "act"


def test_a_slow_prodrome_does_not_teach_itself_away():
    slow = [entry(n, {"weakness": 2, "thirst": 2}) for n in (0, 1, 2)]
    assert level([*WELL, *slow]) == "act" == level([*WELL, slow[0]])


def test_an_attack_in_the_past_is_not_what_is_usual():
    attack = {"low_urine": 2, "weakness": 3, "edema_limbs": 3, "dizziness": 2}
    ill = [entry(n, attack) for n in range(20, 32)]
    well = [e for e in WELL if not 20 <= (NOW - e["at"]).days < 32]
    today = entry(0, {"weakness": 2, "dizziness": 2})
    assert level([*well, *ill, today]) == level([*WELL, today])


def test_a_back_fill_about_a_day_long_past_raises_nothing_now():
    bad = dict.fromkeys(("dizziness", "syncope", "thirst", "nausea", "low_urine"), 3)
    assert assess([*WELL, entry(19, bad)], NOW).score == 0


def test_vitals_without_symptoms_are_not_days_without_symptoms():
    aching = [entry(n, {"myalgia": 1, "thirst": 1}) for n in range(10, 20)]
    vitals_only = [entry(n, None, {"hr": 66}) for n in range(20, 80)]
    today = entry(0, {"myalgia": 1, "thirst": 1})
    assert level([*aching, *vitals_only, today]) == "none"
    assert assess([*aching, *vitals_only, today], NOW).score == 0


def test_only_the_last_day_is_now():
    assert level([*WELL, entry(0.9, {"syncope": 1})]) == "act"
    assert level([*WELL, entry(1.1, {"syncope": 1})]) == "none"


def test_on_ivig_ordinary_illness_counts_for_less_and_leak_signs_in_full():
    flu = entry(0, dict.fromkeys(("fever", "chills", "headache", "cough"), 2))
    assert level([*WELL, flu]) == "watch"
    assert level([*WELL, flu], {"on_ivig": True}) == "none"
    for leak in ({"low_urine": 2}, {"syncope": 1}, {"weakness": 2, "dizziness": 2}):
        assert level([*WELL, entry(0, leak)], {"on_ivig": True}) == "act"


# Scales, budgets, words nobody weighed


def test_another_scale_has_the_same_ends():
    for top in (3, 4, 10):
        about = {"severity_max": top}
        mild = assess([*WELL, entry(0, {"thirst": 1})], NOW, about)
        worst = assess([*WELL, entry(0, {"thirst": top})], NOW, about)
        plain = [assess([*WELL, entry(0, {"thirst": s})], NOW) for s in (1, 3)]
        assert [mild.score, worst.score] == [r.score for r in plain]


def test_budgets_ask_for_more_or_fewer_points():
    today = [*WELL, entry(0, {"dizziness": 1, "nausea": 1, "myalgia": 1})]
    assert [level(today, {"budget": b}) for b in ("fewer", "standard", "more")] == [
        "none",
        "watch",
        "watch",
    ]
    for lower, higher in pairwise(BUDGETS[b] for b in ("more", "standard", "fewer")):
        assert lower.watch < higher.watch
        assert lower.act < higher.act


def test_every_symptom_of_the_vocabulary_is_weighed():
    assert {SAME_SIGN.get(key, key) for key in SYMPTOMS} <= set(WEIGHTS)


def test_unknown_words_support_a_watch_a_little_and_never_an_act():
    unknown = {f"word_{n}": 3 for n in range(40)}
    assert level([*WELL, entry(0, unknown)]) == "none"
    nearly = {"dizziness": 1, "sore_throat": 1, "cough": 1}
    assert level([*WELL, entry(0, nearly)]) == "none"
    assert level([*WELL, entry(0, {**nearly, **unknown})]) == "watch"
    nearly_act = {"weakness": 1, "dizziness": 1}
    assert level([*WELL, entry(0, {**nearly_act, **unknown})]) == "watch"


def test_times_with_and_without_a_zone_are_not_mixed():
    with pytest.raises(ValueError, match="zone"):
        assess([entry(0, {})], NOW.replace(tzinfo=UTC))
    aware = entry(0, {"syncope": 1}, at=NOW.replace(tzinfo=UTC))
    assert assess([aware], NOW.replace(tzinfo=UTC)).level == "act"


# Published cases, told as entries

# What four case reports tell of the days before the hospital; none says how bad.
CASES = {
    "a man of 40 after a long run": {
        -3.0: ("sweating", "low_urine"),
        -2.9: ("fever", "sore_throat", "flu_like", "palpitations"),
    },
    "a woman of 36 (Oman Medical Journal)": {
        -2.0: ("abdominal_pain", "edema_generalized", "fever")
    },
    "a man's second attack (SEMERGEN 2019)": {
        -3.0: ("fatigue", "edema_generalized", "vomiting", "malaise")
    },
}
# Five days of a cold and one of loose stools: nothing tells it from any other cold.
MISSED = {-5.0: ("upper_respiratory",), -1.0: ("diarrhea",)}


def raises(case):
    told = [
        entry(0, dict.fromkeys(codes), at=NOW + timedelta(days=day))
        for day, codes in case.items()
    ]
    return any(
        assess([e for e in told if e["at"] <= now], now).level != "none"
        for now in (e["at"] for e in told)
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_published_prodromes_raise_a_flag_before_the_hospital(case):
    assert raises(case)


def test_one_published_prodrome_is_missed_and_we_say_so():
    assert not raises(MISSED)  # NZMJ, a woman of 53


# Properties

CODES = st.sampled_from([*SYMPTOMS, "an_unknown_code", ""])
HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.decimals(),
    st.just([]),
)
VITAL_KEYS = st.sampled_from(["sbp", "dbp", "hr", "weight_kg", "temp_c", "pulse", "x"])


def diaries(severity, reading):
    return st.lists(
        st.builds(
            lambda n, hours, symptoms, vitals, tags: {
                **entry(n, symptoms, vitals, tags),
                "at": NOW - timedelta(hours=hours),
                "entry_id": str(n),
            },
            st.integers(0, 5),
            st.one_of(st.integers(-2, 26), st.integers(0, 2400)),
            st.none() | st.dictionaries(CODES, severity, max_size=6),
            st.dictionaries(VITAL_KEYS, reading, max_size=4),
            st.lists(st.sampled_from(["ivig", "attack", "travel"]), max_size=2),
        ),
        max_size=14,
    )


PLAIN = diaries(st.integers(0, 3), st.integers(30, 200))
PROFILES = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "usual": st.dictionaries(CODES, st.integers(0, 3), max_size=3),
        "attacks_last_year": st.integers(0, 9),
        "on_ivig": st.booleans(),
        "severity_max": st.sampled_from([3, 4, 10]),
        "budget": st.sampled_from(["fewer", "standard", "more"]),
    },
)


@given(PLAIN, PROFILES, st.randoms())
def test_the_order_of_entries_changes_nothing(entries, profile, random):
    mixed = random.sample(entries, len(entries))
    assert assess(mixed, NOW, profile) == assess(entries, NOW, profile)


@given(PLAIN, PROFILES)
def test_the_same_question_gets_the_same_answer_and_nothing_is_changed(
    entries, profile
):
    before = deepcopy((entries, profile))
    assert assess(entries, NOW, profile) == assess(entries, NOW, profile)
    assert (entries, profile) == before


@given(PLAIN, PROFILES, CODES, st.data())
def test_a_worse_symptom_never_lowers_the_score(entries, profile, code, data):
    low, high = sorted(data.draw(st.tuples(st.integers(0, 10), st.integers(0, 10))))
    scores = [
        assess([*entries, entry(0, {code: severity})], NOW, profile).score
        for severity in (low, high)
    ]
    assert scores[0] <= scores[1]


@given(PLAIN, PROFILES)
def test_no_alert_without_reasons_and_the_level_rises_with_the_score(entries, profile):
    result = assess(entries, NOW, profile)
    budget = BUDGETS[(profile or {}).get("budget", "standard")]
    rank = (result.score >= budget.watch) + (result.score >= budget.act)
    assert RANK[result.level] == rank
    assert result.reasons or result.level == "none"


@given(PLAIN, PROFILES, st.text(min_size=1).filter(lambda key: key not in SYMPTOMS))
def test_an_unknown_code_never_makes_an_act(entries, profile, code):
    plain = assess(entries, NOW, profile).level
    more = [{**e, "symptoms": {**(e["symptoms"] or {}), code: 3}} for e in entries]
    today = assess([*entries, entry(0, {code: 3})], NOW, profile).level
    assert RANK[today] >= RANK[plain]
    assert today != "act" or plain == "act"
    assess(more, NOW, profile)


@settings(max_examples=200)
@given(
    diaries(HOSTILE, HOSTILE), st.dictionaries(st.text(max_size=3), HOSTILE), HOSTILE
)
def test_hostile_values_never_break_it(entries, about, value):
    profile = {
        "usual": about,
        "severity_max": value,
        "budget": value,
        "on_ivig": value,
        "attacks_last_year": value,
    }
    result = assess([*entries, {}, None, {"at": value}, about], NOW, profile)
    assert result.score >= 0
    assert result.score == assess(entries, NOW, profile).score


def test_a_severity_that_is_no_number_says_nothing():
    for severity in (float("nan"), float("inf"), "bad", -3, [], 1e400):
        assert assess([*WELL, entry(0, {"syncope": severity})], NOW).score == 0


def test_readings_that_cannot_be_true_say_nothing():
    vitals = {"sbp": float("nan"), "hr": 9000, "weight_kg": -4, "temp_c": "hot"}
    assert assess([*WELL, entry(0, {}, vitals)], NOW).score == 0


def test_it_keeps_the_simulators_contract():
    evaluate.check_contract(assess)
