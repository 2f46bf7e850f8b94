use super::{Installation, SkipLink, StagingBar, page::BarEnd};
use crate::ui::{AuraGradient, Badge, Brand, Icon, ToastShelf, Toasts, Tone};
use leptos::{ev::MouseEvent, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

/// One place of the app in the sidebar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavItem {
    /// Where it leads; also how the current one is recognised.
    pub href: &'static str,
    pub icon: &'static str,
    pub label: &'static str,
    /// How many things there need attention.
    pub waiting: Signal<u32>,
}

impl NavItem {
    /// A place where nothing ever waits.
    pub fn new(href: &'static str, icon: &'static str, label: &'static str) -> Self {
        Self { href, icon, label, waiting: Signal::stored(0) }
    }
}

/// The frame of the signed-in app: the sidebar, and the page beside it. Below 60rem the sidebar is a popover.
#[component]
pub fn AppShell(
    /// The places of the app, in order.
    nav: Vec<NavItem>,
    /// The `href` of the place we are in.
    #[prop(into)]
    current: Signal<String>,
    /// The link that starts something new, beside the brand.
    #[prop(optional, into)]
    start: ViewFn,
    /// The way to what the person was told, beside the brand and in the bar of small screens.
    #[prop(optional, into)]
    bell: ViewFn,
    /// The way to everything by its name, in the bar of small screens.
    #[prop(optional, into)]
    finder: ViewFn,
    /// Whether the sidebar has given its place to the page; it then opens as on small screens.
    #[prop(optional, into)]
    sidebar_away: Signal<bool>,
    /// The list below the places, such as recent conversations.
    #[prop(optional, into)]
    recents: ViewFn,
    /// Which team one works for, and the others.
    #[prop(optional, into)]
    team: ViewFn,
    /// Who is signed in, and the way out.
    #[prop(optional, into)]
    account: ViewFn,
    /// What every page has to say, such as a plan that ran out.
    #[prop(optional, into)]
    banner: ViewFn,
    children: Children,
) -> impl IntoView {
    let staging = Installation::here().staging;
    let toasts = Toasts::provide();
    let at_end = bell.clone();
    provide_context(BarEnd(ViewFn::from(move || view! { {finder.run()} {at_end.run()} })));
    view! {
        <SkipLink/>
        <AuraGradient/>
        {staging.then(|| view! { <StagingBar/> })}
        <div class="shell" data-sidebar=move || sidebar_away.get().then_some("away")>
            <aside class="sidebar" id="sidebar" popover="auto" aria-label="Sidebar" on:click=close_after_a_link>
                <div class="top">
                    <Brand href="/chat"/>
                    <div class="actions">{bell.run()} {start.run()}</div>
                </div>
                <nav aria-label="Main">
                    <ul>
                        {nav.into_iter().map(|item| view! { <Place item=item current=current/> }).collect_view()}
                    </ul>
                </nav>
                {recents.run()}
                <div class="team">{team.run()}</div>
                <div class="account">{account.run()}</div>
            </aside>
            <main id="main">
                {banner.run()}
                {children()}
            </main>
        </div>
        <ToastShelf toasts=toasts/>
    }
}

#[component]
fn Place(item: NavItem, current: Signal<String>) -> impl IntoView {
    let NavItem { href, icon, label, waiting } = item;
    view! {
        <li>
            <a href=href aria-current=move || current.with(|current| current == href).then_some("page")>
                <Icon name=icon/>
                <span>{label}</span>
                {move || {
                    let count = waiting.get();
                    (count > 0)
                        .then(|| {
                            view! {
                                <Badge tone=Tone::Warn plain=true>
                                    {count}
                                    <span class="visually-hidden">" waiting for you"</span>
                                </Badge>
                            }
                        })
                }}
            </a>
        </li>
    }
}

/// A link inside the app loads no new document, so the popovers that held it have to be closed: a menu, the sidebar.
fn close_after_a_link(event: MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    let mut inside = target.and_then(|element| element.closest("a").ok().flatten());
    while let Some(popover) = inside.and_then(|element| element.closest("[popover]").ok().flatten()) {
        inside = popover.parent_element();
        if let Ok(popover) = popover.dyn_into::<HtmlElement>() {
            // On wide screens the sidebar is no open popover, and there is nothing to hide.
            let _was_not_open = popover.hide_popover();
        }
    }
}
