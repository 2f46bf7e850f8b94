use leptos::{ev::MouseEvent, html, prelude::*};

use super::{press::Press, proposal_card::read_field};
use crate::{
    chat::{
        api,
        proposal::{ProposalCard, UndoOffer},
    },
    kit::id::ApprovalId,
    ui::{Button, Icon},
};

/// How a change that was made is taken back: what would be sent for it, and the button that sends exactly that. It works
/// without a script; with one, the page stays as it is.
#[component]
pub(super) fn UndoView(
    id: ApprovalId,
    offer: UndoOffer,
    all: RwSignal<Vec<ProposalCard>>,
    place: NodeRef<html::Div>,
) -> impl IntoView {
    let UndoOffer { state, sentence, fields } = offer;
    let press = Press::new(all, place, |one, other| one.id == other.id);
    let Press { busy, refused, .. } = press;
    let undo = move |event: MouseEvent| {
        press.ask(&event, || async move { api::undo(id.to_string()).await.map(|decided| decided.card) });
    };
    let told = format!("undo-{id}");
    let form = state.is_open().then(|| {
        view! {
            <form method="post" action=format!("/api/chat/approvals/{id}/undo")>
                <Button busy=busy attr:aria-describedby=told.clone() on:click=undo>
                    "Undo"
                </Button>
            </form>
        }
    });
    view! {
        <details class="disclosure edit">
            <summary>
                <Icon name="chevron-right"/>
                {if state.is_open() { "What undoing would send" } else { "What undoing sent" }}
            </summary>
            <dl class="facts form">{fields.into_iter().map(read_field).collect_view()}</dl>
        </details>
        {move || refused.get().map(|error| view! { <p class="error" role="alert">{error.message}</p> })}
        <footer>
            <p class="sub" id=told.clone()>{sentence}</p>
            {form}
        </footer>
    }
}
