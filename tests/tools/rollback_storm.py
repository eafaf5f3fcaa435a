"""Random remediations among kills and other people's work, each rolled back; prints the seeds that failed.

python -m tests.tools.rollback_storm --rounds 200
python -m tests.tools.rollback_storm --seed 4711
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.hosts.base import Base
from tests.hosts.pool import Pool
from tests.storm.round import Round

MOST_FAULTS = 12


def main() -> int:
    """Play the rounds; return 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="rollback_storm", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=8, help="how many")
    parser.add_argument("--seed", type=int, help="play this one only, and say all that happened")
    parser.add_argument(
        "--first",
        type=int,
        default=secrets.randbelow(10**6),
        help="the seed of the first round; the next have the next",
    )
    given = parser.parse_args()
    seeds = [given.seed] if given.seed is not None else range(given.first, given.first + given.rounds)
    failed = []
    with Pool(Base("bookworm", "server"), label="storm") as pool:
        (host,) = pool.start(1)
        for number, seed in enumerate(seeds):
            if number:
                host.reset()
            started = time.monotonic()
            played = Round(host, seed)
            faults = played.play()
            print(f"seed {seed}: {'FAILED' if faults else 'good'} ({time.monotonic() - started:.0f} s)", flush=True)
            if faults:
                failed.append(seed)
            if faults or given.seed is not None:
                print(f"  {played.script}\n  " + "\n  ".join([*played.claims.acts, *played.told]), flush=True)
                print("".join(f"  FAULT {fault}\n" for fault in faults[:MOST_FAULTS]), end="", flush=True)
    print(f"{len(failed)} of {len(seeds)} failed: {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
