use leptos::{ev::MouseEvent, prelude::*};

use super::desk::Desk;
use crate::{
    chat::{
        found::encoded,
        model::{AI_IS_OFF, Suggestion},
    },
    ui::{Icon, LinkButton, Look, Mark, Ring},
};

/// Before the first question: what can be asked, or what to do first.
#[component]
pub(in crate::chat) fn FirstRun(
    greeting: String,
    accounts: u32,
    by_rules: bool,
    suggestions: Vec<Suggestion>,
    desk: Desk,
) -> impl IntoView {
    let intro = match accounts {
        0 => "No service is connected yet. Connect one, and ask about what is in it.".to_owned(),
        1 => "One account is connected. These questions only read.".to_owned(),
        more => format!("{more} accounts are connected. These questions only read."),
    };
    view! {
        <div class="transcript first-run">
            <div class="stack tight">
                <Ring large=true/>
                <h1>{greeting}</h1>
                <p class="muted">{intro}</p>
                {by_rules.then(|| view! { <p class="sub">{AI_IS_OFF}</p> })}
            </div>
            {(accounts == 0)
                .then(|| {
                    view! {
                        <p>
                            <LinkButton href="/connections" look=Look::Primary>"Connect a service"</LinkButton>
                        </p>
                    }
                })}
            {(!suggestions.is_empty())
                .then(|| {
                    view! {
                        <ul class="suggestions">
                            {suggestions
                                .into_iter()
                                .map(|suggestion| view! { <Suggested suggestion=suggestion desk=desk/> })
                                .collect_view()}
                        </ul>
                    }
                })}
            <p class="assurance">
                <Icon name="shield-check"/>
                <span>"Aura never changes anything by itself. It only reads, and shows you what it read."</span>
            </p>
        </div>
    }
}

/// A question that one click asks. Without a script the link writes it into the composer.
#[component]
fn Suggested(suggestion: Suggestion, desk: Desk) -> impl IntoView {
    let Suggestion { service, service_name, question } = suggestion;
    let address = format!("/chat?q={}", encoded(&question));
    let asked = question.clone();
    let ask = move |event: MouseEvent| {
        event.prevent_default();
        desk.draft.set(asked.clone());
        desk.send_draft();
    };
    view! {
        <li>
            <a href=address on:click=ask>
                <Mark id=service name=service_name.clone()/>
                <span class="grow">
                    {question}
                    <span class="sub">{format!("Reads {service_name}")}</span>
                </span>
                <Icon name="arrow-right"/>
            </a>
        </li>
    }
}
