use crate::ui::{Brand, Icon};
use leptos::prelude::*;

/// What stands at the end of the bar on small screens, where the sidebar is closed; the frame provides it.
#[derive(Clone)]
pub(super) struct BarEnd(pub ViewFn);

#[component]
fn AtBarEnd() -> impl IntoView {
    use_context::<BarEnd>().map(|BarEnd(end)| view! { <div class="small-only ends">{end.run()}</div> })
}

/// Opens the sidebar where there is no room for it; the browser does it without a script.
#[component]
fn SidebarButton() -> impl IntoView {
    view! {
        <button
            class="button ghost square small-only"
            type="button"
            popovertarget="sidebar"
            aria-label="Open sidebar"
        >
            <Icon name="panel-left"/>
        </button>
    }
}

/// The bar above a page that shows its own heading: on small screens only, with the way to the sidebar.
#[component]
pub fn SmallBar() -> impl IntoView {
    view! {
        <header class="topbar small-only">
            <SidebarButton/>
            <Brand href="/chat"/>
            <AtBarEnd/>
        </header>
    }
}

/// The bar above a page whose heading stays in view; the children are its buttons.
#[component]
pub fn Topbar(#[prop(into)] title: Signal<String>, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <header class="topbar">
            <SidebarButton/>
            <h1>{move || title.get()}</h1>
            {children.map(|children| children())}
            <AtBarEnd/>
        </header>
    }
}

/// An ordinary page inside the shell: heading, one sentence, then its sections.
#[component]
pub fn Page(
    #[prop(into)] title: String,
    /// What one can do here, in one sentence.
    #[prop(optional, into)]
    intro: Option<String>,
    /// Buttons beside the heading.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    view! {
        <SmallBar/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{title}</h1>
                    {intro.map(|intro| view! { <p>{intro}</p> })}
                </div>
                {actions.map(|actions| view! { <div class="actions">{actions.run()}</div> })}
            </header>
            {children()}
        </div>
    }
}

/// A section of settings: what it is on the left, the thing itself on the right.
#[component]
pub fn Setting(
    /// Unique on the page; names the section.
    id: &'static str,
    #[prop(into)] title: String,
    #[prop(optional, into)] intro: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="setting" aria-labelledby=id>
            <div>
                <h2 id=id>{title}</h2>
                {intro.map(|intro| view! { <p>{intro}</p> })}
            </div>
            <div class="stack">{children()}</div>
        </section>
    }
}
