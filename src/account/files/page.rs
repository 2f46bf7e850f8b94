use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{DeleteFile, own_files},
    model::{FileView, FilesView, Said, size},
};
use crate::{
    identity::page::{Refused, refusal_of},
    ui::{
        Banner, Button, ConfirmDialog, LinkButton, Look, Panel, PanelBody, Row, Setting, Size, Skeleton, Toasts, Tone,
    },
};

/// The files that a person keeps here.
#[component]
pub fn FilesPage() -> impl IntoView {
    let delete = ServerAction::<DeleteFile>::new();
    let query = use_query_map();
    let asked = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    // What the address says is over once something else was done.
    let said = move |name: &str| if delete.version().get() == 0 { asked(name) } else { String::new() };
    let shown = Resource::new_blocking(
        move || (delete.version().get(), asked("older"), said("file"), said("kept"), said("refused")),
        |(_, older, said, kept, refused)| own_files(older, said, kept, refused),
    );
    let toasts = use_context::<Toasts>();
    Effect::new(move |_| {
        if let (Some(Ok(())), Some(toasts)) = (delete.value().get(), toasts) {
            toasts.show(Tone::Ok, "The file is deleted.");
        }
    });
    view! {
        <Title text="Files"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(view) => view! { <All view=view delete=delete/> }.into_any(),
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn All(view: FilesView, delete: ServerAction<DeleteFile>) -> impl IntoView {
    let FilesView { files, older, used, quota, largest, accepted, said } = view;
    let none = files.is_empty();
    let full = used.saturating_mul(10) >= quota.saturating_mul(9);
    let said = said.map(|said| match said {
        Said::Kept(1) => view! { <Banner tone=Tone::Ok>"Your file is kept."</Banner> }.into_any(),
        Said::Kept(kept) => {
            view! { <Banner tone=Tone::Ok>{format!("Your {kept} files are kept.")}</Banner> }.into_any()
        }
        Said::Deleted => view! { <Banner tone=Tone::Ok>"The file is deleted."</Banner> }.into_any(),
        Said::Refused { kept, told } => {
            let first = match kept {
                0 => None,
                1 => Some("One file is kept, what else you sent is not.".to_owned()),
                kept => Some(format!("{kept} files are kept, what else you sent is not.")),
            };
            let sentences = first.into_iter().chain(told).map(|sentence| view! { <p>{sentence}</p> }).collect_view();
            view! { <Banner tone=Tone::Danger>{sentences}</Banner> }.into_any()
        }
    });
    let rows = files.into_iter().map(|file| view! { <One file=file delete=delete/> }).collect_view();
    view! {
        {said}
        <Setting
            id="upload"
            title="Add files"
            intro=format!("Pictures, PDF, documents, text, sound, film and zip archives, up to {largest} each. Only you can open them.")
        >
            <form class="stack" method="post" enctype="multipart/form-data" action="/api/account/files">
                <div class="field">
                    <label for="file">"Files"</label>
                    <input class="input" id="file" type="file" name="file" accept=accepted multiple=true required=true/>
                </div>
                <div class="actions">
                    <Button look=Look::Primary>"Upload"</Button>
                </div>
            </form>
        </Setting>
        <Setting
            id="files"
            title="Your files"
            intro=format!("{} of {} used.", size(used), size(quota))
        >
            <progress
                class=if full { "progress warn" } else { "progress" }
                max=quota.to_string()
                value=used.to_string()
                aria-label="Room that is used"
            ></progress>
            <Refused error=refusal_of(delete) except=""/>
            <Panel>
                {if none {
                    view! {
                        <PanelBody>
                            <p class="muted">"Nothing is kept here yet. Choose a file above, or let an app upload one for you."</p>
                        </PanelBody>
                    }
                        .into_any()
                } else {
                    view! { <div class="rows files">{rows}</div> }.into_any()
                }}
            </Panel>
            {older
                .map(|older| {
                    view! {
                        <div class="actions">
                            <LinkButton href=format!("/settings/files?older={older}") size=Size::Small>"Older"</LinkButton>
                        </div>
                    }
                })}
        </Setting>
    }
}

#[component]
fn One(file: FileView, delete: ServerAction<DeleteFile>) -> impl IntoView {
    let FileView { id, name, size, added } = file;
    let href = format!("/api/account/files/{id}");
    let title = format!("Delete «{name}»?");
    view! {
        <Row title=name.clone() sub=format!("{size} · added {added}")>
            <div class="actions">
                <a class="button small" href=href rel="external" download=name.clone() aria-label=format!("Download {name}")>
                    "Download"
                </a>
                <ConfirmDialog
                    id=format!("delete-{id}")
                    title=title
                    open="Delete"
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
                    <p>"It cannot be brought back. Links to it stop working at once."</p>
                </ConfirmDialog>
            </div>
        </Row>
    }
}
