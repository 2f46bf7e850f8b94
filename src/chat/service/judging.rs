//! What people think of answers.

use super::Chat;
use crate::{
    chat::{error::ChatError, model::Feedback, store},
    kit::id::{MessageId, UserId},
};

const LONGEST_WORDS: usize = 2_000;

impl Chat {
    /// Keeps what a person thinks of an answer of theirs, in place of what they thought before; nothing takes it back.
    ///
    /// # Errors
    /// When the answer is not theirs, or the words are too many.
    pub async fn judge(&self, user: UserId, answer: MessageId, feedback: Option<Feedback>) -> Result<(), ChatError> {
        let Some(Feedback { good, words }) = feedback else {
            return Ok(store::feedback::remove(&self.parts.db, user, answer).await?);
        };
        let words = words.trim().replace("\r\n", "\n").replace('\0', "");
        if words.chars().count() > LONGEST_WORDS {
            return Err(ChatError::ManyWords);
        }
        let now = self.parts.clock.now();
        let feedback = Feedback { good, words };
        if store::feedback::put(&self.parts.db, user, answer, &feedback, now).await? {
            Ok(())
        } else {
            Err(ChatError::NotFound("answer"))
        }
    }
}
