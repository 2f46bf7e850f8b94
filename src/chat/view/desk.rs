use leptos::{prelude::*, task::spawn_local};

use crate::{
    account::notifications::browser::hear_changed,
    chat::{
        api::{self, JudgeAnswer, RemoveVersion, ShowVersion},
        attaching::Tray,
        browser,
        model::{Asking, Opened, Sent},
    },
    error::AppError,
    kit::id::{ApprovalId, MessageId, RunId},
};

/// What the forms of the page do, but for those that ask.
#[derive(Clone, Copy)]
pub(in crate::chat) struct Acts {
    pub show: ServerAction<ShowVersion>,
    pub remove: ServerAction<RemoveVersion>,
    pub judge: ServerAction<JudgeAnswer>,
}

impl Acts {
    fn new() -> Self {
        Self { show: ServerAction::new(), remove: ServerAction::new(), judge: ServerAction::new() }
    }

    /// How often something was done; the conversation is then read again.
    pub(in crate::chat) fn done(self) -> [usize; 3] {
        [self.show.version().get(), self.remove.version().get(), self.judge.version().get()]
    }
}

/// What the parts of one chat page share. It outlives the reloading of the conversation, so that what is being
/// written is never lost.
#[derive(Clone, Copy)]
pub(in crate::chat) struct Desk {
    /// What is being written.
    pub draft: RwSignal<String>,
    /// The files that go with it.
    pub tray: Tray,
    /// Where it goes; empty: into a new conversation.
    pub conversation: RwSignal<String>,
    /// The answer that the next question follows; empty: none.
    pub after: RwSignal<String>,
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
    /// The other forms of the page.
    pub acts: Acts,
    /// The version that was just asked for, and whether by the button that leads on: its own one gets the focus.
    pub switched: RwSignal<Option<(MessageId, bool)>>,
    /// The message that the address leads to; empty: none.
    pub at: RwSignal<String>,
    /// How often the conversation has to be read again: it was pinned, put away or back, or its end is asked for.
    pub placed: RwSignal<u32>,
    /// What a screen reader is told of the answer that is being made: that it is, and that it is there.
    pub news: RwSignal<&'static str>,
    /// The proposal that stands otherwise than before; none: any may.
    pub changed: RwSignal<Option<ApprovalId>>,
    /// Whether the page, once it is drawn anew, gives the focus back to where one writes.
    pub refocus: RwSignal<bool>,
    /// The conversation whose end was shown when it was opened.
    pub shown: RwSignal<String>,
    /// Under which name the browser keeps what is being written here; empty until the page is there.
    kept_as: RwSignal<String>,
    /// The name under which what is being written was taken up.
    taken_up: RwSignal<String>,
}

impl Desk {
    pub(in crate::chat) fn new(draft: String) -> Self {
        Self {
            draft: RwSignal::new(draft),
            tray: Tray::new(),
            conversation: RwSignal::new(String::new()),
            after: RwSignal::new(String::new()),
            key: RwSignal::new(String::new()),
            running: RwSignal::new(None),
            sending: RwSignal::new(false),
            refused: RwSignal::new(None),
            sent: RwSignal::new(None),
            acts: Acts::new(),
            switched: RwSignal::new(None),
            at: RwSignal::new(String::new()),
            placed: RwSignal::new(0),
            news: RwSignal::new(""),
            changed: RwSignal::new(None),
            refocus: RwSignal::new(false),
            shown: RwSignal::new(String::new()),
            kept_as: RwSignal::new(String::new()),
            taken_up: RwSignal::new(String::new()),
        }
    }

    /// Whether the address leads to this message.
    pub(in crate::chat) fn is_at(self, message: MessageId) -> bool {
        self.at.with_untracked(|at| *at == message.to_string())
    }

    /// Takes over what the server said about the conversation that is shown now.
    pub(in crate::chat) fn sit_down(self, opened: &Opened) {
        // What has the focus goes with the page that is still shown.
        if browser::holds_focus("message") {
            self.refocus.set(true);
        }
        let conversation = opened.conversation.as_ref();
        self.conversation.set(conversation.map(|conversation| conversation.id.to_string()).unwrap_or_default());
        let leaf = conversation.and_then(|conversation| conversation.leaf);
        self.after.set(leaf.map(|leaf| leaf.to_string()).unwrap_or_default());
        self.running.set(conversation.and_then(|conversation| conversation.running()));
        self.key.set(opened.next_key.clone());
        let place = conversation.map_or_else(|| "new".to_owned(), |conversation| conversation.id.to_string());
        self.kept_as.set(format!("aura-draft:{}:{place}", opened.owner));
    }

    /// Takes up what was written here before and not sent: before a reload, or before the session ended.
    pub(in crate::chat) fn take_up(self) {
        let name = self.kept_as.get();
        let before = self.taken_up.get_untracked();
        if name.is_empty() || name == before {
            return;
        }
        self.taken_up.set(name.clone());
        self.tray.take_up(&name);
        // A question that came with the address goes first.
        if !before.is_empty() || self.draft.with_untracked(String::is_empty) {
            self.draft.set(browser::kept_draft(&name).unwrap_or_default());
        }
    }

    /// What had the focus has gone with the page that was shown before: it goes on where one writes.
    pub(in crate::chat) fn take_focus(self) {
        if self.refocus.get_untracked() {
            self.refocus.set(false);
            browser::focus("message".to_owned());
        }
    }

    /// Follows the proposals whose answers are over, as long as this page is there.
    pub(in crate::chat) fn hear_changes(self) {
        hear_changed(move |approval| {
            self.changed.try_set(approval.and_then(|approval| approval.parse().ok()));
        });
    }

    /// Notes what is being written.
    pub(in crate::chat) fn write(self, text: String) {
        browser::keep_draft(&self.kept_as.get_untracked(), &text);
        self.draft.set(text);
    }

    /// Sends what is being written.
    pub(in crate::chat) fn send_draft(self) {
        let text = self.draft.get_untracked();
        let files = match self.tray.ready() {
            Ok(files) => files,
            Err(not_ready) => return self.refused.set(Some(not_ready)),
        };
        if !text.trim().is_empty() || !files.is_empty() {
            let (key, after) = (self.key.get_untracked(), self.after.get_untracked());
            self.ask(Asking { text, key, after, files, ..Asking::default() }, true);
        }
    }

    /// Asks something of this conversation. What was being written stays, unless it is what is sent, and that only goes
    /// once the server has it.
    pub(in crate::chat) fn ask(self, asking: Asking, is_draft: bool) {
        if self.sending.get_untracked() || self.running.get_untracked().is_some() {
            return;
        }
        self.sending.set(true);
        self.refused.set(None);
        let asking = Asking { conversation: self.conversation.get_untracked(), ..asking };
        let kept_as = self.kept_as.get_untracked();
        spawn_local(async move {
            let outcome = api::ask(asking).await;
            self.sending.try_set(false);
            match outcome {
                Ok(sent) => {
                    if is_draft {
                        browser::keep_draft(&kept_as, "");
                        self.draft.try_set(String::new());
                        self.tray.clear();
                    }
                    self.refocus.try_set(true);
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
