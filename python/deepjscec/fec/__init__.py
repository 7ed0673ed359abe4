# SPDX-License-Identifier: GPL-3.0-or-later
"""Forward error correction of the few bits that go over the air as bits: packet headers and plans of codewords."""

CODE_RATE_INVERSE = 4
CODE_TAIL_BITS = 8  #: constraint length 9, terminated
