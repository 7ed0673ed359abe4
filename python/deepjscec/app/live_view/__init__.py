# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec live`: what Alice, Bob, Eve and the channel tell by telemetry, as a page in the browser."""
