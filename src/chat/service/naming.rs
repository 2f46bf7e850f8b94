//! Names of conversations: after the first answer the model is asked once for a short one. It is told the first question
//! and nothing else, so nothing of a service is in it.

use std::time::Duration;

use futures::{Stream, StreamExt as _};

use super::Chat;
use crate::{
    billing::Taken,
    chat::{
        error::ChatError,
        store::{self, system::Unnamed},
    },
    inference::{ModelError, Turn, TurnMessage, prompts},
    kit::id::{RunId, UserId},
    platform::bus::{Event, Topic},
};

/// Conversations that are older keep the name that they have.
const YOUNG: time::Duration = time::Duration::hours(1);
/// How many are named in one step, and how many of them at once.
const AT_ONCE: usize = 4;
const STEP: i64 = 16;
/// How much of the question the model is told, in letters.
const QUESTION_LETTERS: usize = 2_000;
/// A name is over after so many bytes, whatever else comes.
const LONGEST_ANSWER: usize = 400;
const MOST_WORDS: usize = 12;
const MOST_LETTERS: usize = 80;
/// About what a name takes: a month without room for it is not asked.
const TOKENS: u64 = 300;
const PATIENCE: Duration = Duration::from_secs(20);

impl Chat {
    /// Lets the model name conversations whose first answer is there; how many were named.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn name_conversations(&self) -> Result<usize, ChatError> {
        if !self.has_model().await? {
            return Ok(0);
        }
        let now = self.parts.clock.now();
        let unnamed = store::system::unnamed(&self.parts.db, now - YOUNG, now, STEP).await?;
        let named = futures::stream::iter(unnamed).map(|unnamed| self.name(unnamed)).buffer_unordered(AT_ONCE);
        let outcomes: Vec<Result<bool, ChatError>> = named.collect().await;
        let mut count = 0;
        for outcome in outcomes {
            count += usize::from(outcome?);
        }
        Ok(count)
    }

    /// Hears each time that a conversation of theirs is named, in whatever process.
    pub fn named(&self, user: UserId) -> impl Stream<Item = ()> + Send + use<> {
        let (news, user) = (self.parts.bus.subscribe(Topic::ConversationNamed), user.to_string());
        futures::stream::unfold((news, user), |(mut news, user)| async move {
            loop {
                match news.next().await? {
                    Event::Id(id) if *id != *user => {}
                    _ => return Some(((), (news, user))),
                }
            }
        })
    }

    async fn name(&self, unnamed: Unnamed) -> Result<bool, ChatError> {
        let Unnamed { id, user, team, question } = unnamed;
        let (db, billing) = (&self.parts.db, &self.parts.billing);
        let question: String = question.chars().take(QUESTION_LETTERS).collect();
        if question.trim().is_empty() || !billing.has_room(team, TOKENS).await? {
            return Ok(false);
        }
        let turn = Turn {
            system: prompts::TITLE.to_owned(),
            messages: vec![TurnMessage::Person(prompts::to_be_named(&question))],
            tools: Vec::new(),
        };
        let mut taken = Taken::default();
        let said = tokio::time::timeout(PATIENCE, self.parts.inference.say(&turn, LONGEST_ANSWER, &mut taken)).await;
        let said = said.unwrap_or(Err(ModelError::Silent(PATIENCE)));
        let mut transaction = db.begin().await?;
        if taken.model.is_some() {
            let charge: RunId = self.parts.random.id(self.parts.clock.now());
            billing.charge(&mut transaction, team, charge, &taken).await?;
        }
        let name = match said {
            Ok(said) => tidy(&said),
            Err(error) => {
                tracing::info!(code = error.code(), conversation = %id, "the model gave no name");
                None
            }
        };
        let is_named = match name {
            Some(name) => store::names::name(&mut transaction, user, id, &name).await?,
            None => false,
        };
        if is_named {
            self.parts.bus.notify(&mut transaction, Topic::ConversationNamed, &user.to_string()).await?;
        }
        transaction.commit().await?;
        Ok(is_named)
    }
}

/// A name out of what a model said: one line of plain words; none where nothing of that is left.
fn tidy(said: &str) -> Option<String> {
    let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    let hides = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let marks = |letter: char| matches!(letter, '*' | '_' | '`' | '#' | '<' | '>' | '[' | ']' | '|' | '~' | '\\');
    let plain: String =
        line.chars().filter(|letter| !marks(*letter)).map(|letter| if hides(letter) { ' ' } else { letter }).collect();
    let words: Vec<&str> = plain.split_whitespace().take(MOST_WORDS).collect();
    let around = |letter: char| "\"'“”„«»‘’.,:;- ".contains(letter);
    let mut name = String::new();
    for word in words {
        if name.chars().count() + 1 + word.chars().count() > MOST_LETTERS {
            break;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    if name.is_empty() {
        name = plain.split_whitespace().next()?.chars().take(MOST_LETTERS).collect();
    }
    let name = name.trim_matches(around);
    name.chars().any(char::is_alphanumeric).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn a_name_is_one_line_of_plain_words() {
        for (said, name) in [
            ("Dinner in Lisbon", Some("Dinner in Lisbon")),
            ("\n\n**\"Dinner in Lisbon.\"**\nAnd more", Some("Dinner in Lisbon")),
            ("# <b>Abendessen</b> in `Lissabon`", Some("bAbendessen/b in Lissabon")),
            ("[click](https://evil.example)", Some("click(https://evil.example)")),
            ("a\u{202e}b\u{0}c", Some("a b c")),
            (
                "one two three four five six seven eight nine ten eleven twelve thirteen",
                Some("one two three four five six seven eight nine ten eleven twelve"),
            ),
            ("東京の天気", Some("東京の天気")),
            ("", None),
            ("***", None),
            ("...", None),
        ] {
            assert_eq!(tidy(said).as_deref(), name, "{said:?}");
        }
        assert!(tidy(&"x".repeat(500)).unwrap().chars().count() <= 80);
        assert!(tidy(&"word ".repeat(100)).unwrap().chars().count() <= 80);
    }
}
