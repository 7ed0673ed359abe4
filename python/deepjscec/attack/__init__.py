# SPDX-License-Identifier: GPL-3.0-or-later
"""What Eve can try with everything but the key."""

from deepjscec.attack.unkeyed import UnkeyedReceiver

__all__ = ["UnkeyedReceiver"]
