//! The first half of a turn: each line is looked up.

use std::collections::HashMap;

use super::{Halt, Turn};
use crate::music::{
    export::{
        lookup::{self, Said},
        store::{self, Answered, Line},
    },
    matching::Wanted,
    trouble::Trouble,
};

/// So many lines are taken at once, and their answers kept together.
const AT_ONCE: i64 = 25;
/// After so many tries a line is left to its person.
const TRIES: i32 = 3;

impl Turn<'_> {
    pub(super) async fn seek(&mut self) -> Result<(), Halt> {
        // The same track may stand in a playlist often.
        let mut known: HashMap<String, Said> = HashMap::new();
        loop {
            let lines = store::pending(&self.exports.db, self.due, AT_ONCE).await?;
            if lines.is_empty() {
                return Ok(());
            }
            self.beat().await?;
            let mut answered = Answered::default();
            let ended = self.ask(&lines, &mut known, &mut answered).await;
            if !answered.places.is_empty() {
                store::answer(&self.exports.db, self.due, &answered).await?;
                self.progress = true;
            }
            ended?;
        }
    }

    async fn ask(
        &mut self,
        lines: &[Line],
        known: &mut HashMap<String, Said>,
        answered: &mut Answered,
    ) -> Result<(), Halt> {
        for line in lines {
            let wanted = lookup::wanted(line);
            let name = name(&wanted);
            let said = match known.get(&name) {
                Some(said) => said.clone(),
                None => match self.look_up(line, &wanted).await? {
                    Some(said) => {
                        known.insert(name, said.clone());
                        said
                    }
                    None => continue,
                },
            };
            answered.places.push(line.place);
            answered.states.push(said.state.to_owned());
            answered.uris.push(said.uri);
            answered.choices.push(said.choices);
        }
        Ok(())
    }

    /// None where it was tried often enough. Whoever asks to wait says nothing of the line, so that counts as no try.
    async fn look_up(&mut self, line: &Line, wanted: &Wanted) -> Result<Option<Said>, Halt> {
        self.beat_sometimes().await?;
        let trouble = match lookup::look_up(&self.exports.spotify, self.door(), wanted).await {
            Ok(said) => return Ok(Some(said)),
            Err(trouble @ (Trouble::Unavailable | Trouble::Unreadable)) => trouble,
            Err(trouble) => return Err(trouble.into()),
        };
        store::tried(&self.exports.db, self.due, line.place, TRIES).await?;
        if line.tries + 1 >= TRIES { Ok(None) } else { Err(trouble.into()) }
    }
}

fn name(wanted: &Wanted) -> String {
    let Wanted { title, artists, album, duration_ms, isrc } = wanted;
    format!("{isrc:?} {title:?} {artists:?} {album:?} {duration_ms:?}")
}
