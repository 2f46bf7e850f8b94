use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::{KeepReadings, own_calls},
    model::{CallLine, Calls, Effect, Ending, Kept, Undo},
};
use crate::{
    identity::page::Refused,
    kit::id::ToolCallId,
    ui::{Badge, Banner, Button, LinkButton, Setting, Size, Skeleton, TablePanel, Tone},
};

/// Where this page is.
pub const HERE: &str = "/settings/activity/services";

/// What Aura did through the person's accounts, for them alone.
#[component]
pub fn CallsPage() -> impl IntoView {
    let query = use_query_map();
    let asked = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let keep = ServerAction::<KeepReadings>::new();
    let shown = Resource::new_blocking(
        move || (asked("service"), Effect::parse(&asked("effect")), asked("before").parse().ok(), keep.version().get()),
        |(service, effect, before, _)| own_calls(service, effect, before),
    );
    view! {
        <Title text="What Aura did"/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(calls) => {
                        let first = asked("before").is_empty();
                        let (service, effect) = (asked("service"), Effect::parse(&asked("effect")));
                        view! { <Whole calls=calls service=service effect=effect first=first keep=keep/> }.into_any()
                    }
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Whole(
    calls: Calls,
    service: String,
    effect: Effect,
    first: bool,
    keep: ServerAction<KeepReadings>,
) -> impl IntoView {
    let Calls { lines, older, services, kept } = calls;
    let effects = Effect::ALL.map(|one| {
        let href = address(&service, one, None);
        view! { <a class="chip" href=href aria-current=(one == effect).then_some("true")>{one.label()}</a> }
    });
    let every = [(String::new(), "All services".to_owned())].into_iter().chain(services);
    let services = every.map(|(id, name)| {
        let href = address(&id, effect, None);
        view! { <a class="chip" href=href aria-current=(id == service).then_some("true")>{name}</a> }
    });
    let services = services.collect_view();
    let (csv, json) = (file(&service, effect, "csv"), file(&service, effect, "json"));
    let to_older = older.map(|id| address(&service, effect, Some(id)));
    let to_newest = (!first).then(|| address(&service, effect, None));
    let none = lines.is_empty();
    let rows: Vec<_> = lines.into_iter().map(|line| view! { <Line line=line/> }).collect();
    view! {
        <Setting
            id="calls"
            title="What Aura did"
            intro="Everything that was read or changed through your accounts, and what came of it. Kept for one year; what was read is not in it. Only you see this page."
        >
            <p><a href="/settings/activity">"What happened to your account"</a></p>
            <nav class="chips" aria-label="Reads and changes">{effects.into_iter().collect_view()}</nav>
            <nav class="chips" aria-label="Services">{services}</nav>
            {if none {
                view! { <p class="muted">"Nothing of this kind yet."</p> }.into_any()
            } else {
                view! {
                    <TablePanel label="The log, newest first" heads=&["When", "What", "How it ended", "What for", "Measured"]>
                        {rows}
                    </TablePanel>
                }
                .into_any()
            }}
            <div class="actions">
                {to_newest.map(|href| view! { <LinkButton href=href size=Size::Small>"Newest"</LinkButton> })}
                {to_older.map(|href| view! { <LinkButton href=href size=Size::Small>"Older"</LinkButton> })}
            </div>
            <p>
                "Export these as "
                <a href=csv rel="external" download="">"CSV"</a>
                " or "
                <a href=json rel="external" download="">"JSON"</a>
            </p>
        </Setting>
        <KeptSetting kept=kept keep=keep/>
    }
}

#[component]
fn Line(line: CallLine) -> impl IntoView {
    let CallLine {
        id,
        when,
        at,
        service_name,
        account,
        title,
        changes,
        ending,
        more,
        conversation,
        measures,
        fingerprint,
        undo,
        ..
    } = line;
    let taken_back = undo.map(|undo| undo_part(undo, &title, &when));
    let (tone, word) = match (ending, changes) {
        (Ending::Done, false) => (Tone::Ok, "Read"),
        (Ending::Done, true) => (Tone::Ok, "Changed"),
        (Ending::UnderWay, _) => (Tone::Accent, "Under way"),
        (Ending::Failed, _) => (Tone::Danger, "Failed"),
        (Ending::Denied, _) => (Tone::Neutral, "Not made"),
        (Ending::Unknown, _) => (Tone::Warn, "Not known"),
    };
    let digest = fingerprint.map(|digits| {
        view! { <div class="sub" title="The first digits of the digest of what was asked for">"#"{digits}</div> }
    });
    let place = match conversation {
        Some((id, title)) => view! { <a href=format!("/chat/{id}")>{title}</a> }.into_any(),
        None => view! { <span class="muted">"A conversation that is gone"</span> }.into_any(),
    };
    view! {
        <tr id=anchor(id)>
            <td>
                <time datetime=at>{when}</time>
            </td>
            <th scope="row">
                {title} <div class="sub">{service_name}", "{account}</div>
            </th>
            <td>
                <Badge tone=tone>{word}</Badge>
                {(!more.is_empty()).then(|| view! { <div class="sub">{more}</div> })}
                {taken_back}
            </td>
            <td>{place}</td>
            <td>{measures} {digest}</td>
        </tr>
    }
}

/// Where the row of a call is.
fn anchor(id: ToolCallId) -> String {
    format!("call-{id}")
}

/// The form that takes a change back, or the way to the call that did, or that was taken back.
fn undo_part(undo: Undo, title: &str, when: &str) -> AnyView {
    match undo {
        Undo::Open(approval, does) => {
            let name = format!("Undo: {title}, {when}");
            view! {
                <form class="stack" method="post" action=format!("/api/chat/approvals/{approval}/undo")>
                    <input type="hidden" name="to" value="calls"/>
                    <div class="sub">{does}</div>
                    <div>
                        <Button size=Size::Small attr:aria-label=name>"Undo"</Button>
                    </div>
                </form>
            }
            .into_any()
        }
        Undo::Undone(by) => view! {
            <div class="sub">"Undone: " <a href=format!("#{}", anchor(by))>"by which call"</a></div>
        }
        .into_any(),
        Undo::Undoes(call) => view! {
            <div class="sub">"Undid " <a href=format!("#{}", anchor(call))>"an earlier change"</a></div>
        }
        .into_any(),
    }
}

/// For how long what is read is kept.
#[component]
fn KeptSetting(kept: Kept, keep: ServerAction<KeepReadings>) -> impl IntoView {
    let refused = Signal::derive(move || keep.value().with(|done| done.as_ref().and_then(|done| done.clone().err())));
    view! {
        <Setting
            id="kept"
            title="What was read"
            intro="What services answered is kept sealed, so that the cards above an answer can show it again. Answers themselves stay until you delete their conversation."
        >
            <Refused error=refused except=""/>
            <ActionForm action=keep attr:class="stack">
                <div><div class="segments" role="radiogroup" aria-labelledby="kept">
                    {Kept::ALL
                        .into_iter()
                        .map(|choice| {
                            view! {
                                <label>
                                    <input type="radio" name="kept" value=choice.as_str() checked=choice == kept/>
                                    {choice.label()}
                                </label>
                            }
                        })
                        .collect_view()}
                </div></div>
                <div class="actions">
                    <Button busy=keep.pending()>"Save"</Button>
                </div>
            </ActionForm>
        </Setting>
    }
}

fn address(service: &str, effect: Effect, before: Option<ToolCallId>) -> String {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    with(HERE, &[("service", service), ("effect", effect.as_str()), ("before", &before)])
}

fn file(service: &str, effect: Effect, format: &str) -> String {
    with("/api/chat/calls/export", &[("format", format), ("service", service), ("effect", effect.as_str())])
}

/// An address with those parameters that are not empty. The ids of services need no escapes.
fn with(place: &str, parameters: &[(&str, &str)]) -> String {
    let plain = |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let given: Vec<String> = parameters
        .iter()
        .filter(|(_, value)| !value.is_empty() && plain(value))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if given.is_empty() { place.to_owned() } else { format!("{place}?{}", given.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_log_has_an_address() {
        assert_eq!(address("", Effect::All, None), HERE);
        assert_eq!(address("github", Effect::Changes, None), format!("{HERE}?service=github&effect=write"));
        assert_eq!(address("a&b", Effect::All, None), HERE);
        assert_eq!(file("github", Effect::All, "csv"), "/api/chat/calls/export?format=csv&service=github");
    }
}
