# SPDX-License-Identifier: GPL-3.0-or-later
"""What Eve can try with everything but the key."""

from deepjscec.attack.oracle import CONTROLS, ORACLE_NAMES, REAL_CIPHERS, make_oracle
from deepjscec.attack.suite import run_passive
from deepjscec.attack.unkeyed import UNKEYED_ATTACKS, UnkeyedReceiver

__all__ = [
    "CONTROLS",
    "ORACLE_NAMES",
    "REAL_CIPHERS",
    "UNKEYED_ATTACKS",
    "UnkeyedReceiver",
    "make_oracle",
    "run_passive",
]
