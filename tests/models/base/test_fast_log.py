"""The fast logarithm against the library's."""

import numpy as np
import pytest

from models.base.fast_log import log32


@pytest.mark.parametrize(("low", "high"), [(1e-30, 1e-3), (0.74, 0.76), (0.999, 1.001), (1.4, 1.6), (2.0, 1e30)])
def test_it_is_numpy_s_to_single_precision(low: float, high: float) -> None:
    for x in np.geomspace(low, high, 500).astype(np.float32):
        assert log32(x) == pytest.approx(float(np.log(np.float64(x))), rel=2e-6, abs=2e-6)
