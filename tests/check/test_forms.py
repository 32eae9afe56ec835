"""A right rule is never accused, in whatever form it is written: rows of the table, forms and seeds."""

from hypothesis import given, settings, strategies as st

from microgd.check.rules import diagnose

from .forms import CASES, FORMS


@settings(max_examples=150)
@given(name=st.sampled_from(sorted(CASES)), form=st.sampled_from(sorted(FORMS)), seed=st.integers(0, 2**32))
def test_a_right_rule_is_never_accused_in_any_form(name, form, seed):
    case = CASES[name]
    found = diagnose(case.f, case.rule(form), sample=case.sample, seed=seed)
    assert found.ok, (name, form, found.message)


def test_every_row_but_the_choice_by_a_condition_has_a_case():
    assert len(CASES) > 50
    assert len(FORMS) >= 7
