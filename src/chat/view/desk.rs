use leptos::{prelude::*, task::spawn_local};

use crate::{
    chat::{
        api,
        model::{Opened, Sent},
    },
    error::AppError,
    kit::id::RunId,
};

/// What the parts of one chat page share. It outlives the reloading of the conversation, so that what is being
/// written is never lost.
#[derive(Clone, Copy)]
pub(in crate::chat) struct Desk {
    /// What is being written.
    pub draft: RwSignal<String>,
    /// Where it goes; empty: into a new conversation.
    pub conversation: RwSignal<String>,
    /// Names the next send.
    pub key: RwSignal<String>,
    /// The answer that is being written.
    pub running: RwSignal<Option<RunId>>,
    /// A send is under way.
    pub sending: RwSignal<bool>,
    /// Why the last send failed.
    pub refused: RwSignal<Option<AppError>>,
    /// What the last send made; the page goes there.
    pub sent: RwSignal<Option<Sent>>,
}

impl Desk {
    pub(in crate::chat) fn new(draft: String) -> Self {
        Self {
            draft: RwSignal::new(draft),
            conversation: RwSignal::new(String::new()),
            key: RwSignal::new(String::new()),
            running: RwSignal::new(None),
            sending: RwSignal::new(false),
            refused: RwSignal::new(None),
            sent: RwSignal::new(None),
        }
    }

    /// Takes over what the server said about the conversation that is shown now.
    pub(in crate::chat) fn sit_down(self, opened: &Opened) {
        let conversation = opened.conversation.as_ref();
        self.conversation.set(conversation.map(|conversation| conversation.id.to_string()).unwrap_or_default());
        self.running.set(conversation.and_then(|conversation| conversation.running()));
        self.key.set(opened.next_key.clone());
    }

    /// Sends what is being written.
    pub(in crate::chat) fn send_draft(self) {
        let text = self.draft.get_untracked();
        if !text.trim().is_empty() {
            self.send(text, self.key.get_untracked(), true);
        }
    }

    /// Sends a question under a key. What was being written stays, unless it is what is sent, and that only goes once
    /// the server has it.
    pub(in crate::chat) fn send(self, text: String, key: String, is_draft: bool) {
        if self.sending.get_untracked() || self.running.get_untracked().is_some() {
            return;
        }
        self.sending.set(true);
        self.refused.set(None);
        let conversation = self.conversation.get_untracked();
        spawn_local(async move {
            let outcome = api::ask(conversation, text, key).await;
            self.sending.try_set(false);
            match outcome {
                Ok(sent) => {
                    if is_draft {
                        self.draft.try_set(String::new());
                    }
                    self.sent.try_set(Some(sent));
                }
                Err(error) => {
                    self.refused.try_set(Some(error));
                }
            }
        });
    }

    /// Stops the running answer; its log then tells how it ended.
    pub(in crate::chat) fn stop(self) {
        let Some(run) = self.running.get_untracked() else { return };
        spawn_local(async move {
            if let Err(error) = api::stop(run.to_string()).await {
                self.refused.try_set(Some(error));
            }
        });
    }
}
