//! What became of an export, line by line.

use leptos::prelude::*;

use super::api::{ChooseTrack, ContinueExport, ExportPlaylist, UndoExport};
use crate::{
    music::export::model::{Choice, Counts, ExportState, ExportView, Left, PartView},
    ui::{Badge, Banner, Button, ConfirmDialog, Look, Panel, PanelBody, Size, Tone, grouped},
};

/// What the forms of the page do.
#[derive(Clone, Copy)]
pub(super) struct Acts {
    pub(super) export: ServerAction<ExportPlaylist>,
    pub(super) go_on: ServerAction<ContinueExport>,
    pub(super) undo: ServerAction<UndoExport>,
    pub(super) choose: ServerAction<ChooseTrack>,
}

impl Acts {
    /// Changes with each thing that was done.
    pub(super) fn done(self) -> usize {
        let Self { export, go_on, undo, choose } = self;
        export.version().get() + go_on.version().get() + undo.version().get() + choose.version().get()
    }
}

/// One export.
#[component]
pub(super) fn Exported(export: ExportView, acts: Acts) -> impl IntoView {
    let ExportView { id, state, about, problem, mend, next, counts, parts, left, more_left } = export;
    let (tone, word) = match state {
        ExportState::Waiting => (Tone::Accent, "Waiting"),
        ExportState::Running if next.is_some() => (Tone::Warn, "Waiting"),
        ExportState::Running => (Tone::Accent, "Under way"),
        ExportState::Done if counts.written == counts.lines => (Tone::Ok, "Done"),
        ExportState::Done => (Tone::Warn, "Done in part"),
        ExportState::Stopped => (Tone::Danger, "Stopped"),
        ExportState::Undoing => (Tone::Accent, "Being taken back"),
        ExportState::Undone => (Tone::Neutral, "Taken back"),
    };
    let gone = matches!(state, ExportState::Undoing | ExportState::Undone);
    let running = matches!(state, ExportState::Waiting | ExportState::Running);
    let progress = running.then(|| {
        let done = counts.lines - counts.pending + counts.written;
        let most = (counts.lines * 2).max(1);
        view! {
            <progress class="progress" max=most.to_string() value=done.to_string() aria-label="How much of the export is done"></progress>
        }
    });
    let again = matches!(state, ExportState::Stopped) || (state == ExportState::Done && counts.failed_retryable > 0);
    let (of_retry, of_undo) = (id.to_string(), id.to_string());
    let parts = parts.into_iter().map(|part| view! { <Part part=part/> }).collect_view();
    let report = (!gone && !left.is_empty()).then(|| {
        let rows =
            left.into_iter().map(|line| view! { <LeftLine export=id.to_string() line=line acts=acts/> }).collect_view();
        view! {
            <h3>"What did not go over"</h3>
            <ul class="rows">{rows}</ul>
            {(more_left > 0).then(|| view! { <p class="muted">{format!("And {} more.", grouped(more_left))}</p> })}
        }
    });
    view! {
        <Panel>
            <div class="row">
                <div class="grow">
                    <div class="title">{about}</div>
                    <div class="sub">{sums(counts)}</div>
                    {next.map(|next| view! { <div class="sub">{next}</div> })}
                </div>
                <Badge tone=tone>{word}</Badge>
            </div>
            {progress}
            <PanelBody>
                <div class="stack">
                    {problem.map(|problem| view! { <Banner tone=Tone::Warn>{problem}</Banner> })}
                    {mend.map(|(there, words)| view! { <div class="actions"><a class="button small" href=there rel="external">{words}</a></div> })}
                    {parts}
                    {report}
                    {(!gone)
                        .then(|| {
                            view! {
                                <div class="actions">
                                    {again
                                        .then(|| {
                                            view! {
                                                <ActionForm action=acts.go_on>
                                                    <input type="hidden" name="id" value=of_retry/>
                                                    <Button size=Size::Small busy=acts.go_on.pending()>"Try again"</Button>
                                                </ActionForm>
                                            }
                                        })}
                                    <ConfirmDialog
                                        id=format!("undo-{id}")
                                        title="Take this export back?"
                                        open="Take it back"
                                        size=Size::Small
                                        confirm=move || {
                                            view! {
                                                <ActionForm action=acts.undo>
                                                    <input type="hidden" name="id" value=of_undo/>
                                                    <Button look=Look::Danger busy=acts.undo.pending()>"Take it back"</Button>
                                                </ActionForm>
                                            }
                                        }
                                    >
                                        <p>"What it made is removed from your library at Spotify. The playlist here stays."</p>
                                    </ConfirmDialog>
                                </div>
                            }
                        })}
                </div>
            </PanelBody>
        </Panel>
    }
}

/// Every line is in one of these, so that they add up.
fn sums(counts: Counts) -> String {
    let Counts { lines, pending, matched, ambiguous, not_found, not_allowed, failed_retryable, written } = counts;
    let mut told = vec![format!("{} of {} tracks there", grouped(written), grouped(lines))];
    let parts = [
        (matched - written, "found and not yet there"),
        (pending, "not looked up yet"),
        (ambiguous, "for you to choose"),
        (not_found, "not found"),
        (not_allowed, "not available to you"),
        (failed_retryable, "to be tried again"),
    ];
    told.extend(
        parts.into_iter().filter(|(many, _)| *many > 0).map(|(many, what)| format!("{} {what}", grouped(many))),
    );
    told.join(" · ")
}

#[component]
fn Part(part: PartView) -> impl IntoView {
    let PartView { number, url, differs, checked } = part;
    let words = if number == 1 { "Open it at Spotify".to_owned() } else { format!("Open part {number} at Spotify") };
    let same = (checked && differs.is_none())
        .then(|| view! { <span class="sub">" Read back: it is as it was written."</span> });
    view! {
        <div>
            {url.map(|url| view! { <a href=url rel="external noopener">{words}</a> })}
            {same}
            {differs.map(|told| view! { <Banner tone=Tone::Warn>{told}</Banner> })}
        </div>
    }
}

#[component]
fn LeftLine(export: String, line: Left, acts: Acts) -> impl IntoView {
    let Left { place, name, state, choices } = line;
    let why = match state.as_str() {
        "ambiguous" => "Which of these is it?",
        "not_found" => "Not found at Spotify",
        "not_allowed" => "There, and not available to you",
        _ => "Could not be looked up; try again",
    };
    let choices = choices
        .into_iter()
        .map(|choice| {
            let Choice { uri, title, artists, album, duration_ms } = choice;
            let lasts = duration_ms.map(|duration| format!(" ({}:{:02})", duration / 60_000, duration / 1_000 % 60));
            let mut about = format!("{title} – {}", artists.join(", "));
            if let Some(album) = album {
                about.push_str(&format!(", {album}"));
            }
            about.push_str(&lasts.unwrap_or_default());
            let (label, of) = (format!("Take {about}"), export.clone());
            view! {
                <ActionForm action=acts.choose attr:class="actions">
                    <input type="hidden" name="id" value=of/>
                    <input type="hidden" name="place" value=place.to_string()/>
                    <input type="hidden" name="uri" value=uri/>
                    <span class="grow">{about}</span>
                    <button class="button small" aria-label=label>"Take this"</button>
                </ActionForm>
            }
        })
        .collect_view();
    view! {
        <li class="row">
            <div class="grow">
                <div class="title">{name}</div>
                <div class="sub">{why}</div>
                {choices}
            </div>
        </li>
    }
}
