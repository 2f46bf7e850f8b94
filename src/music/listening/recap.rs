use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::listening,
    model::{Heard, Line, ListeningView},
    page::{Periods, Ranking, asked},
};
use crate::ui::{Banner, Bar, Bars, Empty, LinkButton, Page, Skeleton, Tone, grouped};

/// How many of each list are told.
const FIRST: usize = 5;

/// What stands at `/music/recap`: a period, told in sentences.
#[component]
pub fn RecapPage() -> impl IntoView {
    let query = use_query_map();
    let period = asked(query);
    let shown = Resource::new_blocking(move || period.get(), listening);
    view! {
        <Title text="Recap"/>
        <Page
            title="Recap"
            intro="A time of your listening in a few sentences. Only you see this page."
            actions=|| view! { <LinkButton href="/music">"All numbers"</LinkButton> }
        >
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => view! { <Told view=view/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn Told(view: ListeningView) -> impl IntoView {
    let ListeningView { period, days, heard, years, .. } = view;
    let story = match heard {
        Some(heard) => view! { <Story heard=heard/> }.into_any(),
        None => view! {
            <Empty icon="audio-lines" title="Nothing was played in this time">
                <LinkButton href="/music/sources">"See what is read"</LinkButton>
            </Empty>
        }
        .into_any(),
    };
    view! {
        <Periods at="/music/recap" chosen=period years=years/>
        <p class="sub">{days}</p>
        {story}
    }
}

#[component]
fn Story(heard: Heard) -> impl IntoView {
    let Heard { story, series, step, artists, albums, tracks, genres, .. } = heard;
    let first = |lines: Vec<Line>| lines.into_iter().take(FIRST).collect::<Vec<_>>();
    let steps = series
        .into_iter()
        .map(|step| Bar { name: step.name, short: step.short, value: step.plays, more: vec![grouped(step.minutes)] })
        .collect();
    view! {
        <div class="prose">{story.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}</div>
        <div class="columns broad">
            <Ranking id="artists" title="Artists" lines=first(artists)/>
            <Ranking id="tracks" title="Tracks" lines=first(tracks)/>
            <Ranking id="albums" title="Albums" lines=first(albums)/>
            <Ranking id="genres" title="Genres" lines=first(genres)/>
        </div>
        <div class="charts flip">
            <Bars bars=steps title=format!("Plays by {step}") unit="plays" heads=vec!["When", "Plays", "Minutes"]/>
        </div>
    }
}
