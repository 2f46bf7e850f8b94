use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{
        ChooseTrack, ContinueExport, DeletePlaylist, ExportPlaylist, MakePlaylist, UndoExport, own_playlist,
        own_playlists,
    },
    model::{Line, PlaylistView, PlaylistsView, TargetView},
    view::{Acts, Exported},
};
use crate::{
    identity::page::{Refused, on_field, refusal_of},
    ui::{
        Banner, Button, ConfirmDialog, Field, LinkButton, Look, Page, Panel, PanelBody, Select, Setting, Size,
        Skeleton, TextArea, TextInput, Tone, grouped,
    },
};

/// The formats of files, and their names.
const FORMATS: [(&str, &str); 5] =
    [("csv", "CSV"), ("json", "JSON"), ("jspf", "JSPF"), ("xspf", "XSPF"), ("m3u8", "M3U8")];
/// In seconds: while an export is under way, the page looks again.
const ASKS_AGAIN: &str = "5";

/// What stands at `/music/playlists`.
#[component]
pub fn PlaylistsPage() -> impl IntoView {
    let query = use_query_map();
    let refused = Memo::new(move |_| query.with(|query| query.get("refused").unwrap_or_default()));
    let make = ServerAction::<MakePlaylist>::new();
    let shown =
        Resource::new_blocking(move || (refused.get(), make.version().get()), |(refused, _)| own_playlists(refused));
    view! {
        <Title text="Playlists"/>
        <Page
            title="Playlists"
            intro="Made of what you play, or of a list that you bring; then exported to Spotify, or into a file that is yours."
        >
            <Refused error=refusal_of(make) except="name tracks"/>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(view) => view! { <All view=view make=make/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn All(view: PlaylistsView, make: ServerAction<MakePlaylist>) -> impl IntoView {
    let PlaylistsView { playlists, periods, refused } = view;
    let error = refusal_of(make);
    let none = playlists.is_empty();
    let rows = playlists
        .into_iter()
        .map(|row| {
            view! {
                <li class="row">
                    <div class="grow">
                        <a class="title" href=format!("/music/playlists/{}", row.id)>{row.name}</a>
                        <div class="sub">{row.about}</div>
                    </div>
                </li>
            }
        })
        .collect_view();
    let options =
        periods.into_iter().map(|offer| view! { <option value=offer.value>{offer.name}</option> }).collect_view();
    view! {
        {refused.map(|told| view! { <Banner tone=Tone::Danger>{told}</Banner> })}
        <Setting id="playlists" title="Your playlists">
            <Panel>
                {if none {
                    view! {
                        <PanelBody>
                            <p class="muted">"There is none yet. Make one below."</p>
                        </PanelBody>
                    }
                        .into_any()
                } else {
                    view! { <ul class="rows">{rows}</ul> }.into_any()
                }}
            </Panel>
        </Setting>
        <Setting id="of-plays" title="Of what you play" intro="The tracks that you played most, in their order.">
            <ActionForm action=make attr:class="stack">
                <Field id="name-of-plays" label="Name">
                    <TextInput name="name" required=true/>
                </Field>
                <Field id="period" label="Tracks" error=on_field(error, "period")>
                    <Select name="period">{options}</Select>
                </Field>
                <div class="actions">
                    <Button look=Look::Primary busy=make.pending()>"Make a playlist"</Button>
                </div>
            </ActionForm>
        </Setting>
        <Setting id="of-list" title="Of a list" intro="One track in a line: the artist, a dash with spaces around it, and the title.">
            <ActionForm action=make attr:class="stack">
                <Field id="name-of-list" label="Name" error=on_field(error, "name")>
                    <TextInput name="name" required=true/>
                </Field>
                <Field id="tracks" label="Tracks" error=on_field(error, "tracks")>
                    <TextArea name="tracks" placeholder="Nina Simone - Feeling Good" required=true/>
                </Field>
                <div class="actions">
                    <Button look=Look::Primary busy=make.pending()>"Make a playlist of this list"</Button>
                </div>
            </ActionForm>
        </Setting>
        <Setting id="of-file" title="Of a file" intro="CSV, JSON, JSPF, XSPF or M3U8, up to 16 MB: from here, or from another service.">
            <form class="stack" method="post" enctype="multipart/form-data" action="/api/music/playlist-files">
                <div class="field">
                    <label for="file">"File"</label>
                    <input class="input" id="file" type="file" name="file" accept=".csv,.json,.jspf,.xspf,.m3u8,.m3u,.txt" required=true/>
                </div>
                <div class="actions">
                    <Button>"Bring it"</Button>
                </div>
            </form>
        </Setting>
    }
}

/// What stands at `/music/playlists/{id}`.
#[component]
pub fn PlaylistPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let acts = Acts {
        export: ServerAction::<ExportPlaylist>::new(),
        go_on: ServerAction::<ContinueExport>::new(),
        undo: ServerAction::<UndoExport>::new(),
        choose: ServerAction::<ChooseTrack>::new(),
    };
    let delete = ServerAction::<DeletePlaylist>::new();
    let shown = Resource::new_blocking(move || (id.get(), acts.done()), |(id, _)| own_playlist(id));
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => view! { <Whole view=view acts=acts delete=delete/> }.into_any(),
                    Err(error) => {
                        view! {
                            <Title text="Playlist"/>
                            <Page title="Playlist">
                                <Banner tone=Tone::Danger>{error.message}</Banner>
                            </Page>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn Whole(view: PlaylistView, acts: Acts, delete: ServerAction<DeletePlaylist>) -> impl IntoView {
    let PlaylistView { id, name, description, about, lines, total, targets, exports } = view;
    let open = exports.iter().any(|export| export.state.is_open());
    let more = total - i64::try_from(lines.len()).unwrap_or(0);
    let files = FORMATS
        .into_iter()
        .map(|(ending, name)| {
            view! {
                <a class="button small" href=format!("/api/music/playlist-files/{id}?format={ending}") rel="external" download="">
                    {name}
                </a>
            }
        })
        .collect_view();
    let intro = if description.is_empty() { about } else { format!("{description}. {about}") };
    let lines = lines.into_iter().map(|line| view! { <One line=line/> }).collect_view();
    let exports = exports.into_iter().map(|export| view! { <Exported export=export acts=acts/> }).collect_view();
    view! {
        <Title text=name.clone()/>
        {open.then(|| view! { <Meta http_equiv="refresh" content=ASKS_AGAIN/> })}
        <Page title=name.clone() intro=intro>
            <Refused error=refusal_of(acts.export) except=""/>
            <Refused error=refusal_of(acts.go_on) except=""/>
            <Refused error=refusal_of(acts.undo) except=""/>
            <Refused error=refusal_of(acts.choose) except=""/>
            <Setting id="export" title="Export to Spotify" intro="Each line is looked up there; a live take, a remix or a cover is never taken for the original.">
                <div class="stack">
                    <Targets id=id.to_string() targets=targets acts=acts/>
                    {open
                        .then(|| {
                            view! {
                                <div class="actions">
                                    <LinkButton href=format!("/music/playlists/{id}") size=Size::Small>"Look again"</LinkButton>
                                </div>
                            }
                        })}
                    {exports}
                </div>
            </Setting>
            <Setting id="files" title="Files" intro="The whole list, to keep or to take elsewhere. Each can be brought back here.">
                <div class="actions">{files}</div>
            </Setting>
            <Setting id="lines" title="Tracks">
                <Panel>
                    <ol class="rows">{lines}</ol>
                    {(more > 0)
                        .then(|| view! { <PanelBody><p class="muted">{format!("And {} more; all of them are in the files.", grouped(more))}</p></PanelBody> })}
                </Panel>
            </Setting>
            <Setting id="delete" title="Delete">
                <div class="actions">
                    <ConfirmDialog
                        id="delete-playlist"
                        title=format!("Delete «{name}»?")
                        open="Delete this playlist"
                        size=Size::Small
                        confirm=move || {
                            view! {
                                <ActionForm action=delete>
                                    <input type="hidden" name="id" value=id.to_string()/>
                                    <Button look=Look::Danger busy=delete.pending()>"Delete"</Button>
                                </ActionForm>
                            }
                        }
                    >
                        <p>"It goes from here, with what is told of its exports. What an export made at Spotify stays there; take that back first if you want it gone."</p>
                    </ConfirmDialog>
                </div>
            </Setting>
        </Page>
    }
}

#[component]
fn Targets(id: String, targets: Vec<TargetView>, acts: Acts) -> impl IntoView {
    if targets.is_empty() {
        return view! {
            <Panel>
                <PanelBody>
                    <p class="muted">"No Spotify account is connected."</p>
                    <LinkButton href="/connections" size=Size::Small>"Connect one"</LinkButton>
                </PanelBody>
            </Panel>
        }
        .into_any();
    }
    let rows = targets
        .into_iter()
        .map(|target| {
            let TargetView { connection, account, own_app, allow } = target;
            let app = if own_app { "With your own app" } else { "With this installation's app" };
            let id = id.clone();
            let act = match allow {
                Some(allow) => view! {
                    <a class="button small" href=allow rel="external">"Allow playlists"</a>
                }
                .into_any(),
                None => view! {
                    <ActionForm action=acts.export>
                        <input type="hidden" name="id" value=id/>
                        <input type="hidden" name="connection" value=connection.to_string()/>
                        <label class="check">
                            <input type="checkbox" name="public" value="yes"/>
                            " Public"
                        </label>
                        <Button size=Size::Small look=Look::Primary busy=acts.export.pending()>"Export"</Button>
                    </ActionForm>
                }
                .into_any(),
            };
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{account}</div>
                        <div class="sub">{app}</div>
                    </div>
                    {act}
                </div>
            }
        })
        .collect_view();
    view! {
        <Panel>
            <div class="rows">{rows}</div>
        </Panel>
    }
    .into_any()
}

#[component]
fn One(line: Line) -> impl IntoView {
    let Line { title, artists, album, duration_ms, isrc, source } = line;
    let lasts = duration_ms.map(|duration| format!("{}:{:02}", duration / 60_000, duration / 1_000 % 60));
    let mut about = vec![artists.join(", ")];
    about.extend(album);
    about.extend(isrc.map(|isrc| format!("ISRC {isrc}")));
    about.push(format!("from {}", source.replace('_', " ")));
    view! {
        <li class="row">
            <div class="grow">
                <div class="title">{title}</div>
                <div class="sub">{about.join(" · ")}</div>
            </div>
            <span class="sub">{lasts}</span>
        </li>
    }
}
