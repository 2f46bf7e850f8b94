use crate::ui::{LinkButton, Look, PublicPage, Size};
use leptos::prelude::*;

/// What went wrong, what to do next, and what to name when asking for help.
#[component]
pub fn ErrorPage(
    status: u16,
    /// In three or four words.
    #[prop(into)]
    title: String,
    /// A sentence that a person can act on.
    #[prop(into)]
    message: String,
    #[prop(optional, into)] request_id: Option<String>,
    /// The stable name of the refusal.
    #[prop(optional, into)]
    code: Option<String>,
    #[prop(optional)] staging: bool,
) -> impl IntoView {
    view! {
        <PublicPage staging=staging inside=true>
            <div class="wrap failure">
                <h1>{title}</h1>
                <p>{message}</p>
                <div class="actions">
                    <LinkButton href="/chat" look=Look::Primary size=Size::Large external=true>
                        "Open Aura"
                    </LinkButton>
                    <LinkButton href="/" size=Size::Large external=true>
                        "To the first page"
                    </LinkButton>
                </div>
                <dl class="facts">
                    <dt>"Status"</dt>
                    <dd>{status}</dd>
                    {code.map(|code| view! { <dt>"Code"</dt><dd><code>{code}</code></dd> })}
                    {request_id.map(|id| view! { <dt>"Request"</dt><dd><code>{id}</code></dd> })}
                </dl>
            </div>
        </PublicPage>
    }
}
