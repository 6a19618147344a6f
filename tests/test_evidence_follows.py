import json

import pytest
from evidence import follows


@pytest.mark.slow
def test_the_command_looks_eight_times(tmp_path):
    out = tmp_path / "found.json"
    follows.main(["--steps", "8", "--seeds", "1", "--out", str(out)])
    found = {case["case"]["method"]: case["result"] for case in json.loads(out.read_text())["cases"]}
    assert set(found["GAN"]["rank_correlation"]) == {"critic's loss", "generator's loss", "minus the step"}
    assert len(found["WGAN"]["curves"]["frechet"]) == len(found["WGAN"]["curves"]["estimate"]) == 8
