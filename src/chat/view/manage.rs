use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    chat::{
        api::{
            ArchiveConversation, DeleteConversation, PinConversation, RenameConversation, ShareConversation,
            UnshareConversation, manage,
        },
        managed::{Managed, Share},
    },
    identity::page::{Refused, on_field, refusal_of},
    ui::{
        Banner, Button, ConfirmDialog, Field, Icon, LinkButton, Look, Page, Panel, Rows, Setting, Size, Skeleton,
        TextInput, Tone,
    },
};

/// What the forms of the page do.
#[derive(Clone, Copy)]
struct Acts {
    rename: ServerAction<RenameConversation>,
    pin: ServerAction<PinConversation>,
    archive: ServerAction<ArchiveConversation>,
    share: ServerAction<ShareConversation>,
    unshare: ServerAction<UnshareConversation>,
    delete: ServerAction<DeleteConversation>,
}

impl Acts {
    /// How often something was done; the page is then read again. Deleting leads to another one.
    fn done(self) -> [usize; 5] {
        [
            self.rename.version().get(),
            self.pin.version().get(),
            self.archive.version().get(),
            self.share.version().get(),
            self.unshare.version().get(),
        ]
    }
}

/// `/chat/{id}/manage`: a conversation's name, place, links, copies and end.
#[component]
pub fn ManagePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let acts = Acts {
        rename: ServerAction::new(),
        pin: ServerAction::new(),
        archive: ServerAction::new(),
        share: ServerAction::new(),
        unshare: ServerAction::new(),
        delete: ServerAction::new(),
    };
    let managed = Resource::new_blocking(move || (id.get(), acts.done()), |(id, _)| manage(id));
    view! {
        <Title text="About this conversation"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match managed.await {
                    Ok(managed) => view! { <All managed=managed acts=acts/> }.into_any(),
                    Err(error) => view! {
                        <Page title="About this conversation">
                            <Banner tone=Tone::Danger>{error.message}</Banner>
                        </Page>
                    }
                    .into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn All(managed: Managed, acts: Acts) -> impl IntoView {
    let Managed { id, title, pinned, archived, shares, made } = managed;
    let back = format!("/chat/{id}");
    view! {
        <Page
            title="About this conversation"
            intro=title.clone()
            actions=move || view! { <LinkButton href=back>"Back to the conversation"</LinkButton> }
        >
            <Naming id=id.to_string() title=title.clone() acts=acts/>
            <Place id=id.to_string() pinned=pinned archived=archived acts=acts/>
            <Sharing id=id.to_string() shares=shares made=made acts=acts/>
            <Setting id="copies" title="Take it along" intro="Markdown has what you see. JSON has every version too.">
                <div class="actions">
                    <LinkButton href=format!("/api/chat/conversations/{id}/export?format=markdown") external=true>
                        <Icon name="download"/>
                        "Markdown"
                    </LinkButton>
                    <LinkButton href=format!("/api/chat/conversations/{id}/export?format=json") external=true>
                        <Icon name="download"/>
                        "JSON"
                    </LinkButton>
                    <LinkButton href="/api/chat/export" look=Look::Ghost external=true>"All conversations, as JSON"</LinkButton>
                </div>
            </Setting>
            <Setting id="end" title="Delete" intro="It cannot be brought back.">
                <Refused error=refusal_of(acts.delete) except=""/>
                <div class="actions">
                    <ConfirmDialog
                        id="delete-conversation"
                        title=format!("Delete «{title}»?")
                        open="Delete the conversation"
                        cancel="Keep it"
                        confirm=move || view! {
                            <ActionForm action=acts.delete>
                                <input type="hidden" name="conversation" value=id.to_string()/>
                                <Button look=Look::Danger busy=acts.delete.pending()>"Delete"</Button>
                            </ActionForm>
                        }
                    >
                        <p>
                            "Its messages, what was read for them and the links to it are removed for good. An answer that is \
                             being written is stopped. What you changed at a service stays changed."
                        </p>
                    </ConfirmDialog>
                </div>
            </Setting>
        </Page>
    }
}

#[component]
fn Naming(id: String, title: String, acts: Acts) -> impl IntoView {
    let error = refusal_of(acts.rename);
    view! {
        <Setting id="name" title="Name">
            <Refused error=error except="title"/>
            <ActionForm action=acts.rename attr:class="stack">
                <input type="hidden" name="conversation" value=id/>
                <Field id="title" label="Name" error=on_field(error, "title")>
                    <TextInput name="title" value=title required=true attr:maxlength="200"/>
                </Field>
                <div class="actions">
                    <Button busy=acts.rename.pending()>"Rename"</Button>
                </div>
            </ActionForm>
        </Setting>
    }
}

#[component]
fn Place(id: String, pinned: bool, archived: bool, acts: Acts) -> impl IntoView {
    let (pin, archive) =
        (if pinned { "Unpin" } else { "Pin to the top" }, if archived { "Take out of the archive" } else { "Archive" });
    let again = id.clone();
    let on = |is: bool| if is { "false" } else { "true" };
    view! {
        <Setting
            id="place"
            title="Place"
            intro="What is pinned stands on top of the list. What is archived leaves it, and is found by search."
        >
            <Refused error=refusal_of(acts.pin) except=""/>
            <Refused error=refusal_of(acts.archive) except=""/>
            <div class="actions">
                <ActionForm action=acts.pin>
                    <input type="hidden" name="conversation" value=again/>
                    <input type="hidden" name="on" value=on(pinned)/>
                    <Button busy=acts.pin.pending()>{pin}</Button>
                </ActionForm>
                <ActionForm action=acts.archive>
                    <input type="hidden" name="conversation" value=id/>
                    <input type="hidden" name="on" value=on(archived)/>
                    <Button busy=acts.archive.pending()>{archive}</Button>
                </ActionForm>
            </div>
        </Setting>
    }
}

#[component]
fn Sharing(id: String, shares: Vec<Share>, made: Option<String>, acts: Acts) -> impl IntoView {
    let links = (!shares.is_empty()).then(|| {
        let rows = shares.into_iter().map(|share| view! { <Link share=share acts=acts/> }).collect_view();
        view! { <Panel><Rows>{rows}</Rows></Panel> }
    });
    view! {
        <Setting
            id="share"
            title="Share by a link"
            intro="Whoever has the link can read what was said until now. Your name and your accounts are not shown."
        >
            <Refused error=refusal_of(acts.share) except=""/>
            <Refused error=refusal_of(acts.unshare) except=""/>
            {made
                .map(|link| {
                    view! {
                        <Banner tone=Tone::Ok>
                            <p>"Copy the link now: it is shown this once."</p>
                            <label class="visually-hidden" for="new-link">"The new link"</label>
                            <input class="input" id="new-link" type="text" readonly=true value=link/>
                        </Banner>
                    }
                })}
            {links}
            <ActionForm action=acts.share attr:class="stack">
                <input type="hidden" name="conversation" value=id/>
                <label class="check">
                    <input type="checkbox" name="results" value="true"/>
                    <span>
                        "Show what was read for the answers. "
                        <span class="hint">"Titles of mails, events and issues, for instance. Without it they are left out."</span>
                    </span>
                </label>
                <div class="actions">
                    <Button busy=acts.share.pending()>
                        <Icon name="link"/>
                        "Make a link"
                    </Button>
                </div>
            </ActionForm>
        </Setting>
    }
}

#[component]
fn Link(share: Share, acts: Acts) -> impl IntoView {
    let Share { id, made, with_results } = share;
    let what = if with_results { "With what was read" } else { "Without what was read" };
    view! {
        <div class="row">
            <Icon name="link"/>
            <div class="grow">
                <div class="title">{format!("Made {made}")}</div>
                <div class="sub">{what}</div>
            </div>
            <ActionForm action=acts.unshare>
                <input type="hidden" name="share" value=id.to_string()/>
                <Button
                    look=Look::QuietDanger
                    size=Size::Small
                    busy=acts.unshare.pending()
                    attr:aria-label=format!("Take back the link made {made}")
                >
                    "Take back"
                </Button>
            </ActionForm>
        </div>
    }
}
