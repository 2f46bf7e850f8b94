use leptos::prelude::*;

use super::loaded::{Done, Loaded, Refused};
use crate::{
    admin::{
        api::{DecideRecovery, recoveries},
        model::{RecoveryLine, RecoveryState},
    },
    ui::{Badge, Button, Field, Look, Panel, PanelBody, Row, Rows, TextInput, Tone},
};

/// People who cannot open the mailbox of their account.
#[component]
pub fn Recoveries() -> impl IntoView {
    let decide = ServerAction::<DecideRecovery>::new();
    provide_context(decide);
    let data = Resource::new_blocking(move || decide.version().get(), |_| recoveries());
    view! {
        <Done/>
        <Refused action=decide/>
        <Loaded data=data children=shown/>
    }
}

fn shown(lines: Vec<RecoveryLine>) -> impl IntoView {
    let none = lines.is_empty().then(|| {
        view! { <Panel title="Lost mailboxes"><PanelBody><p class="muted">"Nobody has asked."</p></PanelBody></Panel> }
    });
    view! {
        <div class="stack loose">
            {none}
            {lines.into_iter().map(|line| view! { <Wish line=line/> }).collect_view()}
        </div>
    }
}

#[component]
fn Wish(line: RecoveryLine) -> impl IntoView {
    let RecoveryLine { id, user, display_name, state, facts } = line;
    let (tone, word) = match state {
        RecoveryState::Waits => (Tone::Neutral, "Waits"),
        RecoveryState::Due => (Tone::Warn, "To decide"),
        RecoveryState::Stopped => (Tone::Neutral, "Stopped"),
        RecoveryState::Approved => (Tone::Ok, "Approved"),
        RecoveryState::Refused => (Tone::Danger, "Refused"),
    };
    let open = matches!(state, RecoveryState::Waits | RecoveryState::Due);
    let due = state == RecoveryState::Due;
    view! {
        <Panel title=display_name.clone() actions=move || view! { <Badge tone=tone>{word}</Badge> }>
            <Rows>
                {facts.into_iter().map(|(title, sub)| view! { <Row title=title sub=sub/> }).collect_view()}
            </Rows>
            <PanelBody>
                <p><a href=format!("/admin/people/{user}")>"Look at " {display_name}</a></p>
                {open.then(|| view! { <Decide id=id.to_string() due=due/> })}
            </PanelBody>
        </Panel>
    }
}

#[component]
fn Decide(id: String, due: bool) -> impl IntoView {
    let decide = expect_context::<ServerAction<DecideRecovery>>();
    let field = format!("because-{id}");
    view! {
        <ActionForm action=decide attr:class="stack">
            <input type="hidden" name="id" value=id/>
            <Field id=field label="Why" hint="Operators read it, and it stands in the log of the account.">
                <TextInput name="because" required=true attr:maxlength="300"/>
            </Field>
            <div class="actions">
                {due.then(|| view! {
                    <Button look=Look::Primary busy=decide.pending() attr:name="decision" attr:value="approve">
                        "Give it the new address"
                    </Button>
                })}
                <Button look=Look::Danger busy=decide.pending() attr:name="decision" attr:value="refuse">"Refuse"</Button>
            </div>
        </ActionForm>
    }
}
