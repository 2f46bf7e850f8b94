use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use crate::{
    account::notifications::browser::hear_named,
    chat::{
        api,
        model::{ConversationSummary, RecentGroup},
    },
    kit::keys::Deed,
    ui::{Commands, Icon},
};

/// The list of conversations, for the sidebar.
#[component]
pub fn Recents(
    /// Stands at the end of the field.
    #[prop(optional, into)]
    key: ViewFn,
) -> impl IntoView {
    let here = use_location().pathname;
    // Read again on the way to another page: the conversation one has just begun is then there.
    let recents = Resource::new_blocking(move || here.get(), |_| api::recents());
    // Effects run in the browser only.
    Effect::new(move |_| hear_named(move || recents.refetch()));
    let navigate = use_navigate();
    // As they stand in the list; from a page that is none of them, the list begins at its ends.
    let step = move |onward: bool| {
        let all = recents.get_untracked().and_then(Result::ok).unwrap_or_default();
        let all: Vec<String> = all
            .into_iter()
            .flat_map(|group| group.conversations)
            .map(|conversation| format!("/chat/{}", conversation.id))
            .collect();
        let at = here.with_untracked(|here| all.iter().position(|address| address == here));
        let to = match (at, onward) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at.wrapping_sub(1),
            (None, true) => 0,
            (None, false) => all.len().wrapping_sub(1),
        };
        all.get(to).map(|address| navigate(address, NavigateOptions::default())).is_some()
    };
    let back = step.clone();
    Commands::on(Deed::PreviousConversation, move || back(false));
    Commands::on(Deed::NextConversation, move || step(true));
    view! {
        <form class="search" method="get" action="/chat/search" role="search" aria-label="Your conversations">
            <Icon name="search"/>
            <label class="visually-hidden" for="sidebar-q">"Find a conversation"</label>
            <input class="input" id="sidebar-q" type="search" name="q" maxlength="200" placeholder="Search"/>
            {key.run()}
        </form>
        <nav class="recents" aria-label="Conversations">
            <Transition>
                {move || Suspend::new(async move {
                    match recents.await {
                        Ok(groups) if !groups.is_empty() => {
                            groups
                                .into_iter()
                                .map(|group| view! { <Group group=group here=here/> })
                                .collect_view()
                                .into_any()
                        }
                        Ok(_) => {
                            view! {
                                <h2>"Conversations"</h2>
                                <p class="sub hollow">"What you ask appears here. Only you can see it."</p>
                            }
                                .into_any()
                        }
                        Err(error) => {
                            view! {
                                <h2>"Conversations"</h2>
                                <p class="sub hollow">{error.message}</p>
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
            <ul><li><a href="/chat/search"><span>"All conversations"</span></a></li></ul>
        </nav>
    }
}

#[component]
fn Group(group: RecentGroup, here: Memo<String>) -> impl IntoView {
    view! {
        <h2>{group.label}</h2>
        <ul>
            {group
                .conversations
                .into_iter()
                .map(|ConversationSummary { id, title }| {
                    let address = format!("/chat/{id}");
                    let at = address.clone();
                    view! {
                        <li>
                            <a href=address aria-current=move || here.with(|here| *here == at).then_some("page")>
                                <span>{title}</span>
                            </a>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
