use leptos::{prelude::*, task::spawn_local};

use super::{
    desk::Desk,
    need_card::NeedCardView,
    proposal_card::ProposalCardView,
    tool_card::ToolCardView,
    transcript::name,
    versions::{Again, AnswerActs},
};
use crate::{
    chat::{
        api, browser,
        model::{Answer, INTERRUPTED, RunEvent, RunState, ToolCard, outlasts},
        need::NeedCard,
        proposal::ProposalCard,
        receipts,
        unfinished::continued,
    },
    kit::id::{ApprovalId, MessageId, RunId},
    ui::{Icon, Prose, Ring, escaped},
};

/// The button that ends the answer.
pub(super) const STOP: &str = "stop-answer";

/// An answer's moving parts.
#[derive(Clone, Copy)]
struct Live {
    state: RwSignal<RunState>,
    /// Rendered by the server.
    html: RwSignal<String>,
    /// What came after it, as plain text.
    tail: RwSignal<String>,
    /// What follows and is not logged yet: as it is, and as it is shown, once for each time that the screen is drawn.
    ahead: StoredValue<String>,
    shown_ahead: RwSignal<String>,
    cards: RwSignal<Vec<ToolCard>>,
    proposals: RwSignal<Vec<ProposalCard>>,
    needs: RwSignal<Vec<NeedCard>>,
    status: RwSignal<Option<String>>,
    error: RwSignal<Option<String>>,
}

impl Live {
    fn hear(self, event: RunEvent, run: RunId, desk: Desk) {
        match event {
            RunEvent::Status { text } => self.status.set(Some(text)),
            RunEvent::Text { text } => {
                let rest = self.ahead.with_value(|ahead| ahead.strip_prefix(&text).unwrap_or_default().to_owned());
                self.ahead.set_value(rest.clone());
                self.shown_ahead.set(rest);
                self.tail.update(|tail| tail.push_str(&text));
            }
            RunEvent::Ahead { text } => {
                self.ahead.set_value(text);
                browser::when_drawn(move || {
                    // The page may be gone by then, or an earlier one has shown it.
                    let Some(ahead) = self.ahead.try_get_value() else { return };
                    if self.shown_ahead.with_untracked(|shown| *shown != ahead) {
                        let at_end = browser::is_at_end();
                        self.shown_ahead.set(ahead);
                        if at_end {
                            browser::show_end();
                        }
                    }
                });
            }
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
            RunEvent::Proposal { card } => {
                self.proposals.update(|cards| match cards.iter_mut().find(|known| known.id == card.id) {
                    Some(known) => *known = card,
                    None => cards.push(card),
                });
            }
            RunEvent::Need { card } => {
                self.needs.update(|cards| match cards.iter_mut().find(|known| known.id == card.id) {
                    Some(known) => *known = card,
                    None => cards.push(card),
                });
            }
            RunEvent::Waiting => {
                self.state.set(RunState::Waiting);
                rest(desk, "The answer waits for you.");
            }
            RunEvent::Resumed => {
                self.state.set(RunState::Running);
                desk.running.set(Some(run));
            }
            RunEvent::Settled { state, error } => {
                self.ahead.set_value(String::new());
                self.shown_ahead.set(String::new());
                self.error.set(error);
                self.state.set(state);
                rest(desk, told(state));
            }
        }
    }
}

/// Nothing is written any more. The focus stays, where the button that had it goes away.
fn rest(desk: Desk, news: &'static str) {
    let had_focus = browser::holds_focus(STOP);
    desk.running.set(None);
    desk.news.set(news);
    if had_focus {
        browser::focus("message".to_owned());
    }
}

/// What a screen reader is told of the end. A failure says by itself that it is one.
fn told(state: RunState) -> &'static str {
    match state {
        RunState::Finished => "The answer is complete.",
        RunState::Stopped => "The answer was stopped.",
        _ => "",
    }
}

/// Reads those proposals of an answer anew that may stand otherwise: an undoing in another tab, or on another device.
fn keep_current(live: Live, run: RunId, desk: Desk) {
    Effect::watch(
        move || desk.changed.get(),
        move |changed, _, _| {
            let fits = |id: &ApprovalId| changed.is_none_or(|changed| changed == *id);
            let ids: Vec<String> = live.proposals.with_untracked(|cards| {
                cards.iter().map(|card| card.id).filter(fits).map(|id| id.to_string()).collect()
            });
            if ids.is_empty() {
                return;
            }
            spawn_local(async move {
                // Where that fails, the card says what it said before, and its buttons tell the truth.
                for card in api::proposals(ids.join(" ")).await.unwrap_or_default() {
                    live.hear(RunEvent::Proposal { card }, run, desk);
                }
            });
        },
        false,
    );
}

/// An answer: what was read for it, its text, and how it ended.
#[component]
pub(super) fn AnswerView(answer: Answer, desk: Desk) -> impl IntoView {
    let acts = answer.clone();
    let Answer { id, html, clock, moment, cards, proposals, needs, run, .. } = answer;
    let run = *run;
    let live = Live {
        state: RwSignal::new(run.state),
        html: RwSignal::new(html),
        tail: RwSignal::new(String::new()),
        ahead: StoredValue::new(String::new()),
        shown_ahead: RwSignal::new(String::new()),
        cards: RwSignal::new(cards),
        proposals: RwSignal::new(proposals),
        needs: RwSignal::new(needs),
        status: RwSignal::new(run.status),
        error: RwSignal::new(run.error),
    };
    let was_running = run.state.is_open();
    // Effects run in the browser only: there the link that reloads the page is not needed.
    let followed = RwSignal::new(false);
    keep_current(live, run.id, desk);
    Effect::new(move |_| {
        if run.state == RunState::Running {
            desk.news.set("Aura is writing an answer.");
        }
        if was_running {
            browser::show_end();
            followed.set(browser::follow(run.id, run.last_seq, move |event| {
                let at_end = browser::is_at_end();
                live.hear(event, run.id, desk);
                if at_end {
                    browser::show_end();
                }
            }));
        }
    });
    let is_running = Memo::new(move |_| live.state.get() == RunState::Running);
    let prose = Memo::new(move |_| {
        let html = live.html.get();
        let tail = move || live.tail.get() + &live.shown_ahead.get();
        let html = if is_running.get() { continued(&html, &escaped(&tail())) } else { html };
        live.cards.with(|cards| receipts::linked(&html, cards.iter().flat_map(|card| &card.items)))
    });
    let call_ids =
        Memo::new(move |_| live.cards.with(|cards| cards.iter().map(|card| card.call_id.clone()).collect::<Vec<_>>()));
    let proposed =
        Memo::new(move |_| live.proposals.with(|cards| cards.iter().map(|card| card.id).collect::<Vec<_>>()));
    let needed = Memo::new(move |_| live.needs.with(|cards| cards.iter().map(|card| card.id).collect::<Vec<_>>()));
    view! {
        <article
            class="thread"
            id=name(id)
            tabindex="-1"
            data-found=desk.is_at(id).then_some("true")
            aria-label="Answer"
            aria-busy=move || is_running.get().then_some("true")
        >
            <Ring/>
            <p class="by">
                "Aura "
                {move || {
                    if is_running.get() {
                        let doing = live.status.get().filter(|status| !outlasts(status));
                        view! { <span class="muted">{doing.unwrap_or_else(|| "is writing".to_owned())}</span> }
                            .into_any()
                    } else {
                        view! {
                            <time datetime=moment.clone()>{clock.clone()}</time>
                            {(live.state.get() == RunState::Waiting)
                                .then(|| view! { <span class="muted">" waits for you"</span> })}
                        }
                            .into_any()
                    }
                }}
            </p>
            {move || {
                live.status.get().filter(|status| outlasts(status)).map(|status| view! { <p class="sub">{status}</p> })
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
            <For
                each=move || proposed.get()
                key=|id| *id
                children=move |id| {
                    let card = Memo::new(move |_| {
                        live.proposals.with(|cards| cards.iter().find(|card| card.id == id).cloned())
                    });
                    view! { <ProposalCardView card=card all=live.proposals/> }
                }
            />
            <For
                each=move || needed.get()
                key=|id| *id
                children=move |id| {
                    let card = Memo::new(move |_| {
                        live.needs.with(|cards| cards.iter().find(|card| card.id == id).cloned())
                    });
                    view! { <NeedCardView card=card all=live.needs/> }
                }
            />
            <Show when=move || is_running.get() && !followed.get()>
                <p class="sub"><a href="" rel="external">"Refresh"</a>" to see more of this answer."</p>
            </Show>
            <End answer=id state=live.state error=live.error desk=desk/>
            <Show when=move || !is_running.get()>
                <AnswerActs answer=acts.clone() desk=desk/>
            </Show>
        </article>
    }
}

/// How an answer ended, where that has to be said.
#[component]
fn End(answer: MessageId, state: RwSignal<RunState>, error: RwSignal<Option<String>>, desk: Desk) -> impl IntoView {
    move || match state.get() {
        RunState::Running | RunState::Waiting | RunState::Finished => ().into_any(),
        RunState::Stopped => view! { <p class="sub">"You stopped this answer here."</p> }.into_any(),
        RunState::Failed | RunState::Interrupted => {
            let sentence = error.get().unwrap_or_else(|| INTERRUPTED.to_owned());
            view! {
                <section class="note failed step" role="alert">
                    <Icon name="circle-alert"/>
                    <div class="grow">
                        <b>{sentence}</b>
                    </div>
                    <Again answer=answer desk=desk label="Try again"/>
                </section>
            }
            .into_any()
        }
    }
}
