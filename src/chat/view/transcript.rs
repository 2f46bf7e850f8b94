use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};

use super::{answer::AnswerView, desk::Desk, versions::QuestionActs};
use crate::chat::{
    api,
    model::{Conversation, Earlier, Message},
};

/// The messages of a conversation, oldest first, with the way to those before them.
#[component]
pub(in crate::chat) fn Transcript(conversation: Conversation, desk: Desk) -> impl IntoView {
    let Conversation { id, messages, has_earlier, has_later, .. } = conversation;
    let first = RwSignal::new(messages.first().filter(|_| has_earlier).map(Message::id));
    // What was fetched on top of what the page came with, in the order of the conversation.
    let fetched = RwSignal::new(Vec::<Message>::new());
    let fetching = RwSignal::new(false);
    let fetch = move |event: MouseEvent| {
        event.prevent_default();
        let Some(before) = first.get_untracked().filter(|_| !fetching.get_untracked()) else { return };
        fetching.set(true);
        spawn_local(async move {
            let earlier = api::read_earlier(id.to_string(), before.to_string()).await;
            fetching.try_set(false);
            match earlier {
                Ok(Earlier { messages, has_earlier }) => {
                    first.try_set(messages.first().filter(|_| has_earlier).map(Message::id));
                    fetched.try_update(|fetched| {
                        fetched.splice(0..0, messages);
                    });
                }
                Err(error) => {
                    desk.refused.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <div class="transcript" role="log" aria-live="off" aria-label="Conversation">
            {move || {
                first.get().map(|before| {
                    view! {
                        <p class="turn-page">
                            <a
                                class="button ghost"
                                href=format!("/chat/{id}?before={before}")
                                aria-busy=move || fetching.get().then_some("true")
                                on:click=fetch
                            >
                                "Earlier messages"
                            </a>
                        </p>
                    }
                })
            }}
            <For each=move || fetched.get() key=Message::id children=move |message| one(message, desk)/>
            {messages.into_iter().map(|message| one(message, desk)).collect_view()}
            {has_later
                .then(|| view! {
                    <p class="turn-page">
                        <a class="button ghost" href=format!("/chat/{id}")>"Newest messages"</a>
                    </p>
                })}
        </div>
    }
}

fn one(message: Message, desk: Desk) -> AnyView {
    match message {
        Message::Question(question) => view! {
            <div class="turn">
                <p class="ask">
                    <span class="visually-hidden">"You: "</span>
                    {question.text.clone()}
                </p>
                <QuestionActs question=question desk=desk/>
            </div>
        }
        .into_any(),
        Message::Answer(answer) => view! { <AnswerView answer=answer desk=desk/> }.into_any(),
    }
}
