use leptos::prelude::*;

use crate::{
    identity::page::{Refused, emptied_by, on_field, refusal_of},
    team::{
        api::{InviteAgain, InviteToTeam, RevokeInvitation},
        model::{Act, Invitation, Role, TeamPage},
    },
    ui::{Badge, Button, Field, Look, Panel, PanelBody, Rows, Select, Setting, Size, TextInput},
};

/// The form that invites, and the invitations that wait.
#[component]
pub fn Invitations(
    page: TeamPage,
    invite: ServerAction<InviteToTeam>,
    again: ServerAction<InviteAgain>,
    revoke: ServerAction<RevokeInvitation>,
) -> impl IntoView {
    let refused = refusal_of(invite);
    let team = page.team.id.to_string();
    let for_admins = page.may(Act::Invite(Role::Admin));
    let rows = page
        .invitations
        .iter()
        .map(
            |invitation| view! { <Waiting page=page.clone() invitation=invitation.clone() again=again revoke=revoke/> },
        )
        .collect_view();
    let list = (!page.invitations.is_empty()).then(|| view! { <Panel title="Waiting"><Rows>{rows}</Rows></Panel> });
    view! {
        <Setting
            id="invitations"
            title="Invitations"
            intro="We send a mail with a link that works for 7 days, once, and for that address alone."
        >
            <Refused error=refused except="email"/>
            <Panel>
                <PanelBody>
                    <ActionForm action=invite attr:class="stack" node_ref=emptied_by(invite)>
                        <input type="hidden" name="team" value=team/>
                        <Field id="email" label="E-mail address" error=on_field(refused, "email")>
                            <TextInput
                                name="email"
                                kind="email"
                                value=page.typed.clone()
                                required=true
                                attr:maxlength="254"
                                attr:autocomplete="off"
                            />
                        </Field>
                        {for_admins.then(|| view! {
                            <Field id="role" label="Role" hint="An admin invites people and removes members.">
                                <Select name="role">
                                    <option value="member" selected=true>"Member"</option>
                                    <option value="admin">"Admin"</option>
                                </Select>
                            </Field>
                        })}
                        <div>
                            <Button look=Look::Primary busy=invite.pending()>"Send invitation"</Button>
                        </div>
                    </ActionForm>
                </PanelBody>
            </Panel>
            <Refused error=refusal_of(again) except=""/>
            <Refused error=refusal_of(revoke) except=""/>
            {list}
        </Setting>
    }
}

#[component]
fn Waiting(
    page: TeamPage,
    invitation: Invitation,
    again: ServerAction<InviteAgain>,
    revoke: ServerAction<RevokeInvitation>,
) -> impl IntoView {
    let team = page.team.id.to_string();
    let Invitation { id, email, role, sent, until } = invitation;
    let sends = page.may(Act::Invite(role));
    let (of_sending, of_revoking) = (team.clone(), team);
    let (sent_to, revoked_of) = (email.clone(), email.clone());
    view! {
        <div class="row">
            <div class="grow">
                <div class="title">{email}</div>
                <div class="sub">{format!("{sent}, {until}")}</div>
            </div>
            <Badge plain=true>{role.label()}</Badge>
            {sends.then(|| view! {
                <ActionForm action=again>
                    <input type="hidden" name="team" value=of_sending/>
                    <input type="hidden" name="invitation" value=id.to_string()/>
                    <Button size=Size::Small busy=again.pending() attr:aria-label=format!("Send again to {sent_to}")>
                        "Send again"
                    </Button>
                </ActionForm>
            })}
            <ActionForm action=revoke>
                <input type="hidden" name="team" value=of_revoking/>
                <input type="hidden" name="invitation" value=id.to_string()/>
                <Button
                    look=Look::QuietDanger
                    size=Size::Small
                    busy=revoke.pending()
                    attr:aria-label=format!("Revoke the invitation of {revoked_of}")
                >
                    "Revoke"
                </Button>
            </ActionForm>
        </div>
    }
}
