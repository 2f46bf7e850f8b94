use leptos::prelude::*;

use crate::{
    identity::page::{Refused, refusal_of},
    team::{
        api::{CloseTeam, LeaveTeam, TransferTeam},
        model::{Act, Member, TeamPage},
    },
    ui::{Button, ConfirmDialog, Disclosure, Look, Panel, Rows, Setting, Size},
};

/// The ways out of a team: leaving it, giving it away, closing it.
#[component]
pub fn Ends(
    page: TeamPage,
    leave: ServerAction<LeaveTeam>,
    transfer: ServerAction<TransferTeam>,
    close: ServerAction<CloseTeam>,
) -> impl IntoView {
    let leaving = page.may(Act::Leave).then(|| view! { <Leaving page=page.clone() leave=leave/> });
    let giving = page.may(Act::Transfer).then(|| view! { <Giving page=page.clone() transfer=transfer/> });
    let closing = page.may(Act::Close).then(|| view! { <Closing page=page.clone() close=close/> });
    view! {
        {leaving}
        {giving}
        {closing}
    }
}

#[component]
fn Leaving(page: TeamPage, leave: ServerAction<LeaveTeam>) -> impl IntoView {
    let team = page.team.id.to_string();
    view! {
        <Setting id="leave" title="Leave" intro="Your conversations go with you, into your personal team.">
            <Refused error=refusal_of(leave) except=""/>
            <div class="actions">
                <ConfirmDialog
                    id="leave-team"
                    title=format!("Leave «{}»?", page.team.name)
                    open="Leave the team"
                    cancel="Stay"
                    confirm=move || view! {
                        <ActionForm action=leave>
                            <input type="hidden" name="team" value=team/>
                            <Button look=Look::Danger busy=leave.pending()>"Leave"</Button>
                        </ActionForm>
                    }
                >
                    <p>
                        "You lose the team's plan at once. To come back, somebody who manages it has to invite you. Your \
                         connections stay as they are."
                    </p>
                </ConfirmDialog>
            </div>
        </Setting>
    }
}

#[component]
fn Giving(page: TeamPage, transfer: ServerAction<TransferTeam>) -> impl IntoView {
    let others: Vec<Member> = page.members.iter().filter(|member| !member.is_viewer).cloned().collect();
    let alone = others.is_empty();
    let rows = others
        .into_iter()
        .map(|member| {
            let team = page.team.id.to_string();
            let Member { id, name, role, .. } = member;
            let title = format!("Give «{}» to {name}?", page.team.name);
            view! {
                <div class="row">
                    <div class="grow">
                        <div class="title">{name.clone()}</div>
                        <div class="sub">{role.label()}</div>
                    </div>
                    <ConfirmDialog
                        id=format!("give-{id}")
                        title=title
                        open="Choose"
                        size=Size::Small
                        confirm=move || view! {
                            <ActionForm action=transfer>
                                <input type="hidden" name="team" value=team/>
                                <input type="hidden" name="member" value=id.to_string()/>
                                <Button look=Look::Danger busy=transfer.pending()>"Give the team"</Button>
                            </ActionForm>
                        }
                    >
                        <p>
                            "They own the team and its plan from then on, and you are an admin. Only they can give it back."
                        </p>
                    </ConfirmDialog>
                </div>
            }
        })
        .collect_view();
    view! {
        <Setting id="give" title="Give the team away" intro="A team has one owner, who decides about its plan and its end.">
            <Refused error=refusal_of(transfer) except=""/>
            {if alone {
                view! { <p class="muted">"Nobody else is in the team yet."</p> }.into_any()
            } else {
                view! {
                    <Disclosure summary="Choose the new owner">
                        <Panel>
                            <Rows>{rows}</Rows>
                        </Panel>
                    </Disclosure>
                }
                    .into_any()
            }}
        </Setting>
    }
}

#[component]
fn Closing(page: TeamPage, close: ServerAction<CloseTeam>) -> impl IntoView {
    let team = page.team.id.to_string();
    view! {
        <Setting id="close" title="Close the team" intro="This ends the team for everybody in it.">
            <Refused error=refusal_of(close) except=""/>
            <div class="actions">
                <ConfirmDialog
                    id="close-team"
                    title=format!("Close «{}»?", page.team.name)
                    open="Close the team"
                    cancel="Keep it"
                    confirm=move || view! {
                        <ActionForm action=close>
                            <input type="hidden" name="team" value=team/>
                            <Button look=Look::Danger busy=close.pending()>"Close the team"</Button>
                        </ActionForm>
                    }
                >
                    <p>
                        "Removed at once: the members, the invitations that wait, and the plan with its subscription. This \
                         cannot be undone."
                    </p>
                    <p>
                        "What stays: each member keeps their conversations and connections, in their personal team. Invoices \
                         can still be asked for, and the team's name stands on them."
                    </p>
                </ConfirmDialog>
            </div>
        </Setting>
    }
}
