use leptos::prelude::*;

use super::{
    api::{AskAgain, LetModelsSee},
    model::{AlwaysView, ConnectionLog, Fact, Mend, ModelChoice, ScopeView},
};
use crate::{
    integrations::{
        api::Disconnect,
        model::{ConnectionState, ConnectionView},
    },
    ui::{Badge, Banner, Button, ConfirmDialog, LinkButton, Look, Size, TablePanel, Tone},
};

/// How it fares, in words, with what mends it.
#[component]
pub(super) fn State(connection: ConnectionView, told: String, mend: Option<Mend>) -> impl IntoView {
    let (tone, badge) = match connection.state {
        ConnectionState::Active => (Tone::Ok, "Connected"),
        ConnectionState::Partial => (Tone::Warn, "Partly granted"),
        ConnectionState::NeedsReauth => (Tone::Warn, "Needs you"),
    };
    let mend = mend.map(|mend| {
        view! {
            <LinkButton href=mend.address look=Look::Primary external=true>
                {mend.words}
            </LinkButton>
        }
    });
    view! {
        <Banner tone=tone action=ViewFnOnce::from(move || view! { {mend} })>
            <b>{badge} "."</b>
            " "
            {told}
        </Banner>
    }
}

/// What is known of it.
#[component]
pub(super) fn Facts(facts: Vec<Fact>) -> impl IntoView {
    let lines = facts.into_iter().map(|fact| view! { <dt>{fact.name}</dt><dd>{fact.told}</dd> }).collect_view();
    view! { <dl class="facts">{lines}</dl> }
}

/// What was asked for, why, and what was granted.
#[component]
pub(super) fn Scopes(scopes: Vec<ScopeView>, manage: String, service: String) -> impl IntoView {
    let empty = scopes.is_empty();
    let rows: Vec<_> = scopes
        .into_iter()
        .map(|scope| {
            let (tone, word) = if scope.granted { (Tone::Ok, "Granted") } else { (Tone::Warn, "Not granted") };
            let reason = scope
                .reason
                .map_or_else(|| "Granted, though Aura did not ask for it".to_owned(), |reason| format!("To {reason}"));
            view! {
                <tr>
                    <th scope="row">
                        {reason}
                        <div class="sub"><code>{scope.name}</code></div>
                    </th>
                    <td><Badge tone=tone>{word}</Badge></td>
                </tr>
            }
        })
        .collect();
    let none = empty.then(|| {
        view! { <p class="muted">{format!("{service} gives whole accounts: there is nothing to choose from.")}</p> }
    });
    let table =
        (!empty).then(|| view! { <TablePanel label="Permissions" heads=&["What for", "State"]>{rows}</TablePanel> });
    let outside = (!manage.is_empty()).then(|| {
        view! {
            <p>
                <a href=manage rel="external noopener noreferrer" target="_blank">
                    {format!("Manage it at {service}")}
                </a>
            </p>
        }
    });
    view! {
        {none}
        {table}
        {outside}
    }
}

/// Whether a model may see what is read, whose it is, and the switch for it.
#[component]
pub(super) fn Models(
    id: String,
    service: String,
    model: ModelChoice,
    agreed: Option<String>,
    vendor: Option<String>,
    kept: Option<String>,
    choose: ServerAction<LetModelsSee>,
) -> impl IntoView {
    let told = match (model, &vendor) {
        (ModelChoice::Allowed, _) => {
            "What is read here may be sent to the model, so that it can answer from it.".to_owned()
        }
        (ModelChoice::Unasked, Some(vendor)) => {
            format!("Before anything that is read here first goes to {vendor}, Aura asks you in the chat.")
        }
        (ModelChoice::Unasked, None) => {
            "This installation has no model, so nothing that is read here goes to one. Should it get one, Aura asks you \
             first."
                .to_owned()
        }
        (ModelChoice::Withheld, _) => {
            "What is read here is never sent to the model. Aura still reads it for you, by rules, and shows it as a card."
                .to_owned()
        }
        (ModelChoice::Forbidden, _) => format!(
            "{service} does not let its data be sent to a model. Aura reads it for you by rules, and shows it as a card."
        ),
    };
    let whose = (model != ModelChoice::Forbidden).then(|| {
        let now = vendor.as_ref().map(|vendor| format!("The model here is {vendor}."));
        let words: Vec<String> = [agreed, now, kept].into_iter().flatten().collect();
        (!words.is_empty()).then(|| view! { <p class="sub">{words.join(" ")}</p> })
    });
    let allow = (Some("true"), "Let the model see it");
    let keep = (None, "Keep it from the model");
    // The first one stays in its place whatever is chosen, and keeps the focus.
    let (first, second) = match (model, &vendor) {
        (ModelChoice::Forbidden, _) => (None, None),
        (ModelChoice::Allowed, _) | (ModelChoice::Unasked, None) => (Some(keep), None),
        (ModelChoice::Unasked, Some(_)) => (Some(keep), Some(allow)),
        (ModelChoice::Withheld, _) => (Some(allow), None),
    };
    let switch = |(may, words): (Option<&'static str>, &'static str)| {
        let id = id.clone();
        view! {
            <ActionForm action=choose>
                <input type="hidden" name="connection" value=id/>
                {may.map(|may| view! { <input type="hidden" name="may" value=may/> })}
                <Button busy=choose.pending()>{words}</Button>
            </ActionForm>
        }
    };
    view! {
        <p>{told}</p>
        {whose}
        <div class="actions">{first.map(&switch)} {second.map(&switch)}</div>
    }
}

/// What is changed without asking anew, and how that ends.
#[component]
pub(super) fn Always(id: String, always: Vec<AlwaysView>, again: ServerAction<AskAgain>) -> impl IntoView {
    let rows: Vec<_> = always
        .into_iter()
        .map(|AlwaysView { tool, title, since }| {
            let (id, name) = (id.clone(), title.clone());
            view! {
                <tr>
                    <th scope="row">{title}</th>
                    <td class="when">{since}</td>
                    <td>
                        <ActionForm action=again>
                            <input type="hidden" name="connection" value=id/>
                            <input type="hidden" name="tool" value=tool/>
                            <Button size=Size::Small busy=again.pending()>
                                "Ask again"
                                <span class="visually-hidden">{format!(" before: {name}")}</span>
                            </Button>
                        </ActionForm>
                    </td>
                </tr>
            }
        })
        .collect();
    view! { <TablePanel label="Allowed in advance" heads=&["What", "Since", "End it"]>{rows}</TablePanel> }
}

/// What happened to it, the newest first.
#[component]
pub(super) fn Log(id: String, log: ConnectionLog, first: bool) -> impl IntoView {
    let ConnectionLog { lines, older } = log;
    let here = format!("/connections/{id}");
    let none = lines.is_empty().then(|| view! { <p class="muted">"Nothing happened yet."</p> });
    let filled = !lines.is_empty();
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            view! {
                <tr>
                    <td class="when">{line.when}</td>
                    <td>{line.told}</td>
                </tr>
            }
        })
        .collect();
    let table = filled.then(|| view! { <TablePanel label="Log" heads=&["When", "What"]>{rows}</TablePanel> });
    let newest = (!first).then(|| view! { <LinkButton href=here.clone() size=Size::Small>"Newest"</LinkButton> });
    let older = older.map(|before| {
        let address = format!("{here}?before={before}");
        view! { <LinkButton href=address size=Size::Small>"Older"</LinkButton> }
    });
    view! {
        {none}
        {table}
        <div class="actions">{newest} {older}</div>
        <p>
            <a href=format!("/api/connections/{id}/events.json") rel="external" download="">
                "Export all of it as JSON"
            </a>
        </p>
    }
}

/// Disconnecting, asked once, with the choice of what becomes of what was read.
#[component]
pub(super) fn Ending(connection: ConnectionView, disconnect: ServerAction<Disconnect>) -> impl IntoView {
    let service = connection.service_name.clone();
    let what = if connection.revocable {
        format!(
            "Aura gives its access back at {service} and deletes the stored tokens. If {service} does not answer, Aura \
             tries again for a day. Your data at {service} stays as it is."
        )
    } else {
        format!(
            "Aura deletes the stored tokens. {service} offers no way to give access back from here: remove Aura or its \
             key in your settings there."
        )
    };
    let (id, label) = (connection.id.to_string(), format!("Disconnect {service}"));
    view! {
        <div class="actions">
        <ConfirmDialog
            id="disconnect"
            title=format!("{label}?")
            open=label.clone()
            cancel="Keep it"
            confirm=move || {
                view! {
                    <ActionForm action=disconnect attr:class="stack tight" attr:id="disconnect-form">
                        <input type="hidden" name="connection" value=id/>
                        <label class="check">
                            <input type="checkbox" name="forget" value="true"/>
                            <span>"Also delete what was read through it"</span>
                        </label>
                        <Button look=Look::Danger busy=disconnect.pending()>{label}</Button>
                    </ActionForm>
                }
            }
        >
            <p>{what}</p>
        </ConfirmDialog>
        </div>
    }
}
