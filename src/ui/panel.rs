use leptos::prelude::*;

/// One level of containment, with an optional heading and foot. A panel never stands inside another panel.
#[component]
pub fn Panel(
    /// The heading, as an `h2`.
    #[prop(optional, into)]
    title: Option<String>,
    /// What stands opposite the heading.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
    #[prop(optional, into)] foot: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    let head = (title.is_some() || actions.is_some()).then(|| {
        view! {
            <div class="panel-head">
                {title.map(|title| view! { <h2>{title}</h2> })}
                {actions.map(|actions| actions.run())}
            </div>
        }
    });
    view! {
        <section class="panel">
            {head}
            {children()}
            {foot.map(|foot| view! { <div class="panel-foot">{foot.run()}</div> })}
        </section>
    }
}

/// The padded inside of a `Panel`, for text and forms.
#[component]
pub fn PanelBody(children: Children) -> impl IntoView {
    view! { <div class="panel-body">{children()}</div> }
}

/// The inside of a `Panel` that is a list of `Row`s.
#[component]
pub fn Rows(children: Children) -> impl IntoView {
    view! { <div class="rows">{children()}</div> }
}

/// One line of a list: a drawing, then title and detail, then what can be done with it.
#[component]
pub fn Row(
    #[prop(into)] title: String,
    /// The quieter second line.
    #[prop(optional, into)]
    sub: Option<String>,
    /// A `Mark`, an `Avatar` or an `Icon` before the title.
    #[prop(optional, into)]
    lead: ViewFnOnce,
    /// Badges and buttons after it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="row">
            {lead.run()}
            <div class="grow">
                <div class="title">{title}</div>
                {sub.map(|sub| view! { <div class="sub">{sub}</div> })}
            </div>
            {children.map(|children| children())}
        </div>
    }
}
