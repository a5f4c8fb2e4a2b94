"""Writers of events whose transactions commit late; run by `tests.system.in_django`.

Arguments: the slug of the organisation that files, how many incidents, how many writers, the
longest delay before a commit in seconds.
"""

from __future__ import annotations

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from accounts.models import ApiToken
from accounts.readers import Reader
from incidents.core.services.filing import create_incident


def write(by: Reader, count: int, longest_delay: float) -> None:
    """File incidents; each transaction stays open for a while after its event was recorded."""
    for number in range(count):
        with transaction.atomic():
            create_incident(
                fields={"title": f"Written late, {number}", "tlp": "green"}, by=by, publish=True
            )
            time.sleep(random.uniform(0, longest_delay))
    connection.close()


def main(slug: str, count: int, writers: int, longest_delay: float) -> None:
    token = ApiToken.objects.select_related("member").get(member__slug=slug)
    by = Reader(token.member, None, token)
    connection.close()
    shares = [count // writers + (number < count % writers) for number in range(writers)]
    with ThreadPoolExecutor(writers) as pool:
        for written in [pool.submit(write, by, share, longest_delay) for share in shares]:
            written.result()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
