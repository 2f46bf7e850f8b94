use leptos::{ev::MouseEvent, html, prelude::*, task::spawn_local};

use super::proposal_card::read_field;
use crate::{
    chat::{
        api,
        proposal::{ProposalCard, UndoOffer},
    },
    error::AppError,
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
    let busy = RwSignal::new(false);
    let refused: RwSignal<Option<AppError>> = RwSignal::new(None);
    let undo = move |event: MouseEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let outcome = api::undo(id.to_string()).await;
            busy.try_set(false);
            match outcome {
                Ok(decided) => {
                    all.try_update(|all| {
                        if let Some(known) = all.iter_mut().find(|known| known.id == decided.card.id) {
                            *known = decided.card;
                        }
                    });
                    if let Some(place) = place.try_get_untracked().flatten() {
                        let _ = place.focus();
                    }
                }
                Err(error) => {
                    refused.try_set(Some(error));
                }
            }
        });
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
