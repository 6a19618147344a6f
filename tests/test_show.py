from gancode import losses
from gancode.show import show_code


def test_the_code_on_the_page_is_the_packages_own_flush_left():
    text = show_code(losses.Wasserstein, losses.LeastSquares.critic).data
    assert text.startswith("```python\n@dataclasses.dataclass(frozen=True)\nclass Wasserstein:\n")
    assert "\n\n@of_scores\ndef critic(self, real_scores, fake_scores):\n    " in text  # with what stands above it
    assert text.endswith("\n```")
