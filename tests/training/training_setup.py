# SPDX-License-Identifier: GPL-3.0-or-later
"""A network so small that it trains in a test."""

#: What is trained, and pictures for it; a test adds how.
TOY = """
name = "toy"
[rates]
"1/48" = 1
"1/24" = 2
[model]
tier_choices = [1, 2]
width = 16
encoder_blocks = 1
decoder_blocks = 1
[[data]]
name = "photos"
patch = 32
batch = 4
"""
