use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use super::{
    api::listening,
    model::{Heard, Line, ListeningView, PERIODS},
};
use crate::ui::{Banner, Bar, Bars, Button, Calendar, Clock, Empty, LinkButton, Page, Skeleton, Tone, Week, grouped};

/// What stands at `/music`: what its person listened to.
#[component]
pub fn ListeningPage() -> impl IntoView {
    let query = use_query_map();
    let period = asked(query);
    let shown = Resource::new_blocking(move || period.get(), listening);
    view! {
        <Title text="Your music"/>
        <Page
            title="Your music"
            intro="What you listened to, counted in your time zone. Only you see this page."
            actions=|| {
                view! {
                    <LinkButton href="/music/profile">"Profile"</LinkButton>
                    <LinkButton href="/music/recap">"Recap"</LinkButton>
                    <LinkButton href="/music/taste">"Taste"</LinkButton>
                    <LinkButton href="/music/playlists">"Playlists"</LinkButton>
                    <LinkButton href="/music/sources">"Sources"</LinkButton>
                    <LinkButton href="/music/import">"Import"</LinkButton>
                }
            }
        >
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => view! { <Whole view=view/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

/// The period that an address asks for: `period`, or the days from `first` to `last`.
pub(super) fn asked(query: Memo<ParamsMap>) -> Memo<String> {
    Memo::new(move |_| {
        query.with(|query| match (query.get("first"), query.get("last")) {
            (Some(first), Some(last)) => format!("{first}..{last}"),
            _ => query.get("period").unwrap_or_default(),
        })
    })
}

#[component]
fn Whole(view: ListeningView) -> impl IntoView {
    let ListeningView { period, days, heard, any, years } = view;
    if !any {
        return view! {
            <Empty icon="audio-lines" title="Nothing is counted yet">
                <p>"Name your Last.fm account, connect Spotify, or bring a file with your history."</p>
                <div class="actions">
                    <LinkButton href="/music/sources">"Add a source"</LinkButton>
                    <LinkButton href="/music/import">"Import a file"</LinkButton>
                </div>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Periods at="/music" chosen=period years=years/>
        <p class="sub">{days}</p>
        {match heard {
            Some(heard) => view! { <Panels heard=heard/> }.into_any(),
            None => view! { <p>"Nothing was played in this time."</p> }.into_any(),
        }}
    }
    .into_any()
}

#[component]
pub(super) fn Periods(at: &'static str, chosen: String, years: Vec<i32>) -> impl IntoView {
    let known = PERIODS.map(|(period, words)| (period.to_owned(), words.to_owned()));
    let years = years.into_iter().map(|year| (year.to_string(), year.to_string()));
    let links = known
        .into_iter()
        .chain(years)
        .map(|(period, words)| {
            let current = (period == chosen).then_some("true");
            view! { <a class="chip" href=format!("{at}?period={period}") aria-current=current>{words}</a> }
        })
        .collect_view();
    let (first, last) = match chosen.split_once("..") {
        Some((first, last)) => (first.to_owned(), last.to_owned()),
        None => Default::default(),
    };
    view! {
        <div class="stack tight">
            <nav class="chips" aria-label="Period">{links}</nav>
            <form class="row" method="get" action=at>
                <label for="first">"From"</label>
                <input id="first" name="first" type="date" value=first required/>
                <label for="last">"to"</label>
                <input id="last" name="last" type="date" value=last required/>
                <Button>"Show"</Button>
            </form>
        </div>
    }
}

/// A period in numbers.
#[component]
pub(in crate::music) fn Figures(figures: Vec<(String, String)>) -> impl IntoView {
    let figures = figures
        .into_iter()
        .map(|(name, number)| {
            view! {
                <div>
                    <dt class="sub">{name}</dt>
                    <dd>{number}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="figures">{figures}</dl> }
}

#[component]
fn Panels(heard: Heard) -> impl IntoView {
    let Heard {
        figures,
        compared,
        week,
        calendar,
        series,
        step,
        artists,
        albums,
        tracks,
        genres,
        genres_from,
        least,
        decades,
        facts,
        ..
    } = heard;
    let mut hours = [0; 24];
    for day in &week {
        for (sum, plays) in hours.iter_mut().zip(day) {
            *sum += plays;
        }
    }
    let steps = series
        .into_iter()
        .map(|step| Bar { name: step.name, short: step.short, value: step.plays, more: vec![grouped(step.minutes)] })
        .collect();
    let decades: Vec<Bar> =
        decades.into_iter().map(|(name, value)| Bar { short: name.clone(), name, value, more: Vec::new() }).collect();
    view! {
        <Figures figures=figures/>
        {compared.map(|compared| view! { <p>{compared}</p> })}
        <div class="charts">
            <Clock values=hours unit="plays" title="Around the clock"/>
            <div class="stack">
                <Week values=week title="Through the week"/>
                {calendar
                    .map(|days| {
                        view! {
                            <Calendar
                                starts=days.starts
                                values=days.values
                                months=days.months
                                sums=days.sums
                                title="Day by day"
                            />
                        }
                    })}
            </div>
        </div>
        <div class="columns broad">
            <Ranking id="artists" title="Artists" lines=artists/>
            <Ranking id="tracks" title="Tracks" lines=tracks/>
            <Ranking id="albums" title="Albums" lines=albums/>
            <Ranking id="genres" title="Genres" lines=genres note=genres_from/>
            <Ranking id="least" title="Played least" lines=least/>
        </div>
        <div class="charts flip">
            <Bars bars=steps title=format!("Plays by {step}") unit="plays" heads=vec!["When", "Plays", "Minutes"]/>
            {(!decades.is_empty())
                .then(|| {
                    view! { <Bars bars=decades title="Release years" unit="plays" heads=vec!["Decade", "Plays"]/> }
                })}
            <Facts facts=facts/>
        </div>
    }
}

#[component]
fn Facts(facts: Vec<(String, String)>) -> impl IntoView {
    let facts = facts
        .into_iter()
        .map(|(name, words)| {
            view! {
                <dt>{name}</dt>
                <dd>{words}</dd>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="facts">
            <div class="panel-head">
                <h2 id="facts">"In short"</h2>
            </div>
            <dl class="facts panel-body">{facts}</dl>
        </section>
    }
}

/// Names with how often they were played.
#[component]
pub fn Ranking(
    id: &'static str,
    title: &'static str,
    lines: Vec<Line>,
    #[prop(optional)] note: String,
) -> impl IntoView {
    if lines.is_empty() {
        return ().into_any();
    }
    let most = lines.iter().map(|line| line.plays).max().unwrap_or(1);
    let lines = lines
        .into_iter()
        .map(|Line { name, of, plays, moved }| {
            let said = format!("{name}: {} plays", grouped(plays));
            view! {
                <li>
                    <div>
                        <div class="title">{name}</div>
                        {if of.is_empty() {
                            view! {
                                <progress class="progress" value=plays max=most aria-label=said></progress>
                            }
                                .into_any()
                        } else {
                            view! { <div class="sub">{of}</div> }.into_any()
                        }}
                    </div>
                    <div class="num sub">
                        {grouped(plays)} {(!moved.is_empty()).then(|| view! { <div>{moved}</div> })}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby=id>
            <div class="panel-head">
                <h2 id=id>{title}</h2>
                <span class="sub">"plays"</span>
            </div>
            <ol class="ranking bare panel-body">{lines}</ol>
            {(!note.is_empty()).then(|| view! { <p class="panel-foot sub">{note}</p> })}
        </section>
    }
    .into_any()
}
