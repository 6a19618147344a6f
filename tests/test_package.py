"""The package as a whole: what it imports, and under which names it can be had."""

import pytest

import gancode


def test_importing_the_package_alone_does_not_import_tensorflow():
    import subprocess
    import sys

    code = "import sys, gancode; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_module_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = gancode.nothing_here
