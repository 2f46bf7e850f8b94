use leptos::{
    ev::{Event, MouseEvent},
    prelude::*,
    serde_json,
    task::spawn_local,
};

use super::browser::{self as uploads, Heard};
use crate::{
    account::files::{api::delete_file, model::size},
    chat::{
        attached::{Attached, MOST_FILES},
        browser,
    },
    error::{AppError, ErrorKind},
    ui::Icon,
};

/// How far a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// On its way, in hundredths.
    Sending(u8),
    Kept(Attached),
    /// Refused, for what the sentence says.
    Refused(String),
}

/// One file of the tray.
#[derive(Clone)]
struct Chip {
    at: u32,
    name: String,
    size: String,
    standing: ArcRwSignal<Standing>,
}

/// The files that the next question comes with.
#[derive(Clone, Copy)]
pub(in crate::chat) struct Tray {
    chips: RwSignal<Vec<Chip>>,
    /// Under which name the browser keeps them.
    kept_as: RwSignal<String>,
}

impl Tray {
    pub(in crate::chat) fn new() -> Self {
        Self { chips: RwSignal::new(Vec::new()), kept_as: RwSignal::new(String::new()) }
    }

    /// Takes up what was attached here before, under this name.
    pub(in crate::chat) fn take_up(self, name: &str) {
        let name = format!("{name}:files");
        let kept = browser::kept_draft(&name);
        self.kept_as.set(name);
        for chip in self.chips.get_untracked() {
            uploads::leave(chip.at);
        }
        let kept: Vec<Attached> = kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default();
        // Numbers of the script begin at one and go up.
        let chip = |(back, file): (u32, Attached)| Chip {
            at: u32::MAX - back,
            name: file.name.clone(),
            size: file.size.clone(),
            standing: ArcRwSignal::new(Standing::Kept(file)),
        };
        self.chips.set((0..).zip(kept).map(chip).collect());
    }

    /// Takes the files of an event.
    pub(in crate::chat) fn take(self, event: Event) {
        let room = MOST_FILES.saturating_sub(self.chips.with_untracked(Vec::len));
        uploads::take(event, room, move |heard| self.hear(heard));
    }

    fn hear(self, heard: Heard) {
        let Heard { at, name, size: bytes, progress, file, error } = heard;
        let standing = match (error, file, progress) {
            (Some(error), ..) => Standing::Refused(error),
            (_, Some(file), _) => Standing::Kept(file),
            (.., progress) => Standing::Sending(progress.unwrap_or_default()),
        };
        let known = self.chips.try_with_untracked(|chips| chips.iter().find(|chip| chip.at == at).cloned());
        match known.flatten() {
            Some(chip) => chip.standing.set(standing),
            None if !name.is_empty() => {
                let chip = Chip { at, name, size: size(bytes), standing: ArcRwSignal::new(standing) };
                self.chips.try_update(|chips| chips.push(chip));
            }
            // It was taken away meanwhile.
            None => return,
        }
        self.keep();
    }

    fn kept(self) -> Vec<Attached> {
        let kept = |chip: &Chip| match chip.standing.get_untracked() {
            Standing::Kept(file) => Some(file),
            _ => None,
        };
        self.chips.with_untracked(|chips| chips.iter().filter_map(kept).collect())
    }

    fn keep(self) {
        let kept = self.kept();
        let text = if kept.is_empty() { String::new() } else { serde_json::to_string(&kept).unwrap_or_default() };
        browser::keep_draft(&self.kept_as.get_untracked(), &text);
    }

    /// The files to send.
    ///
    /// # Errors
    /// While one is on its way, or where one was refused.
    pub(in crate::chat) fn ready(self) -> Result<Vec<String>, AppError> {
        for chip in self.chips.get_untracked() {
            let told = match chip.standing.get_untracked() {
                Standing::Kept(_) => continue,
                Standing::Sending(_) => "A file is still on its way. Send the question once it is here.".to_owned(),
                Standing::Refused(_) => format!("«{}» was not taken. Remove it, then send the question.", chip.name),
            };
            return Err(AppError::new(ErrorKind::Conflict, "files_not_ready", told));
        }
        Ok(self.kept().into_iter().filter_map(|file| file.id).map(|id| id.to_string()).collect())
    }

    /// Forgets all of them: they are sent.
    pub(in crate::chat) fn clear(self) {
        self.chips.try_set(Vec::new());
        self.keep();
    }

    /// Takes one away; what was kept of it goes at once.
    fn remove(self, at: u32) {
        uploads::leave(at);
        let chip = self.chips.with_untracked(|chips| chips.iter().find(|chip| chip.at == at).cloned());
        self.chips.update(|chips| chips.retain(|chip| chip.at != at));
        self.keep();
        if let Some(Standing::Kept(Attached { id: Some(id), .. })) = chip.map(|chip| chip.standing.get_untracked()) {
            spawn_local(async move {
                // Where this does not work out, it goes by itself in a day.
                let _passes = delete_file(id.to_string()).await;
            });
        }
        browser::focus("message".to_owned());
    }
}

/// The files of the tray, each with the way to be rid of it.
#[component]
pub(in crate::chat) fn TrayList(tray: Tray) -> impl IntoView {
    view! {
        <Show when=move || tray.chips.with(|chips| !chips.is_empty())>
            <ul class="tray" aria-label="Attached files">
                <For each=move || tray.chips.get() key=|chip| chip.at children=move |chip| view! { <One chip=chip tray=tray/> }/>
            </ul>
        </Show>
    }
}

#[component]
fn One(chip: Chip, tray: Tray) -> impl IntoView {
    let Chip { at, name, size, standing } = chip;
    let (refused, told) = (standing.clone(), standing.clone());
    let remove = move |event: MouseEvent| {
        event.prevent_default();
        tray.remove(at);
    };
    view! {
        <li class=move || if matches!(refused.get(), Standing::Refused(_)) { "refused" } else { "" }>
            <Icon name="paperclip"/>
            <span class="grow">
                <span class="title">{name.clone()}</span>
                <span class="sub" role="status">
                    {move || match standing.get() {
                        Standing::Sending(_) => format!("{size}, on its way"),
                        Standing::Kept(Attached { unread: Some(unread), .. }) => format!("{size} · {unread}"),
                        Standing::Kept(_) => size.clone(),
                        Standing::Refused(told) => told,
                    }}
                </span>
            </span>
            {
                let of = name.clone();
                move || match told.get() {
                    Standing::Sending(progress) => Some(view! {
                        <progress class="progress" max="100" value=progress.to_string() aria-label=format!("{of} on its way")></progress>
                    }),
                    _ => None,
                }
            }
            <button class="button ghost small square" type="button" aria-label=format!("Remove {name}") on:click=remove>
                <Icon name="x"/>
            </button>
        </li>
    }
}

/// Chooses files. It waits for the script without which it does nothing.
#[component]
pub(in crate::chat) fn AttachButton(tray: Tray, accepted: String) -> impl IntoView {
    view! {
        <label class="button ghost square attach">
            <Icon name="paperclip"/>
            <span class="visually-hidden">"Attach files"</span>
            <input
                class="visually-hidden"
                type="file"
                multiple=true
                accept=accepted
                on:change=move |event: Event| tray.take(event)
            />
        </label>
    }
}

/// The same where no script runs: they come with the form.
#[component]
pub(in crate::chat) fn NoScriptFiles(accepted: String) -> impl IntoView {
    // What stands in it is text for a browser that runs scripts, so it is no part of what is taken over.
    let field = format!(
        "<label class=\"sub files-field\">Files <input type=\"file\" name=\"file\" multiple accept=\"{accepted}\"></label>"
    );
    view! { <noscript inner_html=field></noscript> }
}
