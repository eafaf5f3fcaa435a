"""Storms: our remediation and its rollback among kills and other people's work, drawn at random from a seed.

After a round all of theirs is as they left it and all of ours is as it was, or the conflict is named. `round.py` plays
one round on a booted host, `others.py` is what other people do, `verdict.py` holds the host against what is allowed.
"""
