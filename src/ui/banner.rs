use super::{Icon, Tone};
use leptos::prelude::*;

/// A notice across the page: what is the case, and at most one thing to do about it. Trouble is announced at once.
#[component]
pub fn Banner(
    #[prop(optional)] tone: Tone,
    /// Another drawing than the one that goes with the tone.
    #[prop(optional, into)]
    icon: Option<&'static str>,
    /// A button or link at the end.
    #[prop(optional, into)]
    action: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    let role = if tone == Tone::Danger { "alert" } else { "status" };
    view! {
        <div class=format!("banner {}", tone.class()).trim_end().to_owned() role=role>
            <Icon name=icon.unwrap_or(tone.icon())/>
            <div class="grow">{children()}</div>
            {action.run()}
        </div>
    }
}
