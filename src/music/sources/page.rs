use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{AddLastfm, ReadSpotify, RemoveSource, SyncNow, music_sources},
    model::{ListView, Offer, PlayView, SourceView, SourcesView, Standing},
};
use crate::{
    identity::page::{Refused, emptied_by, on_field, refusal_of},
    ui::{
        Badge, Banner, Button, ConfirmDialog, Field, LinkButton, Look, Page, Panel, PanelBody, Rows, Setting, Size,
        Skeleton, TextInput, Tone,
    },
};

/// The times over which lists are shown.
const PERIODS: [(&str, &str); 6] = [
    ("7day", "7 days"),
    ("1month", "1 month"),
    ("3month", "3 months"),
    ("6month", "6 months"),
    ("12month", "1 year"),
    ("overall", "All time"),
];

/// What the forms of the page do.
#[derive(Clone, Copy)]
struct Acts {
    add: ServerAction<AddLastfm>,
    read: ServerAction<ReadSpotify>,
    sync: ServerAction<SyncNow>,
    remove: ServerAction<RemoveSource>,
}

/// What stands at `/music/sources`: the accounts that are read, and what they told.
#[component]
pub fn SourcesPage() -> impl IntoView {
    let query = use_query_map();
    let period = Memo::new(move |_| query.with(|query| query.get("period").unwrap_or_default()));
    let acts = Acts {
        add: ServerAction::new(),
        read: ServerAction::new(),
        sync: ServerAction::new(),
        remove: ServerAction::new(),
    };
    let done = move || {
        let Acts { add, read, sync, remove } = acts;
        (add.version().get(), read.version().get(), sync.version().get(), remove.version().get())
    };
    let shown = Resource::new_blocking(move || (period.get(), done()), |(period, _)| music_sources(period));
    view! {
        <Title text="Music sources"/>
        <Page
            title="Music sources"
            intro="Where Aura learns what you listen to. Each can be removed, with all that only it told."
        >
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => view! { <Whole view=view period=period.get_untracked() acts=acts/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn Whole(view: SourcesView, period: String, acts: Acts) -> impl IntoView {
    let SourcesView { lastfm, sources, offers, spotify } = view;
    let any = sources.iter().any(|source| !source.lists.is_empty());
    view! {
        <Refused error=refusal_of(acts.add) except="name"/>
        <Refused error=refusal_of(acts.read) except=""/>
        <Refused error=refusal_of(acts.sync) except=""/>
        <Refused error=refusal_of(acts.remove) except=""/>
        <Lastfm on=lastfm acts=acts/>
        <Spotify offers=offers connected=spotify acts=acts/>
        {any.then(|| view! { <Periods chosen=period/> })}
        {sources.into_iter().map(|source| view! { <Source source=source acts=acts/> }).collect_view()}
    }
}

#[component]
fn Lastfm(on: bool, acts: Acts) -> impl IntoView {
    let refused = refusal_of(acts.add);
    let form = move || {
        view! {
            <PanelBody>
                <ActionForm action=acts.add attr:class="stack" node_ref=emptied_by(acts.add)>
                    <Field
                        id="name"
                        label="Your Last.fm name"
                        hint="It stands in the address of your profile there, after /user/."
                        error=on_field(refused, "name")
                    >
                        <TextInput name="name" required=true attr:maxlength="30" attr:autocomplete="off" attr:spellcheck="false"/>
                    </Field>
                    <div>
                        <Button look=Look::Primary busy=acts.add.pending()>"Read what I play"</Button>
                    </div>
                </ActionForm>
            </PanelBody>
        }
    };
    view! {
        <Setting id="lastfm" title="Last.fm" intro="No sign-in is needed: what Last.fm shows of a name is read.">
            <Panel>
                {if on {
                    form().into_any()
                } else {
                    view! {
                        <PanelBody>
                            <p class="muted">
                                "Last.fm is not set up on this installation. Whoever runs it sets LASTFM_API_KEY."
                            </p>
                        </PanelBody>
                    }
                        .into_any()
                }}
            </Panel>
        </Setting>
    }
}

#[component]
fn Spotify(offers: Vec<Offer>, connected: bool, acts: Acts) -> impl IntoView {
    let none = offers.is_empty();
    let rows = offers
        .into_iter()
        .map(|Offer { connection, account }| {
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{account}</div>
                    </div>
                    <ActionForm action=acts.read>
                        <input type="hidden" name="connection" value=connection.to_string()/>
                        <Button size=Size::Small busy=acts.read.pending()>"Read what I play"</Button>
                    </ActionForm>
                </div>
            }
        })
        .collect_view();
    view! {
        <Setting id="spotify" title="Spotify" intro="Read through your connection, every twenty minutes.">
            <Panel>
                {if none {
                    let told = if connected {
                        "Your Spotify account is read; it stands below."
                    } else {
                        "No Spotify account is connected."
                    };
                    view! {
                        <PanelBody>
                            <p class="muted">{told}</p>
                            {(!connected)
                                .then(|| view! { <LinkButton href="/connections" size=Size::Small>"Connect one"</LinkButton> })}
                        </PanelBody>
                    }
                        .into_any()
                } else {
                    view! { <Rows>{rows}</Rows> }.into_any()
                }}
            </Panel>
        </Setting>
    }
}

#[component]
fn Periods(chosen: String) -> impl IntoView {
    let chosen = if PERIODS.iter().any(|(period, _)| *period == chosen) { chosen } else { "overall".to_owned() };
    let links = PERIODS
        .into_iter()
        .map(|(period, words)| {
            let current = (period == chosen).then_some("true");
            view! {
                <a class="chip" href=format!("/music/sources?period={period}") aria-current=current>{words}</a>
            }
        })
        .collect_view();
    view! { <nav class="chips" aria-label="Time of the lists">{links}</nav> }
}

#[component]
fn Source(source: SourceView, acts: Acts) -> impl IntoView {
    let SourceView { id, service, account, verified, standing, problem, last, next, url, facts, lists, plays } = source;
    let (tone, word) = match standing {
        Standing::Waiting => (Tone::Accent, "Waiting"),
        Standing::Reading => (Tone::Accent, "Reading"),
        Standing::Read => (Tone::Ok, "Read"),
        Standing::Trouble => (Tone::Warn, "Needs attention"),
    };
    let verified = verified.map(|verified| match verified {
        true => view! { <Badge tone=Tone::Ok>"Verified"</Badge> },
        false => view! { <Badge tone=Tone::Neutral>"Unverified"</Badge> },
    });
    let facts = facts.into_iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(" · ");
    let title = format!("{service}: {account}");
    let heading = format!("source-{id}");
    let (of_sync, of_removal, asked) = (id.to_string(), id.to_string(), title.clone());
    view! {
        <section class="setting" aria-labelledby=heading.clone()>
            <div>
                <h2 id=heading.clone()>{title.clone()}</h2>
            </div>
            <div class="stack">
            {problem.map(|problem| view! { <Banner tone=Tone::Warn>{problem}</Banner> })}
            <Panel>
                <Rows>
                    <div class="row">
                        <div class="grow">
                            <div class="sub">{format!("{last}, {next}")}</div>
                            {(!facts.is_empty()).then(|| view! { <div class="sub">{facts}</div> })}
                            {url.map(|url| view! { <a class="sub" href=url rel="external">{format!("At {service}")}</a> })}
                        </div>
                        {verified}
                        <Badge tone=tone>{word}</Badge>
                    </div>
                    <div class="row">
                        <ActionForm action=acts.sync>
                            <input type="hidden" name="id" value=of_sync/>
                            <Button size=Size::Small busy=acts.sync.pending()>"Sync now"</Button>
                        </ActionForm>
                        <ConfirmDialog
                            id=format!("remove-{id}")
                            title=format!("Remove «{asked}»?")
                            open="Remove"
                            size=Size::Small
                            confirm=move || {
                                view! {
                                    <ActionForm action=acts.remove>
                                        <input type="hidden" name="id" value=of_removal/>
                                        <Button look=Look::Danger busy=acts.remove.pending()>"Remove with its data"</Button>
                                    </ActionForm>
                                }
                            }
                        >
                            <p>"All that only this source told is deleted here. Nothing changes at the service itself."</p>
                        </ConfirmDialog>
                    </div>
                </Rows>
            </Panel>
            {lists.into_iter().map(|list| view! { <List list=list/> }).collect_view()}
            {(!plays.is_empty()).then(|| view! { <Plays plays=plays/> })}
            </div>
        </section>
    }
}

#[component]
fn List(list: ListView) -> impl IntoView {
    let entries = list
        .entries
        .into_iter()
        .map(|entry| {
            let name = match entry.url {
                Some(url) => view! { <a href=url rel="external">{entry.name}</a> }.into_any(),
                None => entry.name.into_any(),
            };
            view! {
                <li class="row">
                    <span class="sub">{entry.rank}</span>
                    <div class="grow">
                        <div class="title">{name}</div>
                        {(!entry.note.is_empty()).then(|| view! { <div class="sub">{entry.note}</div> })}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <Panel title=list.title>
            <ol class="rows">{entries}</ol>
        </Panel>
    }
}

#[component]
fn Plays(plays: Vec<PlayView>) -> impl IntoView {
    let entries = plays
        .into_iter()
        .map(|PlayView { title, artist, at }| {
            view! {
                <li class="row">
                    <div class="grow">
                        <div class="title">{title}</div>
                        <div class="sub">{artist}</div>
                    </div>
                    <span class="sub">{at}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <Panel title="Played last">
            <ol class="rows">{entries}</ol>
        </Panel>
    }
}
