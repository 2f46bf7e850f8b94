use leptos::prelude::*;

use super::{answer::AnswerView, desk::Desk};
use crate::chat::model::Message;

/// The messages of a conversation, oldest first.
#[component]
pub(in crate::chat) fn Transcript(messages: Vec<Message>, desk: Desk) -> impl IntoView {
    view! {
        <div class="transcript">
            {messages
                .into_iter()
                .map(|message| match message {
                    Message::Question(question) => {
                        view! {
                            <p class="ask">
                                <span class="visually-hidden">"You: "</span>
                                {question.text}
                            </p>
                        }
                            .into_any()
                    }
                    Message::Answer(answer) => view! { <AnswerView answer=answer desk=desk/> }.into_any(),
                })
                .collect_view()}
        </div>
    }
}
