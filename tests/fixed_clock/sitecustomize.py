"""Python begins with this where PYTHONPATH names its folder: it is the second of November 2026, six o'clock, for the whole process."""

from __future__ import annotations

import datetime as dt

MOMENT = dt.datetime(2026, 11, 2, 6, tzinfo=dt.timezone.utc)


# Ansible makes code out of the name of this class.
class datetime(dt.datetime):  # noqa: N801
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        return MOMENT.astimezone(tz) if tz else MOMENT.replace(tzinfo=None)


dt.datetime = datetime  # type: ignore[misc]
