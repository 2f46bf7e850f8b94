//! The page of a team, and the one that makes a team.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{
        CloseTeam, InviteAgain, InviteToTeam, LeaveTeam, MakeTeam, RemoveMember, RenameTeam, RevokeInvitation,
        SetMemberRole, TransferTeam, open_team,
    },
    model::{Act, Role, Team, TeamPage},
    view::{Ends, Invitations, Members},
};
use crate::{
    identity::page::{Refused, on_field, refusal_of},
    ui::{
        Badge, Banner, Button, Field, LinkButton, Look, Panel, PanelBody, Rows, Setting, Size, Skeleton, TextInput,
        Tone,
    },
};

/// Everything that a form of the page does.
#[derive(Clone, Copy)]
struct Acts {
    rename: ServerAction<RenameTeam>,
    invite: ServerAction<InviteToTeam>,
    again: ServerAction<InviteAgain>,
    revoke: ServerAction<RevokeInvitation>,
    remove: ServerAction<RemoveMember>,
    set_role: ServerAction<SetMemberRole>,
    leave: ServerAction<LeaveTeam>,
    transfer: ServerAction<TransferTeam>,
    close: ServerAction<CloseTeam>,
}

impl Acts {
    fn new() -> Self {
        Self {
            rename: ServerAction::new(),
            invite: ServerAction::new(),
            again: ServerAction::new(),
            revoke: ServerAction::new(),
            remove: ServerAction::new(),
            set_role: ServerAction::new(),
            leave: ServerAction::new(),
            transfer: ServerAction::new(),
            close: ServerAction::new(),
        }
    }

    /// How often something was done; the page is then read again. Leaving and closing lead to another one.
    fn versions(self) -> [usize; 7] {
        [
            self.rename.version().get(),
            self.invite.version().get(),
            self.again.version().get(),
            self.revoke.version().get(),
            self.remove.version().get(),
            self.set_role.version().get(),
            self.transfer.version().get(),
        ]
    }

    /// Whether something was refused; what was done before is then not said again.
    fn refused(self) -> bool {
        refusal_of(self.rename).get().is_some()
            || refusal_of(self.invite).get().is_some()
            || refusal_of(self.again).get().is_some()
            || refusal_of(self.revoke).get().is_some()
            || refusal_of(self.remove).get().is_some()
            || refusal_of(self.set_role).get().is_some()
            || refusal_of(self.leave).get().is_some()
            || refusal_of(self.transfer).get().is_some()
            || refusal_of(self.close).get().is_some()
    }
}

/// The team that one works for, or the one that the address names.
#[component]
pub fn TeamPageView() -> impl IntoView {
    let acts = Acts::new();
    let query = use_query_map();
    let asked = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let shown =
        Resource::new_blocking(move || (acts.versions(), asked("team"), asked("done")), |(_, team, _)| open_team(team));
    view! {
        <Title text="Team"/>
        {move || {
            let told = if acts.refused() { None } else { done(&asked("done")) };
            told.map(|told| view! { <Banner tone=Tone::Ok>{told}</Banner> })
        }}
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(page) => view! { <Whole page=page acts=acts/> }.into_any(),
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What a form has done.
fn done(what: &str) -> Option<&'static str> {
    Some(match what {
        "made" => "Your team is there. Invite the first people to it.",
        "renamed" => "The new name is saved.",
        "invited" => "The invitation is on its way.",
        "revoked" => "The invitation is taken back. Its link works no more.",
        "joined" => "You are in. New conversations belong to this team until you switch.",
        "removed" => "They are no longer in the team.",
        "role" => "The role is changed.",
        "given" => "The team has a new owner. You are an admin of it.",
        "left" => "You have left the team. Your conversations came with you.",
        "closed" => "The team is closed.",
        _ => return None,
    })
}

#[component]
fn Whole(page: TeamPage, acts: Acts) -> impl IntoView {
    let personal = page.team.personal;
    let invites = page.may(Act::Invite(Role::Member));
    let several = (!personal).then(|| {
        view! {
            <Members page=page.clone() remove=acts.remove set_role=acts.set_role/>
            {invites.then(|| view! {
                <Invitations page=page.clone() invite=acts.invite again=acts.again revoke=acts.revoke/>
            })}
            <Ends page=page.clone() leave=acts.leave transfer=acts.transfer close=acts.close/>
        }
    });
    view! {
        <Naming page=page.clone() rename=acts.rename/>
        {several}
        <Others page=page/>
    }
}

/// What it is called, and what the viewer is in it.
#[component]
fn Naming(page: TeamPage, rename: ServerAction<RenameTeam>) -> impl IntoView {
    let refused = refusal_of(rename);
    let Team { id, name, role, personal } = page.team.clone();
    let intro = if personal {
        "This one is yours alone. To share a plan with others, make a team.".to_owned()
    } else {
        format!("You are {} here.", sentence(role))
    };
    view! {
        <Setting id="team" title=if personal { "Personal team" } else { "Team" } intro=intro>
            {if page.may(Act::Rename) {
                view! {
                    <Refused error=refused except="name"/>
                    <ActionForm action=rename attr:class="stack">
                        <input type="hidden" name="team" value=id.to_string()/>
                        <Field id="name" label="Name" error=on_field(refused, "name")>
                            <TextInput
                                name="name"
                                value=name
                                required=true
                                attr:maxlength="100"
                                attr:autocomplete="off"
                            />
                        </Field>
                        <div class="actions">
                            <Button busy=rename.pending()>"Save name"</Button>
                        </div>
                    </ActionForm>
                }
                    .into_any()
            } else {
                view! { <p class="title">{name}</p> }.into_any()
            }}
        </Setting>
    }
}

fn sentence(role: Role) -> &'static str {
    match role {
        Role::Owner => "the owner",
        Role::Admin => "an admin",
        Role::Member => "a member",
    }
}

/// All teams of the viewer.
#[component]
fn Others(page: TeamPage) -> impl IntoView {
    let TeamPage { team, own, .. } = page;
    let chosen = own.chosen;
    let rows = own
        .teams
        .into_iter()
        .map(|one| {
            let Team { id, name, role, personal } = one;
            let sub = if personal { "Personal" } else { role.label() };
            let look = (id != team.id).then(|| {
                let label = format!("Look at {name}");
                let href = format!("/team?team={id}");
                view! { <LinkButton href=href size=Size::Small attr:aria-label=label>"Look"</LinkButton> }
            });
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{name}</div>
                        <div class="sub">{sub}</div>
                    </div>
                    {(id == chosen).then(|| view! { <Badge tone=Tone::Ok>"New conversations"</Badge> })}
                    {look}
                </div>
            }
        })
        .collect_view();
    view! {
        <Setting
            id="teams"
            title="Your teams"
            intro="New conversations belong to the team that you choose at the end of the sidebar, and count on its plan."
        >
            <Panel>
                <Rows>{rows}</Rows>
            </Panel>
            <div class="actions">
                <LinkButton href="/team/new">"Make a team"</LinkButton>
            </div>
        </Setting>
    }
}

/// Makes a team.
#[component]
pub fn NewTeamPage() -> impl IntoView {
    let make = ServerAction::<MakeTeam>::new();
    let refused = refusal_of(make);
    view! {
        <Title text="New team"/>
        <Setting
            id="new-team"
            title="New team"
            intro="A team has members who share its plan. What each of them asks and connects stays their own."
        >
            <Refused error=refused except="name"/>
            <Panel>
                <PanelBody>
                    <ActionForm action=make attr:class="stack">
                        <Field
                            id="name"
                            label="Name"
                            hint="The people you invite see it."
                            error=on_field(refused, "name")
                        >
                            <TextInput name="name" required=true attr:maxlength="100" attr:autocomplete="off"/>
                        </Field>
                        <div>
                            <Button look=Look::Primary busy=make.pending()>"Make the team"</Button>
                        </div>
                    </ActionForm>
                </PanelBody>
            </Panel>
        </Setting>
    }
}
