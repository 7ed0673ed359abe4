# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio blocks around the library ``deepjscec``.

A block's file has its name: ``gnuradio.deepjscec.encoder`` is the class in ``encoder.py``. A block is loaded
when it is first used, so that importing the package, as every flowgraph does, does not load ONNX Runtime for
a flowgraph that has no use for it.
"""

import importlib
import pkgutil
import sys
from types import ModuleType

__all__ = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def __getattr__(name):
    if name in __all__:
        importlib.import_module(f".{name}", __name__)
        return globals()[name]  # set by _Blocks.__setattr__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})


class _Blocks(ModuleType):
    """The import system binds a loaded submodule to its name in the package, which is the block's name, too.

    Binding the class in its place makes ``deepjscec.encoder`` mean the block whatever was imported before.
    """

    def __setattr__(self, name, value):
        if isinstance(value, ModuleType) and name in __all__:
            value = getattr(value, name, value)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Blocks
