use leptos::prelude::*;

use crate::{
    identity::page::{Refused, refusal_of},
    team::{
        api::{RemoveMember, SetMemberRole},
        model::{Act, Member, Role, TeamPage},
    },
    ui::{Avatar, Badge, Button, ConfirmDialog, Look, Panel, Rows, Setting, Size},
};

/// Who is in the team, with what the viewer may do about them.
#[component]
pub fn Members(
    page: TeamPage,
    remove: ServerAction<RemoveMember>,
    set_role: ServerAction<SetMemberRole>,
) -> impl IntoView {
    let intro = if page.may(Act::Invite(Role::Member)) {
        format!("{} taken. An invitation takes one when it is accepted.", page.seats_taken())
    } else {
        format!("{} taken.", page.seats_taken())
    };
    let rows = page
        .members
        .iter()
        .map(|member| view! { <One page=page.clone() member=member.clone() remove=remove set_role=set_role/> })
        .collect_view();
    view! {
        <Setting id="members" title="Members" intro=intro>
            <Refused error=refusal_of(remove) except=""/>
            <Refused error=refusal_of(set_role) except=""/>
            <Panel>
                <Rows>{rows}</Rows>
            </Panel>
        </Setting>
    }
}

#[component]
fn One(
    page: TeamPage,
    member: Member,
    remove: ServerAction<RemoveMember>,
    set_role: ServerAction<SetMemberRole>,
) -> impl IntoView {
    let team = page.team.id.to_string();
    let Member { id, name, avatar, email, role, joined, is_viewer } = member;
    let other_role = if role == Role::Admin { Role::Member } else { Role::Admin };
    let changes_role = page.may(Act::SetRole) && !is_viewer && role != Role::Owner;
    let removes = page.may(Act::Remove(role)) && !is_viewer;
    let sub = email.into_iter().chain([joined]).collect::<Vec<_>>().join(" · ");
    let (of_role, of_removal) = (team.clone(), team);
    let called = name.clone();
    view! {
        <div class="row">
            <Avatar name=name.clone() picture=avatar/>
            <div class="grow">
                <div class="title">{name.clone()} {is_viewer.then_some(" (you)")}</div>
                <div class="sub">{sub}</div>
            </div>
            <Badge plain=true>{role.label()}</Badge>
            {changes_role.then(|| view! {
                <ActionForm action=set_role>
                    <input type="hidden" name="team" value=of_role/>
                    <input type="hidden" name="member" value=id.to_string()/>
                    <input type="hidden" name="role" value=other_role.as_str()/>
                    <Button size=Size::Small busy=set_role.pending() attr:aria-label=format!("Make {called} {}", with_article(other_role))>
                        {format!("Make {}", other_role.as_str())}
                    </Button>
                </ActionForm>
            })}
            {removes.then(|| view! {
                <ConfirmDialog
                    id=format!("remove-{id}")
                    title=format!("Remove {name}?")
                    open="Remove"
                    size=Size::Small
                    confirm=move || view! {
                        <ActionForm action=remove>
                            <input type="hidden" name="team" value=of_removal/>
                            <input type="hidden" name="member" value=id.to_string()/>
                            <Button look=Look::Danger busy=remove.pending()>"Remove"</Button>
                        </ActionForm>
                    }
                >
                    <p>
                        "They lose the team and its plan at once, and their seat is free. Their conversations stay theirs, in \
                         their personal team. They are told."
                    </p>
                </ConfirmDialog>
            })}
        </div>
    }
}

fn with_article(role: Role) -> &'static str {
    match role {
        Role::Owner => "the owner",
        Role::Admin => "an admin",
        Role::Member => "a member",
    }
}
