use leptos::{ev::SubmitEvent, prelude::*};

use super::{desk::Desk, tool_card::ToolCardView};
use crate::{
    chat::{
        browser,
        model::{AI_IS_OFF, Answer, INTERRUPTED, RunEvent, RunState, ToolCard},
        unfinished::continued,
    },
    ui::{Button, Icon, Prose, Ring},
};

/// An answer's moving parts.
#[derive(Clone, Copy)]
struct Live {
    state: RwSignal<RunState>,
    /// Rendered by the server.
    html: RwSignal<String>,
    /// What came after it, as plain text.
    tail: RwSignal<String>,
    cards: RwSignal<Vec<ToolCard>>,
    status: RwSignal<Option<String>>,
    error: RwSignal<Option<String>>,
}

impl Live {
    fn hear(self, event: RunEvent, desk: Desk) {
        match event {
            RunEvent::Status { text } => self.status.set(Some(text)),
            RunEvent::Text { text } => self.tail.update(|tail| tail.push_str(&text)),
            RunEvent::Html { html } => {
                self.html.set(html);
                self.tail.set(String::new());
            }
            RunEvent::ToolStarted { card } | RunEvent::ToolFinished { card } => {
                self.cards.update(|cards| match cards.iter_mut().find(|known| known.call_id == card.call_id) {
                    Some(known) => *known = card,
                    None => cards.push(card),
                });
            }
            RunEvent::Settled { state, error } => {
                self.error.set(error);
                self.state.set(state);
                desk.running.set(None);
            }
        }
    }
}

/// An answer: what was read for it, its text, and how it ended.
#[component]
pub(super) fn AnswerView(answer: Answer, desk: Desk) -> impl IntoView {
    let Answer { html, clock, moment, cards, run, question, .. } = answer;
    let live = Live {
        state: RwSignal::new(run.state),
        html: RwSignal::new(html),
        tail: RwSignal::new(String::new()),
        cards: RwSignal::new(cards),
        status: RwSignal::new(run.status),
        error: RwSignal::new(run.error),
    };
    let was_running = run.state == RunState::Running;
    // Effects run in the browser only: there the link that reloads the page is not needed.
    let followed = RwSignal::new(false);
    Effect::new(move |_| {
        if was_running {
            browser::show_end();
            followed.set(browser::follow(run.id, run.last_seq, move |event| {
                let at_end = browser::is_at_end();
                live.hear(event, desk);
                if at_end {
                    browser::show_end();
                }
            }));
        }
    });
    let is_running = Memo::new(move |_| live.state.get() == RunState::Running);
    let prose = Memo::new(move |_| {
        let html = live.html.get();
        if is_running.get() { continued(&html, &live.tail.with(|tail| escaped(tail))) } else { html }
    });
    let call_ids =
        Memo::new(move |_| live.cards.with(|cards| cards.iter().map(|card| card.call_id.clone()).collect::<Vec<_>>()));
    view! {
        <article class="thread" aria-label="Answer" aria-busy=move || is_running.get().then_some("true")>
            <Ring/>
            <p class="by" role=was_running.then_some("status")>
                "Aura "
                {move || {
                    if is_running.get() {
                        let doing = live.status.get().filter(|status| status != AI_IS_OFF);
                        view! { <span class="muted">{doing.unwrap_or_else(|| "is writing".to_owned())}</span> }
                            .into_any()
                    } else {
                        view! {
                            <time datetime=moment.clone()>{clock.clone()}</time>
                            {(was_running && live.state.get() == RunState::Finished)
                                .then(|| view! { <span class="visually-hidden">"The answer is complete."</span> })}
                        }
                            .into_any()
                    }
                }}
            </p>
            {move || {
                live.status.get().filter(|status| status == AI_IS_OFF).map(|status| view! { <p class="sub">{status}</p> })
            }}
            <For
                each=move || call_ids.get()
                key=|call_id| call_id.clone()
                children=move |call_id| {
                    let card = Memo::new(move |_| {
                        live.cards.with(|cards| cards.iter().find(|card| card.call_id == call_id).cloned())
                    });
                    view! { <ToolCardView card=card/> }
                }
            />
            <Show when=move || prose.with(|prose| !prose.is_empty())>
                <Prose html=prose/>
            </Show>
            <Show when=move || is_running.get() && !followed.get()>
                <p class="sub"><a href="" rel="external">"Refresh"</a>" to see more of this answer."</p>
            </Show>
            <End run=run.id.to_string() question=question state=live.state error=live.error desk=desk/>
        </article>
    }
}

/// Text as HTML that shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// How an answer ended, where that has to be said.
#[component]
fn End(
    run: String,
    question: String,
    state: RwSignal<RunState>,
    error: RwSignal<Option<String>>,
    desk: Desk,
) -> impl IntoView {
    // The key is the run's: however often it is pressed, the question is asked again once.
    let key = StoredValue::new(format!("again-{run}"));
    let question = StoredValue::new(question);
    let again = move |event: SubmitEvent| {
        event.prevent_default();
        desk.send(question.get_value(), key.get_value(), false);
    };
    move || match state.get() {
        RunState::Running | RunState::Finished => ().into_any(),
        RunState::Stopped => view! { <p class="sub">"You stopped this answer here."</p> }.into_any(),
        RunState::Failed | RunState::Interrupted => {
            let sentence = error.get().unwrap_or_else(|| INTERRUPTED.to_owned());
            view! {
                <section class="note failed step" role="alert">
                    <Icon name="circle-alert"/>
                    <div class="grow">
                        <b>{sentence}</b>
                    </div>
                    <form class="actions" method="post" action="/api/chat" on:submit=again>
                        <input type="hidden" name="conversation" prop:value=desk.conversation value=desk.conversation.get_untracked()/>
                        <input type="hidden" name="key" value=key.get_value()/>
                        <input type="hidden" name="text" value=question.get_value()/>
                        <Button busy=desk.sending>
                            <Icon name="rotate-ccw"/>
                            "Try again"
                        </Button>
                    </form>
                </section>
            }
                .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_streams_is_text() {
        assert_eq!(super::escaped("<img src=x> &lt;"), "&lt;img src=x&gt; &amp;lt;");
    }
}
