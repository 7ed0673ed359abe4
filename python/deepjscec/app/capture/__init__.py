# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `deepjscec record` and `deepjscec replay`: their options, which load nothing heavy, and what they do."""
