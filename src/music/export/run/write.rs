//! The second half of a turn: what was found is added in its order, and read back.

use super::{Halt, Turn, compare};
use crate::music::{
    export::store::{self, PartRow, Ready},
    spotify::playlists::{AT_ONCE, MOST_LINES, Made, NotAdded},
    trouble::Trouble,
};

/// The longest name that Spotify takes, and the longest description.
const LONGEST_NAME: usize = 100;
const LONGEST_ABOUT: usize = 300;

impl Turn<'_> {
    /// Whether lines came to be written or looked up while this turn was at it.
    pub(super) async fn is_more(&self) -> Result<bool, Halt> {
        if !store::pending(&self.exports.db, self.due, 1).await?.is_empty() {
            return Ok(true);
        }
        let ready = store::ready(&self.exports.db, self.due, (0, i32::MAX)).await?;
        Ok(ready.iter().any(|line| !line.written))
    }

    pub(super) async fn write(&mut self) -> Result<(), Halt> {
        let all = store::ready(&self.exports.db, self.due, (0, i32::MAX)).await?;
        let of = |line: &Ready| usize::try_from(line.place).unwrap_or(0) / MOST_LINES;
        let several = all.last().is_some_and(|last| of(last) > 0);
        let last = all.last().map_or(0, of);
        for number in 0..=last {
            let lines: Vec<Ready> = all.iter().filter(|line| of(line) == number).cloned().collect();
            if lines.is_empty() {
                continue;
            }
            let number = i32::try_from(number + 1).unwrap_or(i32::MAX);
            let part = {
                let mut connection = self.exports.db.acquire().await?;
                store::open_part(&mut connection, self.due, number).await?
            };
            let id = self.made(&part, several).await?;
            let lines = self.filled(&part, &id, lines).await?;
            if part.differences.is_none() || self.progress {
                let differences = self.differences(&id, &lines).await?;
                store::read_back(&self.exports.db, self.due, number, &differences).await?;
            }
        }
        Ok(())
    }

    /// The account's playlist of a part. Where it may have been made by somebody who died, it is looked for first.
    async fn made(&mut self, part: &PartRow, several: bool) -> Result<String, Halt> {
        if let Some(id) = &part.remote_id {
            return Ok(id.clone());
        }
        let mark = mark(self.due.id, part.number);
        let found = if part.making { self.exports.spotify.find(self.door(), &mark).await? } else { None };
        let Made { id, url } = match found {
            Some(made) => made,
            None => {
                self.beat().await?;
                store::making(&self.exports.db, self.due, part.number).await?;
                let (name, about) = self.called(part.number, several, &mark);
                self.exports.spotify.make(self.door(), &name, &about, self.due.public).await?
            }
        };
        store::made(&self.exports.db, self.due, part.number, &id, &url).await?;
        self.progress = true;
        Ok(id)
    }

    fn called(&self, number: i32, several: bool, mark: &str) -> (String, String) {
        let end = if several { format!(" (Part {number})") } else { String::new() };
        let room = LONGEST_NAME - end.chars().count();
        let name: String = self.due.name.chars().take(room).collect();
        // It has no line breaks there.
        let about = self.due.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let room = LONGEST_ABOUT - mark.chars().count() - 1;
        let about: String = about.chars().take(room).collect();
        (format!("{name}{end}"), format!("{about} {mark}").trim().to_owned())
    }

    /// Adds what is not there yet, a hundred at once, and gives the lines that are there then.
    async fn filled(&mut self, part: &PartRow, id: &str, mut lines: Vec<Ready>) -> Result<Vec<Ready>, Halt> {
        self.settle_adding(part, id, &mut lines).await?;
        let mut most = AT_ONCE;
        while let Some(from) = lines.iter().position(|line| !line.written) {
            let batch: Vec<&Ready> = lines.iter().skip(from).take_while(|line| !line.written).take(most).collect();
            let many = batch.len();
            let places: Vec<i32> = batch.iter().map(|line| line.place).collect();
            let uris: Vec<&str> = batch.iter().map(|line| line.uri.as_str()).collect();
            // All lines before the first that is missing are there, so its place there is its place here.
            let between = lines.iter().skip(from + many).any(|line| line.written);
            self.beat().await?;
            let at = i32::try_from(from).unwrap_or(i32::MAX);
            store::adding(&self.exports.db, self.due, part.number, &places, at).await?;
            match self.exports.spotify.add(self.door(), id, &uris, between.then_some(from)).await {
                Ok(snapshot) => {
                    self.keep(part, &places, Some(&snapshot)).await?;
                    for line in lines.iter_mut().skip(from).take(many) {
                        line.written = true;
                    }
                    most = AT_ONCE;
                }
                // One of them is not taken: which one is found by halves.
                Err(NotAdded::Refused) => {
                    self.keep(part, &[], None).await?;
                    most = most.min(many) / 2;
                    if many == 1 {
                        store::barred(&self.exports.db, self.due, lines.remove(from).place).await?;
                        most = AT_ONCE;
                    }
                }
                Err(NotAdded::Trouble(trouble)) => {
                    // What was refused was not done; of what was not answered nobody knows.
                    if !matches!(trouble, Trouble::Unavailable | Trouble::Unreadable) {
                        self.keep(part, &[], None).await?;
                    }
                    return Err(trouble.into());
                }
            }
        }
        Ok(lines)
    }

    /// What became of the lines that somebody began to add: the account says whether they are there.
    async fn settle_adding(&mut self, part: &PartRow, id: &str, lines: &mut [Ready]) -> Result<(), Halt> {
        let (Some(places), Some(at)) = (&part.adding, part.adding_at) else { return Ok(()) };
        let begun: Vec<&Ready> = lines.iter().filter(|line| places.contains(&line.place)).collect();
        let before = lines.iter().filter(|line| line.written).count();
        let expected: Vec<&str> = begun.iter().map(|line| line.uri.as_str()).collect();
        let (found, total) = self.stretch(id, usize::try_from(at).unwrap_or(0), expected.len()).await?;
        let there = total >= before + expected.len() && found == expected;
        if there {
            self.keep(part, places, None).await?;
            for line in lines.iter_mut().filter(|line| places.contains(&line.place)) {
                line.written = true;
            }
        } else {
            self.keep(part, &[], None).await?;
        }
        Ok(())
    }

    /// These lines are there, and nothing is being added.
    async fn keep(&mut self, part: &PartRow, places: &[i32], snapshot: Option<&str>) -> Result<(), Halt> {
        let mut transaction = self.exports.db.begin().await?;
        if !places.is_empty() {
            store::written(&mut transaction, self.due, places).await?;
            self.progress = true;
        }
        store::settled_adding(&mut transaction, self.due, part.number, snapshot).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// So many lines of the account's playlist from a place on, and how many it has.
    async fn stretch(&mut self, id: &str, from: usize, many: usize) -> Result<(Vec<String>, usize), Halt> {
        let mut found: Vec<String> = Vec::new();
        loop {
            self.beat_sometimes().await?;
            let page = self.exports.spotify.lines(self.door(), id, from + found.len()).await?;
            let (end, total) = (page.uris.is_empty(), page.total);
            found.extend(page.uris);
            if end || found.len() >= many || from + found.len() >= total {
                found.truncate(many);
                return Ok((found, total));
            }
        }
    }

    async fn differences(&mut self, id: &str, lines: &[Ready]) -> Result<serde_json::Value, Halt> {
        let (found, _) = self.stretch(id, 0, usize::MAX).await?;
        Ok(compare::compare(lines, &found))
    }
}

/// By which a playlist of ours is known in the account before its id is.
pub(super) fn mark(export: crate::kit::id::MusicExportId, number: i32) -> String {
    let id = uuid::Uuid::from(export).simple().to_string();
    let end = id.get(20..).unwrap_or_default();
    format!("Made with Aura ({end}-{number})")
}
