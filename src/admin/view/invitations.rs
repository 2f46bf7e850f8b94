use leptos::prelude::*;

use super::loaded::{Done, Loaded, Refused};
use crate::{
    admin::{
        api::{Invite, TakeBackInvitation, invitations},
        model::{InvitationLine, InvitationState},
    },
    ui::{Badge, Button, Field, Look, Panel, PanelBody, Row, Rows, Size, TextInput, Tone},
};

/// Who was invited, and a form for the next.
#[component]
pub fn Invitations() -> impl IntoView {
    let invite = ServerAction::<Invite>::new();
    let take_back = ServerAction::<TakeBackInvitation>::new();
    provide_context(take_back);
    let data = Resource::new_blocking(move || (invite.version().get(), take_back.version().get()), |_| invitations());
    view! {
        <Done/>
        <Refused action=invite/>
        <Refused action=take_back/>
        <div class="stack loose">
            <Panel title="Invite somebody">
                <PanelBody>
                    <ActionForm action=invite attr:class="stack">
                        <Field id="email" label="E-mail address" hint="The invitation is for this address alone, works once, and for 7 days.">
                            <TextInput name="email" kind="email" required=true attr:maxlength="254" attr:autocomplete="off"/>
                        </Field>
                        <div class="actions"><Button look=Look::Primary busy=invite.pending()>"Invite"</Button></div>
                    </ActionForm>
                </PanelBody>
            </Panel>
            <Loaded data=data children=shown/>
        </div>
    }
}

fn shown(invitations: Vec<InvitationLine>) -> impl IntoView {
    let none = invitations.is_empty();
    view! {
        <Panel title="Invitations">
            {none.then(|| view! { <PanelBody><p class="muted">"None yet. They matter where SIGN_UP is «invitation» or «domains»."</p></PanelBody> })}
            <Rows>{invitations.into_iter().map(|line| view! { <Line line=line/> }).collect_view()}</Rows>
        </Panel>
    }
}

#[component]
fn Line(line: InvitationLine) -> impl IntoView {
    let InvitationLine { id, email, state, created, expires } = line;
    let take_back = expect_context::<ServerAction<TakeBackInvitation>>();
    let (tone, word) = match state {
        InvitationState::Open => (Tone::Accent, "Open"),
        InvitationState::Used => (Tone::Ok, "Used"),
        InvitationState::Expired => (Tone::Neutral, "Expired"),
    };
    let label = format!("Take back the invitation of {email}");
    view! {
        <Row title=email sub=format!("Invited {created}, until {expires}")>
            <Badge tone=tone>{word}</Badge>
            {(state != InvitationState::Used).then(|| view! {
                <ActionForm action=take_back>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <Button size=Size::Small look=Look::QuietDanger attr:aria-label=label>"Take back"</Button>
                </ActionForm>
            })}
        </Row>
    }
}
