//! What everybody sees of a profile: the same markup for them and for its owner's preview.

use leptos::prelude::*;

use super::model::{FeaturedView, Shown, SourceView};
use crate::{
    music::listening::{Figures, Ranking},
    ui::{Avatar, Badge, Calendar, Clock, Tone, Week, grouped},
};

/// A text about oneself, line by line. Each line finds its own direction.
#[component]
pub fn Bio(text: String) -> impl IntoView {
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| view! { <p dir="auto">{line.to_owned()}</p> })
        .collect_view();
    view! { {lines} }
}

/// Whatever is shown below the name, from the featured artists to the sources.
#[component]
pub fn Sections(shown: Shown) -> impl IntoView {
    let Shown { bio: _, days, featured, figures, artists, tracks, albums, clock, week, calendar, sources, named } =
        shown;
    let figures = (!figures.is_empty()).then(|| view! { <Figures figures=figures/> });
    let by_days = week.is_some() || calendar.is_some();
    let charts = (clock.is_some() || by_days).then(|| {
        let calendar = calendar.map(|days| {
            view! {
                <Calendar
                    starts=days.starts
                    values=days.values
                    months=days.months
                    sums=days.sums
                    title="Day by day"
                />
            }
        });
        let class = if clock.is_some() { "charts" } else { "stack" };
        view! {
            <div class=class>
                {clock.map(|hours| view! { <Clock values=hours unit="plays" title="Around the clock"/> })}
                {by_days
                    .then(|| {
                        view! {
                            <div class="stack">
                                {week.map(|week| view! { <Week values=week title="Through the week"/> })} {calendar}
                            </div>
                        }
                    })}
            </div>
        }
    });
    let lists = !(artists.is_empty() && tracks.is_empty() && albums.is_empty());
    view! {
        {(!featured.is_empty()).then(|| view! { <Picked featured=featured/> })}
        {(!days.is_empty()).then(|| view! { <p class="sub">{format!("Counted from {days}.")}</p> })}
        {figures}
        {charts}
        {lists
            .then(|| {
                view! {
                    <div class="columns broad">
                        <Ranking id="artists" title="Artists" lines=artists/>
                        <Ranking id="tracks" title="Tracks" lines=tracks/>
                        <Ranking id="albums" title="Albums" lines=albums/>
                    </div>
                }
            })}
        {(!sources.is_empty()).then(|| view! { <Sources sources=sources/> })}
        {(!named.is_empty())
            .then(|| view! { <p class="sub">{format!("Among these plays are data from {}.", named.join(" and "))}</p> })}
    }
}

#[component]
fn Picked(featured: Vec<FeaturedView>) -> impl IntoView {
    let covers = featured
        .into_iter()
        .map(|FeaturedView { name, caption, plays }| {
            let played = format!("{} play{}", grouped(plays), if plays == 1 { "" } else { "s" });
            view! {
                <li>
                    <Avatar name=name.clone()/>
                    <span class="title" dir="auto">{name}</span>
                    {(!caption.is_empty()).then(|| view! { <span class="sub" dir="auto">{caption}</span> })}
                    <span class="sub num">{played}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="stack" aria-labelledby="featured">
            <h2 id="featured">"Featured artists"</h2>
            <ul class="covers">{covers}</ul>
        </section>
    }
}

#[component]
fn Sources(sources: Vec<SourceView>) -> impl IntoView {
    let rows = sources
        .into_iter()
        .map(|SourceView { service, account, verified }| {
            let badge = verified.map(|verified| match verified {
                true => view! { <Badge tone=Tone::Ok>"Verified"</Badge> },
                false => view! { <Badge tone=Tone::Neutral>"Unverified"</Badge> },
            });
            view! {
                <li class="row">
                    <div class="grow">
                        <div class="title">{service}</div>
                        {account.map(|account| view! { <div class="sub">{account}</div> })}
                    </div>
                    {badge}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="sources">
            <div class="panel-head">
                <h2 id="sources">"Where the plays come from"</h2>
            </div>
            <ul class="rows">{rows}</ul>
        </section>
    }
}
