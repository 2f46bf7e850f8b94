use leptos::{prelude::*, server_fn::ServerFn as _};
use leptos_router::hooks::use_location;

use crate::{
    team::{
        api::{ChooseTeam, list_own_teams},
        model::{OwnTeams, Team},
    },
    ui::{Icon, Skeleton},
};

/// Which team one works for, and the others. Choosing is a plain form: it loads a new document, so that every part of the
/// page is that team's.
#[component]
pub fn TeamSwitcher() -> impl IntoView {
    let location = use_location();
    // What the list shows is changed on the team pages alone.
    let changed = Memo::new(move |_| {
        let path = location.pathname.get();
        if path.starts_with("/team") { format!("{path}{}", location.search.get()) } else { String::new() }
    });
    let own = Resource::new_blocking(move || changed.get(), |_| list_own_teams());
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move { own.await.ok().flatten().map(|own| view! { <Switch own=own/> }) })}
        </Transition>
    }
}

#[component]
fn Switch(own: OwnTeams) -> impl IntoView {
    let chosen = own.chosen;
    let name = own.chosen().map(shown).unwrap_or_default();
    let choices = own
        .teams
        .iter()
        .map(|team| {
            let here = team.id == chosen;
            view! {
                <button type="submit" name="team" value=team.id.to_string() aria-current=here.then_some("true")>
                    <span class="name">{shown(team)}</span>
                    {here.then(|| view! { <span class="sub"><Icon name="check"/></span> })}
                </button>
            }
        })
        .collect_view();
    view! {
        <button class="button ghost wide" type="button" popovertarget="team-menu" aria-label=format!("Team: {name}. Switch")>
            <span class="name">{name.clone()}</span>
            <Icon name="chevrons-up-down"/>
        </button>
        <div class="menu" id="team-menu" popover="auto">
            <p class="label">"New conversations belong to"</p>
            <form method="post" action=ChooseTeam::url()>{choices}</form>
            <hr/>
            <a href="/team">
                <Icon name="settings-2"/>
                "This team"
            </a>
            <a href="/team/new">
                <Icon name="plus"/>
                "New team"
            </a>
        </div>
    }
}

/// A personal team has its owner's name; in the list it is what it is.
fn shown(team: &Team) -> String {
    if team.personal { "Personal".to_owned() } else { team.name.clone() }
}
