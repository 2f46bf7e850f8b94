"""Reads recorded answers of music services, and says what is in them: the judge of Aura's own reader.

Usage: music_oracle.py FOLDER, which has `lastfm/` and `spotify/`. Prints one JSON object, by file.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

folder = Path(sys.argv[1])


def load(name):
    return json.loads((folder / name).read_text())


def lastfm(row):
    artist, album = row["artist"], row["album"]
    return [row["name"], artist.get("#text") or artist.get("name"), album.get("#text") or album.get("name")]


def track(row):
    artists = [artist["name"] for artist in row["artists"]]
    # The code has capital letters (ISO 3901), however it is told.
    isrc = row.get("external_ids", {}).get("isrc")
    isrc = isrc and isrc.upper()
    return [row["name"], artists, row["album"]["name"], row["duration_ms"], isrc, row["id"]]


def inside(row):
    row = row.get("item") or row.get("track") or row
    return row if row["type"] == "track" else None


def tracks(rows):
    return [track(row) for row in map(inside, rows) if row]


def playlist(row):
    part = row.get("items") or row["tracks"]
    return [row["id"], row["name"], part["total"], tracks(part.get("items", []))]


def milliseconds(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


page = load("lastfm/recent_tracks_page.json")["recenttracks"]["track"]
played = [row for row in page if row.get("@attr", {}).get("nowplaying") != "true"]
told = {
    "lastfm/recent_tracks_page": [[int(row["date"]["uts"]), *lastfm(row)] for row in played],
    "lastfm/recorded_track": lastfm(load("lastfm/recorded_track.json")),
    "lastfm/now_playing_track": lastfm(load("lastfm/now_playing_track.json")),
    "spotify/recently_played_tracks": [
        [milliseconds(row["played_at"]), *track(inside(row))]
        for row in load("spotify/recently_played_tracks.json")["items"]
    ],
    "spotify/top_tracks": [
        [place + 1, row["name"], ", ".join(artist["name"] for artist in row["artists"]), row["duration_ms"], row["id"]]
        for place, row in enumerate(load("spotify/top_tracks.json")["items"])
    ],
    "spotify/top_artists": [
        [place + 1, row["name"], row["id"]] for place, row in enumerate(load("spotify/top_artists.json")["items"])
    ],
    "spotify/followed_artists": [
        [place + 1, row["name"], row["id"]]
        for place, row in enumerate(load("spotify/followed_artists.json")["artists"]["items"])
    ],
    "spotify/search": tracks(load("spotify/search.json")["tracks"]["items"]),
    "spotify/playlist_items": tracks(load("spotify/playlist_items.json")["items"]),
    "spotify/playlist_1": playlist(load("spotify/playlist_1.json")),
    "spotify/playlist_2": playlist(load("spotify/playlist_2.json")),
    "spotify/new_playlist": playlist(load("spotify/new_playlist.json")),
    "spotify/current_user_playlist_1": [
        playlist(row)[:3] for row in load("spotify/current_user_playlist_1.json")["items"]
    ],
    # What is no list of anything is read as nothing.
    "spotify/rate_limit": None,
    "spotify/playlist_not_found": None,
    "spotify/playlist_update_items": None,
}
print(json.dumps(told))
