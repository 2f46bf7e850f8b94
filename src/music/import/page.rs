use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use super::{
    api::{RemoveImport, own_imports},
    model::{FaultView, ImportState, ImportView, ImportsView},
};
use crate::{
    identity::page::{Refused, refusal_of},
    ui::{
        Badge, Banner, Button, ConfirmDialog, LinkButton, Look, Page, Panel, PanelBody, Setting, Size, Skeleton, Tone,
    },
};

/// In seconds: while something is read, the page looks again.
const ASKS_AGAIN: &str = "5";

/// Which files there are, and where they come from.
const KINDS: [(&str, &str, &str); 4] = [
    (
        "Spotify, extended streaming history",
        "All you ever played. Ask for it under «Account privacy»; the mail with the archive comes within 30 days. Bring my_spotify_data.zip as it is.",
        "https://www.spotify.com/account/privacy/",
    ),
    (
        "Spotify, account data",
        "The last year, to the minute. It comes within five days, from the same page.",
        "https://www.spotify.com/account/privacy/",
    ),
    (
        "Last.fm",
        "A CSV or JSON file that an export tool made of your scrobbles.",
        "https://www.last.fm/settings/dataexporter",
    ),
    (
        "ListenBrainz",
        "The archive of your listens, or the .jsonl files in it.",
        "https://listenbrainz.org/settings/export/",
    ),
];

/// What stands at `/music/import`: files of plays, and what became of them.
#[component]
pub fn ImportPage() -> impl IntoView {
    let remove = ServerAction::<RemoveImport>::new();
    let query = use_query_map();
    let asked = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    // What the address says is over once something else was done.
    let said = move |name: &str| if remove.version().get() == 0 { asked(name) } else { String::new() };
    let shown = Resource::new_blocking(
        move || (remove.version().get(), said("taken"), said("refused")),
        |(_, taken, refused)| own_imports(taken, refused),
    );
    view! {
        <Title text="Import plays"/>
        <Page
            title="Import plays"
            intro="Bring the files that music services give you. What you played then counts here, each play once, however many files and accounts tell of it."
        >
            <Refused error=refusal_of(remove) except=""/>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => view! { <All view=view remove=remove/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn All(view: ImportsView, remove: ServerAction<RemoveImport>) -> impl IntoView {
    let ImportsView { imports, taken, refused } = view;
    let (none, open) = (imports.is_empty(), imports.iter().any(|import| import.state.is_open()));
    let taken = (taken > 0).then(|| {
        let told = if taken == 1 {
            "Your file is here and is read now.".to_owned()
        } else {
            format!("Your {taken} files are here and are read now.")
        };
        view! { <Banner tone=Tone::Ok>{told} " You can leave this page meanwhile."</Banner> }
    });
    let kinds = KINDS
        .into_iter()
        .map(|(name, words, address)| {
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{name}</div>
                        <div class="sub">{words}</div>
                    </div>
                    <a class="button small" href=address rel="external noopener" aria-label=format!("Get it: {name}")>"Get it"</a>
                </div>
            }
        })
        .collect_view();
    let rows = imports.into_iter().map(|import| view! { <One import=import remove=remove/> }).collect_view();
    view! {
        {open.then(|| view! { <Meta http_equiv="refresh" content=ASKS_AGAIN/> })}
        {taken}
        {refused.map(|told| view! { <Banner tone=Tone::Danger>{told}</Banner> })}
        <Setting id="bring" title="Bring files" intro="As they are, packed or not, up to 512 MB each. What kind a file is, its content says.">
            <form class="stack" method="post" enctype="multipart/form-data" action="/api/music/imports">
                <div class="field">
                    <label for="file">"Files"</label>
                    <input class="input" id="file" type="file" name="file" accept=".json,.jsonl,.csv,.zip" multiple=true required=true/>
                </div>
                <div class="actions">
                    <Button look=Look::Primary>"Import"</Button>
                </div>
            </form>
        </Setting>
        <Setting id="kinds" title="Which files" intro="Nothing is asked of these services here: you get the file from them, and bring it.">
            <Panel>
                <div class="rows">{kinds}</div>
            </Panel>
        </Setting>
        <Setting id="imports" title="Your imports">
            {open.then(|| view! { <div class="actions"><LinkButton href="/music/import" size=Size::Small>"Look again"</LinkButton></div> })}
            {if none {
                view! {
                    <Panel>
                        <PanelBody>
                            <p class="muted">"Nothing was imported yet. Choose a file above."</p>
                        </PanelBody>
                    </Panel>
                }
                    .into_any()
            } else {
                rows.into_any()
            }}
        </Setting>
    }
}

#[component]
fn One(import: ImportView, remove: ServerAction<RemoveImport>) -> impl IntoView {
    let ImportView {
        id,
        name,
        about,
        state,
        percent,
        rows,
        added,
        known,
        merged,
        skipped,
        faults,
        more_faults,
        ended_early,
    } = import;
    let (tone, word) = match state {
        ImportState::Waiting => (Tone::Accent, "Waiting"),
        ImportState::Reading => (Tone::Accent, "Reading"),
        ImportState::Done if ended_early.is_empty() => (Tone::Ok, "Done"),
        ImportState::Done => (Tone::Warn, "Done in part"),
        ImportState::Removing => (Tone::Accent, "Being removed"),
        ImportState::Removed => (Tone::Neutral, "Removed"),
    };
    let reading = state == ImportState::Reading;
    let gone = matches!(state, ImportState::Removing | ImportState::Removed);
    let told = match state {
        ImportState::Waiting => "It is read as soon as it is its turn.".to_owned(),
        ImportState::Removing | ImportState::Removed => "What this file brought is taken back.".to_owned(),
        ImportState::Reading | ImportState::Done => format!(
            "{rows} rows: {added} plays added, {merged} that another source tells as well, {known} known already."
        ),
    };
    let skipped = (!gone && !skipped.is_empty()).then(|| {
        let parts: Vec<String> = skipped.into_iter().map(|(why, many)| format!("{many} {why}")).collect();
        view! { <div class="sub">{format!("Left out: {}.", parts.join(", "))}</div> }
    });
    let early = (!gone && !ended_early.is_empty()).then(|| view! { <Banner tone=Tone::Warn>{ended_early}</Banner> });
    let progress = reading.then(|| {
        view! {
            <progress class="progress" max="100" value=percent.to_string() aria-label=format!("How much of {name} is read")></progress>
        }
    });
    let title = name.clone();
    let words = if matches!(state, ImportState::Done) { "Remove these plays" } else { "Stop and remove" };
    view! {
        <Panel>
            <div class="row">
                <div class="grow">
                    <div class="title">{title}</div>
                    <div class="sub">{about}</div>
                    <div class="sub">{told}</div>
                    {skipped}
                </div>
                <Badge tone=tone>{word}</Badge>
            </div>
            {progress}
            {early}
            {(!faults.is_empty()).then(|| view! { <Faults faults=faults more=more_faults/> })}
            {(!gone)
                .then(|| {
                    view! {
                        <div class="actions">
                            <ConfirmDialog
                                id=format!("remove-{id}")
                                title=format!("Remove the plays of «{name}»?")
                                open=words
                                size=Size::Small
                                confirm=move || {
                                    view! {
                                        <ActionForm action=remove>
                                            <input type="hidden" name="id" value=id.to_string()/>
                                            <Button look=Look::Danger busy=remove.pending()>"Remove these plays"</Button>
                                        </ActionForm>
                                    }
                                }
                            >
                                <p>"The plays that this file added go, and stay only where another source tells of them. You can bring the file again."</p>
                            </ConfirmDialog>
                        </div>
                    }
                })}
        </Panel>
    }
}

#[component]
fn Faults(faults: Vec<FaultView>, more: i64) -> impl IntoView {
    let rows = faults
        .into_iter()
        .map(|FaultView { file, row, reason }| view! { <li>{format!("{file}, row {row}: {reason}")}</li> })
        .collect_view();
    view! {
        <details>
            <summary>"Rows that could not be read"</summary>
            <ul>{rows}</ul>
            {(more > 0).then(|| view! { <p class="muted">{format!("And {more} more.")}</p> })}
        </details>
    }
}
