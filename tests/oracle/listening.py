"""Counts what somebody listened to with plain dictionaries, so that the database can be held to it.

Reads from its input: {"now": seconds, "plays": [[artist, album or null, title, released or null, began, milliseconds or
null], ...], "genres": {artist: [genre, ...]}, "views": [[zone, period], ...]}, moments in milliseconds since 1970. Writes a list with an object for each view.
"""

import json
import math
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def months_before(day, months):
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    month += 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last)) + timedelta(days=1)


def bounds(period, today, first):
    """The first and the last day of a period."""
    if period == "all":
        return min(first, today), today
    if ".." in period:
        return tuple(date.fromisoformat(part) for part in period.split(".."))
    if period.endswith("w"):
        return today - timedelta(days=7 * int(period[:-1]) - 1), today
    if period.endswith("m"):
        return months_before(today, int(period[:-1])), today
    if "-" in period:
        year, month = map(int, period.split("-"))
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return date(int(period), 1, 1), date(int(period), 12, 31)


def ordered(counter, key, least=False):
    return sorted(counter, key=lambda name: (counter[name] if least else -counter[name], key(name)))


def view(all_plays, genres, now, zone, period):
    zone = ZoneInfo(zone)
    local = [(datetime.fromtimestamp(began / 1000, zone), play) for play in all_plays for began in [play[4]]]
    today = datetime.fromtimestamp(now, zone).date()
    first, last = bounds(period, today, min((when.date() for when, _ in local), default=today))
    within = [(when, play) for when, play in local if first <= when.date() <= last]
    within.sort(key=lambda pair: pair[1][4])
    artists, albums, tracks = Counter(), Counter(), Counter()
    week = [[0] * 24 for _ in range(7)]
    days, lengths, decades, by_genre = Counter(), Counter(), Counter(), Counter()
    for when, (artist, album, title, released, _, milliseconds) in within:
        artists[artist] += 1
        tracks[artist, title] += 1
        if album is not None:
            albums[artist, album] += 1
        by_genre.update(genres.get(artist, []))
        week[when.weekday()][when.hour] += 1
        days[when.date()] += 1
        lengths[when.date()] += milliseconds or 0
        decades[None if album is None or released is None else released // 10 * 10] += 1
    debut = {}
    for when, play in local:
        known = debut.get(play[0])
        debut[play[0]] = min(known, when) if known else when
    total = sum(artists.values())
    entropy = -sum(count / total * math.log(count / total) for count in artists.values())
    sessions, reached = [], None
    for _, play in within:
        began, ended = play[4], play[4] + (play[5] or 0)
        if reached is None or began - reached > 30 * 60 * 1000:
            sessions.append([began, ended, 1])
        else:
            sessions[-1][1] = max(sessions[-1][1], ended)
            sessions[-1][2] += 1
        reached = ended if reached is None else max(reached, ended)
    best = run = 0
    streak_end = previous = None
    for day in sorted(days):
        run = run + 1 if previous and day - previous == timedelta(days=1) else 1
        if run > best:
            best, streak_end = run, day
        previous = day
    by_artist = ordered(artists, lambda name: name.encode())
    return {
        "days": [str(first), str(last)],
        "plays": len(within),
        "milliseconds": sum(lengths.values()),
        "counts": [len(artists), len(albums), len(tracks)],
        "new_artists": sum(1 for artist in artists if first <= debut[artist].date() <= last),
        "diversity": round(math.exp(entropy), 6) if total else 0,
        "artists": [[name, artists[name]] for name in by_artist[:20]],
        "albums": [[*name, albums[name]] for name in ordered(albums, lambda name: (name[1].encode(), name[0].encode()))[:20]],
        "tracks": [[*name, tracks[name]] for name in ordered(tracks, lambda name: (name[1].encode(), name[0].encode()))[:20]],
        "least": [
            [*name, tracks[name]]
            for name in ordered(tracks, lambda name: (name[1].encode(), name[0].encode()), least=True)[:20]
        ],
        "genres": [
            [[name, by_genre[name]] for name in ordered(by_genre, lambda name: name.encode())[:20]],
            sum(count for artist, count in artists.items() if genres.get(artist)),
        ],
        "week": week,
        "by_day": [[str(day), days[day], lengths[day]] for day in sorted(days)],
        "decades": sorted(([decade, count] for decade, count in decades.items()), key=lambda row: (row[0] is None, row[0])),
        "streak": [best, str(streak_end)] if best else None,
        "sessions": [len(sessions), max(sessions, key=lambda one: (one[1] - one[0], -one[0])) if sessions else None],
        "ends": [[play[2], play[0], play[4]] for _, play in (within[0], within[-1])] if within else None,
    }


def main():
    asked = json.load(sys.stdin)
    json.dump([view(asked["plays"], asked["genres"], asked["now"], *one) for one in asked["views"]], sys.stdout)


main()
