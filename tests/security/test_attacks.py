# SPDX-License-Identifier: Apache-2.0
"""Every published attack has tests, and a proof that they are not vacuous, or a reason why not."""
import attacks


def test_every_attack_has_a_test():
    assert not set(attacks.ATTACKS) - set(attacks.tests()) - set(attacks.ELSEWHERE)


def test_no_mark_is_unknown():
    assert not set(attacks.tests()) - set(attacks.ATTACKS)
    words = {word for found in attacks.tests().values() for variants in found.values() for word in variants}
    assert words <= set(attacks.VARIANTS)


def test_every_attack_has_a_weakened_build_or_a_reason():
    proven = {row.split()[0] for row in attacks.PROOFS} & set(attacks.ATTACKS)
    assert proven | set(attacks.UNPROVEN) == set(attacks.ATTACKS)
    assert not proven & set(attacks.UNPROVEN)
