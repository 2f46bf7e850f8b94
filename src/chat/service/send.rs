//! Asking, asking in other words, and asking again.

use super::{Asker, Chat, Parts};
use crate::{
    chat::{
        error::ChatError,
        model::{Asking, LONGEST_QUESTION, Sent},
        store::{self, conversations::Touched, messages::NewMessage, runs::NewRun},
        worker::Job,
    },
    kit::id::{ConversationId, FileId, MessageId, TeamId, UserId},
    platform::db::Constraint as _,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

const TITLE_CHARACTERS: usize = 80;

/// Where a question goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A new conversation begins with it.
    New,
    /// To the end of what is shown.
    End(ConversationId),
    /// After this answer, whatever else follows that already.
    After(ConversationId, MessageId),
    /// Beside this question, which it says in other words.
    Beside(ConversationId, MessageId),
}

/// What is to be answered.
enum Wish {
    /// A new question, with its files.
    Question(Place, String, Vec<FileId>),
    /// A question that has an answer.
    Again(ConversationId, MessageId),
}

/// A question that stands in the tree.
struct Asked {
    conversation: ConversationId,
    team: TeamId,
    question: MessageId,
    text: String,
    /// About how many tokens its files take of the model.
    tokens: u64,
}

impl Chat {
    /// Asks a question, in a new conversation or at the end of one of theirs, and starts the answer. The same key again
    /// gives what the first send made.
    ///
    /// # Errors
    /// When the question is empty or too long, the conversation is not theirs, or an answer is being written in it.
    pub async fn send(
        &self,
        asker: &Asker,
        conversation: Option<ConversationId>,
        text: &str,
        key: &str,
    ) -> Result<Sent, ChatError> {
        self.send_at(asker, conversation.map_or(Place::New, Place::End), text, key).await
    }

    /// The same at any place of a conversation. What follows that place already stays, as another version.
    ///
    /// # Errors
    /// As for `send`, and when the place is not in the conversation.
    pub async fn send_at(&self, asker: &Asker, place: Place, text: &str, key: &str) -> Result<Sent, ChatError> {
        self.send_with(asker, place, text, Vec::new(), key).await
    }

    /// The same with files of theirs. A question that is said in other words has the files of that one as well.
    ///
    /// # Errors
    /// As for `send_at`, and when the files are too many, too large, or not there.
    pub async fn send_with(
        &self,
        asker: &Asker,
        place: Place,
        text: &str,
        files: Vec<FileId>,
        key: &str,
    ) -> Result<Sent, ChatError> {
        let text = question(text, !files.is_empty() || matches!(place, Place::Beside(..)))?;
        self.ask(asker, Wish::Question(place, text, files), key).await
    }

    /// Lets a question be answered once more: a question, or one of its answers. The answers that are there stay, as
    /// other versions.
    ///
    /// # Errors
    /// When the message is not theirs, or an answer is being written in the conversation.
    pub async fn send_again(
        &self,
        asker: &Asker,
        conversation: ConversationId,
        message: MessageId,
        key: &str,
    ) -> Result<Sent, ChatError> {
        self.ask(asker, Wish::Again(conversation, message), key).await
    }

    /// Does one of these, as a page or a program wrote it.
    ///
    /// # Errors
    /// As for those, and when something in it is no id.
    pub async fn take(&self, asker: &Asker, asking: &Asking) -> Result<Sent, ChatError> {
        let Asking { conversation, text, key, after, beside, again, files } = asking;
        let message = |id: &str| id.parse::<MessageId>().map_err(|_| ChatError::NotFound("message"));
        let conversation = match conversation.as_str() {
            "" => return self.send_with(asker, Place::New, text, ids(files)?, key).await,
            id => id.parse().map_err(|_| ChatError::NotFound("conversation"))?,
        };
        if !again.is_empty() {
            return self.send_again(asker, conversation, message(again)?, key).await;
        }
        let place = match (beside.as_str(), after.as_str()) {
            ("", "") => Place::End(conversation),
            ("", after) => Place::After(conversation, message(after)?),
            (beside, _) => Place::Beside(conversation, message(beside)?),
        };
        self.send_with(asker, place, text, ids(files)?, key).await
    }

    async fn ask(&self, asker: &Asker, wish: Wish, key: &str) -> Result<Sent, ChatError> {
        if key.is_empty() || key.len() > 100 || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        {
            return Err(ChatError::BadKey);
        }
        let Parts { db, clock, random, billing, .. } = &self.parts;
        let user = asker.user;
        let by_rules = !self.has_model().await?;
        let mut transaction = db.begin().await?;
        store::conversations::lock_send(&mut transaction, user, key).await?;
        if let Some(sent) = store::conversations::sent(&mut transaction, user, key).await? {
            return Ok(sent);
        }
        let now = clock.now();
        let (asked, last, key) = match wish {
            Wish::Question(place, text, files) => {
                let (asked, last) = self.write_question(&mut transaction, user, place, text, &files, key, now).await?;
                (asked, last, None)
            }
            Wish::Again(conversation, message) => {
                let (asked, last) = self.find_question(&mut transaction, user, conversation, message, now).await?;
                (asked, last, Some(key))
            }
        };
        let Asked { conversation, team, question, text, tokens } = asked;
        let entitlement = billing.entitlement(&mut transaction, team).await?;
        if let Some(days) = entitlement.limits.history_days
            && last < now - time::Duration::days(days.into())
        {
            return Err(ChatError::ReadOnly { days });
        }
        // What waits for its person there is passed over; what it proposed stays to be decided.
        self.pass_over(&mut transaction, user, conversation).await?;
        let run = NewRun { id: random.id(now), conversation, question, answer: random.id(now) };
        let (id, author, content, parent) = (run.answer, "assistant", "", Some(question));
        let answer = NewMessage { id, conversation, parent, author, content, key, at: now };
        store::messages::insert_message(&mut transaction, user, &answer).await?;
        store::messages::show(&mut transaction, user, conversation, run.answer).await?;
        store::runs::insert(&mut transaction, user, &run, now)
            .await
            .on_constraint("runs_one_at_a_time", || ChatError::Busy)?;
        if !by_rules {
            billing.reserve(&mut transaction, team, &entitlement, run.id, tokens).await?;
        }
        transaction.commit().await?;
        let sent = Sent { conversation, run: run.id };
        let (run, answer) = (run.id, run.answer);
        self.start(Job { asker: asker.clone(), conversation, run, question, answer, text, by_rules, taken_up: None });
        Ok(sent)
    }

    /// Puts a question into its place; also, when its conversation went on before.
    #[expect(clippy::too_many_arguments, reason = "all of it is one question")]
    async fn write_question(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        place: Place,
        text: String,
        files: &[FileId],
        key: &str,
        now: OffsetDateTime,
    ) -> Result<(Asked, OffsetDateTime), ChatError> {
        let Parts { random, teams, .. } = &self.parts;
        let (conversation, team, last, parent) = match place {
            Place::New => {
                let team = teams.chosen(connection, user, now).await?;
                let id = random.id(now);
                store::conversations::insert(connection, id, team, user, &title(&text), now).await?;
                (id, team, now, None)
            }
            Place::End(id) => {
                let (team, last) = self.go_on(connection, user, id, now).await?;
                (id, team, last, store::messages::leaf(connection, user, id).await?)
            }
            Place::After(id, answer) => {
                let (team, last) = self.go_on(connection, user, id, now).await?;
                let after = store::messages::find(connection, user, id, answer).await?;
                let after = after.filter(|message| message.author == "assistant");
                (id, team, last, Some(after.ok_or(ChatError::NotFound("message"))?.id))
            }
            Place::Beside(id, question) => {
                let (team, last) = self.go_on(connection, user, id, now).await?;
                let beside = store::messages::find(connection, user, id, question).await?;
                let beside = beside.filter(|message| message.author == "person");
                (id, team, last, beside.ok_or(ChatError::NotFound("message"))?.parent)
            }
        };
        let (id, author) = (random.id(now), "person");
        let message = NewMessage { id, conversation, parent, author, content: &text, key: Some(key), at: now };
        store::messages::insert_message(connection, user, &message).await?;
        let like = if let Place::Beside(_, question) = place { Some(question) } else { None };
        let tokens = self.attach(connection, user, id, like, files).await?;
        Ok((Asked { conversation, team, question: id, text, tokens }, last))
    }

    /// The question that this message is, or that it answers.
    async fn find_question(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        conversation: ConversationId,
        message: MessageId,
        now: OffsetDateTime,
    ) -> Result<(Asked, OffsetDateTime), ChatError> {
        let (team, last) = self.go_on(connection, user, conversation, now).await?;
        let mut found = store::messages::find(connection, user, conversation, message).await?;
        if let Some(answer) = &found
            && answer.author == "assistant"
        {
            found = match answer.parent {
                Some(question) => store::messages::find(connection, user, conversation, question).await?,
                None => None,
            };
        }
        let question = found.ok_or(ChatError::NotFound("message"))?;
        let tokens = self.attached_tokens(connection, user, question.id).await?;
        Ok((Asked { conversation, team, question: question.id, text: question.content, tokens }, last))
    }

    /// Locks a conversation that goes on: whose plan pays, and when it went on before.
    async fn go_on(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        id: ConversationId,
        now: OffsetDateTime,
    ) -> Result<(TeamId, OffsetDateTime), ChatError> {
        let touched = store::conversations::touch(connection, user, id, now).await?;
        let Touched { team, last } = touched.ok_or(ChatError::NotFound("conversation"))?;
        // Whoever is no longer in the team does not go on asking on its plan.
        let now_in = self.parts.teams.going_on(connection, user, team, now).await?;
        if now_in != team {
            store::conversations::take_home(connection, user, team, now_in).await?;
        }
        Ok((now_in, last))
    }
}

/// The question without what surrounds it, and without characters that no database takes.
fn question(text: &str, has_files: bool) -> Result<String, ChatError> {
    let text = text.trim();
    if text.is_empty() && !has_files {
        return Err(ChatError::Empty);
    }
    if text.len() > LONGEST_QUESTION * 4 || text.chars().count() > LONGEST_QUESTION {
        return Err(ChatError::TooLong);
    }
    Ok(text.replace("\r\n", "\n").replace('\0', ""))
}

fn ids(files: &[String]) -> Result<Vec<FileId>, ChatError> {
    files.iter().map(|id| id.parse().map_err(|_| ChatError::FileGone)).collect()
}

/// How the question begins: its first line, cut at a word where it is long.
fn title(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("Question");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARACTERS {
        return line;
    }
    let cut: String = line.chars().take(TITLE_CHARACTERS).collect();
    let end = cut.rfind(' ').filter(|&end| end > TITLE_CHARACTERS / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_how_the_question_begins() {
        assert_eq!(title("\n  What is\ton?  \nmore"), "What is on?");
        let long = title(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= TITLE_CHARACTERS + 1, "{long}");
        assert!(title(&"é".repeat(500)).chars().count() <= TITLE_CHARACTERS + 1);
    }

    #[test]
    fn a_question_has_a_length() {
        assert!(matches!(question(" \n", false), Err(ChatError::Empty)));
        assert!(question(&"é".repeat(LONGEST_QUESTION), false).is_ok() && question(" ", true).is_ok());
        assert!(matches!(question(&"é".repeat(LONGEST_QUESTION + 1), true), Err(ChatError::TooLong)));
        assert!(matches!(question(&"x".repeat(1_000_000), true), Err(ChatError::TooLong)));
    }
}
