use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::loaded::{Done, Loaded, Refused};
use crate::{
    admin::{
        api::{RunEventAgain, events},
        model::EventLine,
    },
    ui::{Badge, Button, Panel, PanelBody, Row, Rows, Size, Tone},
};

const STATES: [(&str, &str); 4] = [("", "All"), ("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")];

/// What outside services told, by state.
#[component]
pub fn Events() -> impl IntoView {
    let again = ServerAction::<RunEventAgain>::new();
    provide_context(again);
    let query = use_query_map();
    let state = Memo::new(move |_| query.with(|query| query.get("state").unwrap_or_default()));
    let data = Resource::new_blocking(move || (state.get(), again.version().get()), |(state, _)| events(state));
    view! {
        <Done/>
        <Refused action=again/>
        <nav class="chips" aria-label="State">
            {STATES
                .into_iter()
                .map(|(name, label)| {
                    let href = if name.is_empty() { "/admin/events".to_owned() } else { format!("/admin/events?state={name}") };
                    view! {
                        <a class="chip" href=href aria-current=move || state.with(|state| state == name).then_some("true")>
                            {label}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
        <Loaded data=data children=shown/>
    }
}

fn shown(events: Vec<EventLine>) -> impl IntoView {
    let none = events.is_empty();
    view! {
        <Panel title="Events of outside services">
            {none.then(|| view! { <PanelBody><p class="muted">"None. What services post to this installation stands here."</p></PanelBody> })}
            <Rows>{events.into_iter().map(|event| view! { <Event event=event/> }).collect_view()}</Rows>
        </Panel>
    }
}

#[component]
fn Event(event: EventLine) -> impl IntoView {
    let EventLine { id, source, kind, state, problem, tries, received } = event;
    let again = expect_context::<ServerAction<RunEventAgain>>();
    let (tone, word) = match state.as_str() {
        "done" => (Tone::Ok, "Done"),
        "failed" => (Tone::Danger, "Failed"),
        _ => (Tone::Neutral, "Waiting"),
    };
    let problem = problem.map(|problem| format!(" {problem}")).unwrap_or_default();
    view! {
        <Row title=format!("{source}: {kind}") sub=format!("{received}, {tries} tries.{problem}")>
            <Badge tone=tone>{word}</Badge>
            <ActionForm action=again>
                <input type="hidden" name="id" value=id.to_string()/>
                <Button size=Size::Small attr:aria-label=format!("Run again: {source} {kind} of {received}")>"Run again"</Button>
            </ActionForm>
        </Row>
    }
}
