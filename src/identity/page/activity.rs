use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    identity::{
        api::own_activity,
        model::{Activity, Happening, Show},
    },
    ui::{Banner, LinkButton, Setting, Size, Skeleton, TablePanel, Tone},
};

const HERE: &str = "/settings/activity";

/// What happened to the account, for its owner alone.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let show = move || query.with(|query| Show::parse(query.get_str("show").unwrap_or_default()));
    let before = move || query.with(|query| query.get_str("before").and_then(|id| id.parse().ok()));
    let shown = Resource::new_blocking(move || (show(), before()), |(show, before)| own_activity(show, before));
    view! {
        <Title text="Activity"/>
        <Setting
            id="activity"
            title="Activity"
            intro="What happened to your account. Kept for one year, and nobody can change an entry. Only you see this page."
        >
            <p><a href="/settings/activity/services">"What Aura did through your accounts"</a></p>
            <nav class="chips" aria-label="Show">
                {Show::ALL
                    .into_iter()
                    .map(|one| {
                        view! {
                            <a
                                class="chip"
                                href=format!("{HERE}?show={}", one.as_str())
                                aria-current=move || (show() == one).then_some("true")
                            >
                                {one.label()}
                            </a>
                        }
                    })
                    .collect_view()}
            </nav>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(page) => {
                            let first = before().is_none();
                            view! { <Log page=page show=show() first=first/> }.into_any()
                        }
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
            <p>
                <a href="/api/identity/activity.csv" rel="external" download="">
                    "Export all of it as CSV"
                </a>
            </p>
        </Setting>
    }
}

#[component]
fn Log(page: Activity, show: Show, first: bool) -> impl IntoView {
    let Activity { lines, older } = page;
    let none = lines.is_empty().then(|| view! { <p class="muted">"Nothing of this kind yet."</p> });
    let filled = !lines.is_empty();
    let rows: Vec<_> = lines.into_iter().map(|line| view! { <Line line=line/> }).collect();
    let to_older = older.map(|id| format!("{HERE}?show={}&before={id}", show.as_str()));
    let to_newest = (!first).then(|| format!("{HERE}?show={}", show.as_str()));
    view! {
        {none}
        {filled
            .then(|| {
                view! { <TablePanel label="Activity table" heads=&["When", "What", "From"]>{rows}</TablePanel> }
            })}
        <div class="actions">
            {to_newest.map(|href| view! { <LinkButton href=href size=Size::Small>"Newest"</LinkButton> })}
            {to_older.map(|href| view! { <LinkButton href=href size=Size::Small>"Older"</LinkButton> })}
        </div>
    }
}

#[component]
fn Line(line: Happening) -> impl IntoView {
    let Happening { when, at, what, more, from } = line;
    view! {
        <tr>
            <td>
                <time datetime=at>{when}</time>
            </td>
            <th scope="row">
                {what} {(!more.is_empty()).then(|| view! { <div class="sub">{more}</div> })}
            </th>
            <td>{from}</td>
        </tr>
    }
}
