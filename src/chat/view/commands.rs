//! What can be done with the conversation that is open, by name and by key.

use leptos::{prelude::*, task::spawn_local};

use super::{desk::Desk, transcript::name};
use crate::{
    chat::{
        api::{archive_conversation, pin_conversation},
        browser,
        model::{Conversation, Message},
    },
    kit::{
        id::{ConversationId, MessageId},
        keys::Deed,
    },
    ui::{Command, Commands, Does, Toasts, Tone},
};

/// Offers them for as long as the conversation is shown.
pub(in crate::chat) fn offer(conversation: &Conversation, desk: Desk) {
    let Conversation { id, pinned, archived, .. } = *conversation;
    let toasts = use_context::<Toasts>();
    Commands::offer(move || {
        let lead =
            |name: &str, icon: &'static str, to: String| Command { name: name.to_owned(), icon, does: Does::Lead(to) };
        let fetch = |format: &str, name: &str| Command {
            name: name.to_owned(),
            icon: "download",
            does: Does::Fetch(format!("/api/chat/conversations/{id}/export?format={format}")),
        };
        vec![
            place(id, Place::Pin, pinned, desk, toasts),
            place(id, Place::Archive, archived, desk, toasts),
            lead("Share this conversation", "share", format!("/chat/{id}/manage#share")),
            fetch("markdown", "Export as Markdown"),
            fetch("json", "Export as JSON"),
            lead("Rename or delete this conversation", "pencil", format!("/chat/{id}/manage")),
        ]
    });
}

#[derive(Clone, Copy)]
enum Place {
    Pin,
    Archive,
}

/// Pins or puts away, or takes that back.
fn place(id: ConversationId, place: Place, is_there: bool, desk: Desk, toasts: Option<Toasts>) -> Command {
    let (name, done) = match (place, is_there) {
        (Place::Pin, false) => ("Pin this conversation", "It stands above the others now."),
        (Place::Pin, true) => ("Unpin this conversation", "It stands among the others again."),
        (Place::Archive, false) => {
            ("Archive this conversation", "It is in the archive now, and is found by searching.")
        }
        (Place::Archive, true) => ("Take this conversation out of the archive", "It is in the list again."),
    };
    let act = Callback::new(move |()| {
        spawn_local(async move {
            let outcome = match place {
                Place::Pin => pin_conversation(id.to_string(), !is_there).await,
                Place::Archive => archive_conversation(id.to_string(), !is_there).await,
            };
            let (tone, text) = match outcome {
                Ok(()) => {
                    desk.placed.try_update(|placed| *placed += 1);
                    (Tone::Ok, done.to_owned())
                }
                Err(error) => (Tone::Danger, error.message),
            };
            if let Some(toasts) = toasts {
                toasts.show(tone, text);
            }
        });
    });
    let icon = match place {
        Place::Pin => "arrow-up",
        Place::Archive => "history",
    };
    Command { name: name.to_owned(), icon, does: Does::Act(act) }
}

/// The keys that work while another conversation is on its way, too: what is shown until then still stands there.
pub(in crate::chat) fn standing_keys(desk: Desk) {
    Commands::on(Deed::Write, || browser::focus_now("message"));
    Commands::on(Deed::StopAnswer, move || {
        let is_running = desk.running.get_untracked().is_some();
        if is_running {
            desk.stop();
        }
        is_running
    });
}

/// The keys for what stands last.
pub(super) fn keys(messages: RwSignal<Vec<Message>>) {
    let last = move |wanted: fn(&Message) -> Option<MessageId>| {
        messages.with_untracked(|messages| messages.iter().rev().find_map(wanted))
    };
    Commands::on(Deed::EditLastQuestion, move || {
        // Elsewhere an arrow belongs to the field.
        let question = last(|message| match message {
            Message::Question(question) => Some(question.id),
            Message::Answer(_) => None,
        });
        browser::holds_focus("message") && question.is_some_and(|id| browser::edit_question(&format!("edit-{id}")))
    });
    let toasts = use_context::<Toasts>();
    Commands::on(Deed::CopyLastAnswer, move || {
        let answer = last(|message| match message {
            Message::Answer(answer) => Some(answer.id),
            Message::Question(_) => None,
        });
        answer.is_some_and(|id| {
            browser::copy_text_of(&name(id), move |done| {
                let (tone, text) = if done {
                    (Tone::Ok, "The answer is copied.")
                } else {
                    (Tone::Danger, "The browser did not let the answer be copied. Select it, and copy it yourself.")
                };
                if let Some(toasts) = toasts {
                    toasts.show(tone, text);
                }
            })
        })
    });
}
