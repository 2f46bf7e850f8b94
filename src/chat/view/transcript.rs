use leptos::{ev, ev::MouseEvent, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use super::{answer::AnswerView, commands, desk::Desk, versions::QuestionActs};
use crate::{
    chat::{
        api,
        attaching::ShownFiles,
        browser,
        model::{Conversation, Earlier, Later, Message},
    },
    kit::id::{ConversationId, MessageId},
};

/// How many messages a page holds at most: what is further away is asked for again when somebody turns to it.
const MOST: usize = 200;
/// In the place of what was shown: the end is asked for, wherever the reader is.
const NEWEST: &str = "newest";

/// The messages that a page holds, out of the many of a conversation.
#[derive(Clone, Copy)]
struct Held {
    conversation: ConversationId,
    /// Oldest first.
    messages: RwSignal<Vec<Message>>,
    has_earlier: RwSignal<bool>,
    has_later: RwSignal<bool>,
    fetching: RwSignal<bool>,
    /// What was shown last, for who cannot see it.
    told: RwSignal<String>,
    desk: Desk,
}

impl Held {
    fn first(self) -> Option<MessageId> {
        self.messages.with(|messages| messages.first().map(Message::id))
    }

    fn last(self) -> Option<MessageId> {
        self.messages.with(|messages| messages.last().map(Message::id))
    }

    /// Shows what stands before; of what is far below, the page then lets go.
    fn fetch_earlier(self) {
        let Some(before) = untrack(|| self.first()).filter(|_| self.may_fetch(self.has_earlier)) else { return };
        self.fetching.set(true);
        spawn_local(async move {
            let earlier = api::read_earlier(self.conversation.to_string(), before.to_string()).await;
            self.fetching.try_set(false);
            match earlier {
                Ok(Earlier { messages, has_earlier }) => {
                    let focused = browser::holds_focus("earlier-messages");
                    browser::keep_in_place(name(before), || {
                        self.tell(messages.len(), "earlier");
                        self.has_earlier.try_set(has_earlier);
                        self.messages.try_update(|held| {
                            held.splice(0..0, messages);
                            let extra = held.len().saturating_sub(MOST);
                            let goes = held.len() - extra..held.len();
                            // An answer that is being written stays, and so does what has the focus.
                            if extra > 0 && self.desk.running.get_untracked().is_none() && is_free(&held[goes.clone()])
                            {
                                held.drain(goes);
                                self.has_later.set(true);
                            }
                        });
                    });
                    // The way to more has gone with the last of it.
                    if focused && !has_earlier {
                        browser::focus(name(before));
                    }
                }
                Err(error) => {
                    self.desk.refused.try_set(Some(error));
                }
            }
        });
    }

    /// Shows what follows; of what is far above, the page then lets go.
    fn fetch_later(self) {
        let Some(after) = untrack(|| self.last()).filter(|_| self.may_fetch(self.has_later)) else { return };
        self.fetching.set(true);
        spawn_local(async move {
            let later = api::read_later(self.conversation.to_string(), after.to_string()).await;
            self.fetching.try_set(false);
            match later {
                Ok(Later { messages, has_later }) => {
                    browser::keep_in_place(name(after), || {
                        self.tell(messages.len(), "later");
                        self.has_later.try_set(has_later);
                        self.messages.try_update(|held| {
                            held.extend(messages);
                            let extra = held.len().saturating_sub(MOST);
                            if extra > 0 && is_free(&held[..extra]) {
                                held.drain(..extra);
                                self.has_earlier.set(true);
                            }
                        });
                    });
                }
                Err(error) => {
                    self.desk.refused.try_set(Some(error));
                }
            }
        });
    }

    fn may_fetch(self, there_is_more: RwSignal<bool>) -> bool {
        there_is_more.get_untracked() && !self.fetching.get_untracked()
    }

    fn tell(self, count: usize, which: &str) {
        let messages = if count == 1 { "message is" } else { "messages are" };
        self.told.try_set(format!("{count} {which} {messages} shown."));
    }
}

/// Whether the focus is in none of them.
fn is_free(messages: &[Message]) -> bool {
    !browser::focused_message().is_some_and(|focused| messages.iter().any(|message| name(message.id()) == focused))
}

/// By which name a message is found on its page.
pub(super) fn name(id: MessageId) -> String {
    format!("m-{id}")
}

/// The messages of a conversation, oldest first, with the ways to those before and after them. They come by themselves
/// where one scrolls near the end of what is there, and by a link.
#[component]
pub(in crate::chat) fn Transcript(conversation: Conversation, desk: Desk) -> impl IntoView {
    let Conversation { id, messages, has_earlier, has_later, .. } = conversation;
    let is_running = desk.running.get_untracked().is_some();
    let held = Held {
        conversation: id,
        messages: RwSignal::new(messages),
        has_earlier: RwSignal::new(has_earlier),
        has_later: RwSignal::new(has_later),
        fetching: RwSignal::new(false),
        told: RwSignal::new(String::new()),
        desk,
    };
    commands::keys(held.messages);
    // Effects run in the browser only.
    Effect::new(move |_| {
        let at = desk.at.get_untracked();
        let place = format!("{id} {at}");
        let shown = desk.shown.get_untracked();
        if shown != place {
            desk.shown.set(place);
            if shown == NEWEST {
                browser::show_end();
                request_animation_frame(browser::show_end);
            } else if !at.is_empty() {
                browser::turn_to(format!("m-{at}"));
            } else if !held.has_later.get_untracked() && !is_running {
                browser::show_end_first();
            }
        }
        let listening = window_event_listener(ev::scroll, move |_| {
            if browser::is_near_start() {
                held.fetch_earlier();
            } else if browser::is_near_end() {
                held.fetch_later();
            }
        });
        on_cleanup(move || listening.remove());
    });
    // Where the address is that of the end already, the link alone would change nothing.
    let search = use_location().search;
    let newest = move |event: MouseEvent| {
        desk.shown.set(NEWEST.to_owned());
        if search.with_untracked(String::is_empty) {
            event.prevent_default();
            desk.placed.update(|placed| *placed += 1);
        }
    };
    let more = move |fetch: fn(Held)| {
        move |event: MouseEvent| {
            event.prevent_default();
            fetch(held);
        }
    };
    view! {
        <p class="visually-hidden" role="status">{held.told}</p>
        <div class="transcript" role="log" aria-live="off" aria-label="Conversation">
            {move || {
                held.first().filter(|_| held.has_earlier.get()).map(|before| {
                    view! {
                        <p class="turn-page">
                            <a
                                class="button ghost"
                                id="earlier-messages"
                                href=format!("/chat/{id}?before={before}")
                                aria-busy=move || held.fetching.get().then_some("true")
                                on:click=more(Held::fetch_earlier)
                            >
                                "Earlier messages"
                            </a>
                        </p>
                    }
                })
            }}
            <For each=move || held.messages.get() key=Message::id children=move |message| one(message, desk)/>
            {move || {
                held.last().filter(|_| held.has_later.get()).map(|after| {
                    view! {
                        <p class="turn-page actions">
                            <a
                                class="button ghost"
                                href=format!("/chat/{id}?after={after}")
                                aria-busy=move || held.fetching.get().then_some("true")
                                on:click=more(Held::fetch_later)
                            >
                                "Later messages"
                            </a>
                            <a class="button ghost" href=format!("/chat/{id}") on:click=newest>"Newest messages"</a>
                        </p>
                    }
                })
            }}
        </div>
    }
}

fn one(message: Message, desk: Desk) -> AnyView {
    match message {
        Message::Question(question) => {
            let name = name(question.id);
            let is_found = desk.is_at(question.id);
            view! {
                <div class="turn" id=name tabindex="-1" data-found=is_found.then_some("true")>
                    <ShownFiles files=question.files.clone()/>
                    <p class="ask" hidden=question.text.is_empty()>
                        <span class="visually-hidden">"You: "</span>
                        {question.text.clone()}
                    </p>
                    <QuestionActs question=question desk=desk/>
                </div>
            }
            .into_any()
        }
        Message::Answer(answer) => view! { <AnswerView answer=answer desk=desk/> }.into_any(),
    }
}
