use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{Choose, Read, ReadAll, own_notifications, own_preferences},
    model::{Listed, NotificationView, Preference},
    view::Unread,
};
use crate::{
    identity::page::{Refused, refusal_of},
    ui::{
        Badge, Banner, Button, Empty, LinkButton, Look, Page, Panel, PanelBody, Setting, Size, Skeleton, Toasts, Tone,
    },
};

const HERE: &str = "/notifications";

/// What the person was told, the newest first.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let query = use_query_map();
    let unread_only = Memo::new(move |_| query.with(|query| query.get_str("show") == Some("unread")));
    let before = Memo::new(move |_| query.with(|query| query.get_str("before").and_then(|id| id.parse().ok())));
    let read = ServerAction::<Read>::new();
    let read_all = ServerAction::<ReadAll>::new();
    let told = Unread::told();
    // A change elsewhere changes this list too.
    let changed = move || (read.version().get(), read_all.version().get(), told.and_then(|told| told.get()));
    let shown = Resource::new_blocking(
        move || (unread_only.get(), before.get(), changed()),
        |(unread_only, before, _)| own_notifications(unread_only, before),
    );
    Effect::new(move |_| {
        let done = (read.version().get(), read_all.version().get()) != (0, 0);
        if let (true, Some(told), Some(Ok(listed))) = (done, told, shown.get())
            && told.get_untracked() != Some(listed.unread)
        {
            told.set(Some(listed.unread));
        }
    });
    view! {
        <Title text="Notifications"/>
        <Page
            title="Notifications"
            intro="What happened to your account and your connections. Kept for 90 days."
            actions=ViewFnOnce::from(|| view! {
                <LinkButton href="/settings/notifications" size=Size::Small>"What you are told"</LinkButton>
            })
        >
            <nav class="chips" aria-label="Show">
                <a class="chip" href=HERE aria-current=move || (!unread_only.get()).then_some("true")>"All"</a>
                <a
                    class="chip"
                    href=format!("{HERE}?show=unread")
                    aria-current=move || unread_only.get().then_some("true")
                >
                    "Unread"
                </a>
            </nav>
            <Refused error=refusal_of(read) except=""/>
            <Refused error=refusal_of(read_all) except=""/>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(listed) => {
                            let first = before.get_untracked().is_none();
                            let unread_only = unread_only.get_untracked();
                            view! { <List listed=listed unread_only=unread_only first=first read=read read_all=read_all/> }
                                .into_any()
                        }
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Page>
    }
}

#[component]
fn List(
    listed: Listed,
    unread_only: bool,
    first: bool,
    read: ServerAction<Read>,
    read_all: ServerAction<ReadAll>,
) -> impl IntoView {
    let Listed { items, unread, older } = listed;
    if items.is_empty() {
        return view! { <Nothing unread_only=unread_only/> }.into_any();
    }
    let newest = items.first().map(|newest| newest.id.to_string());
    let show = if unread_only { "show=unread&" } else { "" };
    let to_older = older.map(|id| format!("{HERE}?{show}before={id}"));
    let to_newest = (!first).then(|| format!("{HERE}?{}", show.trim_end_matches('&')));
    let rows = items.into_iter().map(|one| view! { <Line one=one read=read/> }).collect_view();
    view! {
        <section class="stack" aria-label="Notifications">
            // All that is shown here and older: what comes meanwhile was not seen.
            {(unread > 0).then_some(newest).flatten().map(|newest| view! {
                <ActionForm action=read_all>
                    <input type="hidden" name="last_seen" value=newest/>
                    <Button size=Size::Small busy=read_all.pending()>"Mark all read"</Button>
                </ActionForm>
            })}
            <div class="panel"><ul class="rows notifications">{rows}</ul></div>
            <div class="actions">
                {to_newest.map(|href| view! { <LinkButton href=href size=Size::Small>"Newest"</LinkButton> })}
                {to_older.map(|href| view! { <LinkButton href=href size=Size::Small>"Older"</LinkButton> })}
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Nothing(unread_only: bool) -> impl IntoView {
    if unread_only {
        view! {
            <Empty icon="circle-check" title="You have read everything">
                <p>"What comes next is counted at the bell."</p>
                <LinkButton href=HERE>"Show all"</LinkButton>
            </Empty>
        }
    } else {
        view! {
            <Empty icon="bell" title="Nothing to tell yet">
                <p>"When something new signs in to your account, or a service has to be connected again, it stands here."</p>
                <LinkButton href="/settings/notifications">"Choose what you are told"</LinkButton>
            </Empty>
        }
    }
}

#[component]
fn Line(one: NotificationView, read: ServerAction<Read>) -> impl IntoView {
    let NotificationView { id, kind, title, body, read: seen, when, at, .. } = one;
    let id = id.to_string();
    let (open, mark) = (id.clone(), id);
    let (look, mark_named) = (format!("Look at: {title}"), format!("Mark read: {title}"));
    view! {
        <li class="row" class:unread=!seen>
            <div class="grow">
                <div class="title">
                    {title} " " {(!seen).then(|| view! { <Badge tone=Tone::Accent>"Unread"</Badge> })}
                </div>
                <p class="sub">{body}</p>
                <p class="sub">{kind.label()} " · " <time datetime=at>{when}</time></p>
            </div>
            <div class="actions">
                <ActionForm action=read>
                    <input type="hidden" name="id" value=open/>
                    <input type="hidden" name="open" value="true"/>
                    <Button size=Size::Small attr:aria-label=look>"Look"</Button>
                </ActionForm>
                {(!seen).then(|| view! {
                    <ActionForm action=read>
                        <input type="hidden" name="id" value=mark/>
                        <Button size=Size::Small look=Look::Ghost attr:aria-label=mark_named.clone()>"Mark read"</Button>
                    </ActionForm>
                })}
            </div>
        </li>
    }
}

/// Which kinds the person wants to be told, and how.
#[component]
pub fn NotificationSettingsPage() -> impl IntoView {
    let choose = ServerAction::<Choose>::new();
    let query = use_query_map();
    let saved = move || query.with(|query| query.get_str("saved").is_some());
    let shown = Resource::new_blocking(move || choose.version().get(), |_| own_preferences());
    let toasts = use_context::<Toasts>();
    Effect::new(move |_| {
        if let (Some(Ok(())), Some(toasts)) = (choose.value().get(), toasts) {
            toasts.show(Tone::Ok, "What you are told is saved.");
        }
    });
    view! {
        <Title text="Notifications"/>
        {move || saved().then(|| view! { <Banner tone=Tone::Ok>"What you are told is saved."</Banner> })}
        <Setting
            id="told"
            title="What you are told"
            intro="In the app it is counted at the bell. Mails about sign-ins, security and your account are always sent: nobody else can switch them off for you."
        >
            <Refused error=refusal_of(choose) except=""/>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(preferences) => view! { <Choices preferences=preferences choose=choose/> }.into_any(),
                        Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                    }
                })}
            </Transition>
        </Setting>
    }
}

#[component]
fn Choices(preferences: Vec<Preference>, choose: ServerAction<Choose>) -> impl IntoView {
    let choices = preferences.into_iter().map(|one| view! { <Choice one=one/> }).collect_view();
    view! {
        <Panel>
            <PanelBody>
                <ActionForm action=choose attr:class="stack">
                    {choices}
                    <div>
                        <Button look=Look::Primary busy=choose.pending()>"Save"</Button>
                    </div>
                </ActionForm>
            </PanelBody>
        </Panel>
    }
}

#[component]
fn Choice(one: Preference) -> impl IntoView {
    let Preference { kind, in_app, email } = one;
    view! {
        <fieldset class="stack tight">
            <legend>{kind.label()}</legend>
            <p class="sub">{kind.told()}</p>
            <label class="check">
                <input type="checkbox" name="in_app[]" value=kind.as_str() checked=in_app/>
                <span>"In the app"</span>
            </label>
            {if kind.letters_are_a_choice() {
                view! {
                    <label class="check">
                        <input type="checkbox" name="letters[]" value=kind.as_str() checked=email/>
                        <span>"By mail"</span>
                    </label>
                }
                    .into_any()
            } else {
                view! { <p class="sub">"By mail: always"</p> }.into_any()
            }}
        </fieldset>
    }
}
