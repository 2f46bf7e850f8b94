use leptos::prelude::*;

use super::list::tone;
use crate::{
    integrations::catalogue::{
        ServiceDetails,
        model::{ServiceView, Standing},
    },
    providers::{Effect, Scope, ToolEntry},
    ui::{Badge, Banner, Disclosure, LinkButton, Look, Mark, PublicPage, Row, Rows, Setting, Size, Tone},
};

/// Everything that is known of one service: how one gets in, what the assistant can do, what is asked for and why, how
/// access ends, and how sure the facts are.
#[component]
pub fn ServicePage(details: ServiceDetails, beside: Vec<ServiceView>, staging: bool) -> impl IntoView {
    let service = details.service.clone();
    view! {
        <PublicPage staging=staging>
            <article class="hero service">
                <div class="wrap stack loose">
                    <p><a class="sub" href="/integrations" rel="external">"All services"</a></p>
                    <Head service=service.clone()/>
                    {service.note.clone().map(|note| view! { <Banner>{note}</Banner> })}
                    {service.partner.then(|| view! {
                        <Banner tone=Tone::Warn>
                            {format!(
                                "Needs a partner contract: {} lets programs in only once it has accepted whoever runs them.",
                                service.name,
                            )}
                        </Banner>
                    })}
                    <Tools
                        tools=details.tools.clone()
                        ability=details.ability.clone()
                        rules_only=details.rules_only
                        name=service.name.clone()
                    />
                    <WayIn details=details.clone()/>
                    <Asked details=details.clone()/>
                    <Ending details=details.clone()/>
                    <Facts details=details/>
                    <Beside services=beside category=service.category/>
                </div>
            </article>
        </PublicPage>
    }
}

#[component]
fn Head(service: ServiceView) -> impl IntoView {
    let name = service.name.clone();
    let here = match service.standing {
        Standing::Ready | Standing::OwnApp => None,
        Standing::NotSetUp => Some(format!(
            "Whoever runs this installation has not set up {name}. Once they have, it can be connected here."
        )),
        Standing::NotYet => Some(format!("Aura knows {name}, and cannot connect it yet.")),
    };
    let action = match service.standing {
        Standing::Ready => {
            // For whoever has a session already these lead on; everybody else signs in first and comes back.
            let address = service.way().filter(|_| service.by_form);
            let address = address.unwrap_or_else(|| format!("/connections?q={}#add", service.id));
            (address, format!("Connect {name}"), Look::Primary)
        }
        Standing::OwnApp => {
            (format!("/connections/apps/{}", service.id), "Connect by an app of your own".to_owned(), Look::Primary)
        }
        Standing::NotSetUp | Standing::NotYet => {
            ("/integrations?here=on".to_owned(), "See what can be connected here".to_owned(), Look::Plain)
        }
    };
    let (address, wording, look) = action;
    view! {
        <div class="page-head">
            <div class="stack">
                <div class="naming">
                    <Mark id=service.id name=service.name.clone() class="large"/>
                    <h1>{service.name}</h1>
                </div>
                <p class="lead">{service.about}</p>
                <p class="badges">
                    <Badge plain=true>{service.kind}</Badge>
                    <Badge plain=true>{service.category}</Badge>
                    <Badge tone=tone(service.standing)>{service.standing.label()}</Badge>
                </p>
                {here.map(|here| view! { <p class="muted">{here}</p> })}
            </div>
            <LinkButton href=address look=look size=Size::Large external=true>{wording}</LinkButton>
        </div>
    }
}

#[component]
fn Tools(tools: Vec<ToolEntry>, ability: String, rules_only: bool, name: String) -> impl IntoView {
    let any = !tools.is_empty();
    let rules = format!(
        "{name}'s terms keep its data away from language models: your questions about it are answered by rules, and its \
         data enters no prompt."
    );
    let rows = tools.into_iter().map(|tool| view! { <Tool tool=tool/> }).collect_view();
    view! {
        <Setting id="tools" title="What the assistant can do" intro=ability>
            {rules_only.then(|| view! { <Banner>{rules}</Banner> })}
            {any.then(|| view! { <div class="panel"><Rows>{rows}</Rows></div> })}
        </Setting>
    }
}

#[component]
fn Tool(tool: ToolEntry) -> impl IntoView {
    let (tone, effect) = match tool.effect {
        Effect::Read => (Tone::Neutral, "Reads"),
        Effect::Write => (Tone::Accent, "Asks before it changes"),
        Effect::Destructive => (Tone::Warn, "Asks before it takes away"),
    };
    view! {
        <Row title=tool.title sub=tool.description>
            <Badge tone=tone plain=true>{effect}</Badge>
        </Row>
    }
}

#[component]
fn WayIn(details: ServiceDetails) -> impl IntoView {
    let ServiceDetails { service, asked, made_at, signs_in, .. } = details;
    let name = service.name.clone();
    let way = if service.by_form {
        format!(
            "You give what stands here on a page of Aura. It is tried at {name} before anything is stored, and stored encrypted."
        )
    } else if asked.is_empty() {
        format!("You agree on a page of {name}. Your password stays there.")
    } else {
        format!("You say which account it is, and agree on a page of {name}. Your password stays there.")
    };
    let rows = asked.into_iter().map(|(label, hint)| view! { <Row title=label sub=hint/> }).collect::<Vec<_>>();
    let apps = format!("/connections/apps/{}", service.id);
    view! {
        <Setting id="way" title="How you connect" intro=way>
            {(!rows.is_empty()).then(|| view! { <div class="panel"><Rows>{rows}</Rows></div> })}
            {made_at.map(|page| view! {
                <p><a href=page rel="noopener noreferrer external" target="_blank">{format!("Where it is made at {name}")}</a></p>
            })}
            {service.own_app.then(|| view! {
                <p>
                    "You may also "
                    <a href=apps rel="external">{format!("bring an app of your own at {}", service.name)}</a>
                    ". Then the limits that count are those of your app."
                </p>
            })}
            {signs_in.then(|| view! { <p>{format!("With an account of {} one can also sign in to Aura, where that is set up.", service.name)}</p> })}
        </Setting>
    }
}

#[component]
fn Asked(details: ServiceDetails) -> impl IntoView {
    let ServiceDetails { service, scopes, later_scopes, .. } = details;
    let intro = match (service.by_form, scopes.is_empty() && later_scopes.is_empty()) {
        (true, true) => "What you give decides what Aura may do; it has no smaller permissions to ask for.".to_owned(),
        (false, true) => format!(
            "{} knows no permissions to choose from, or they are set with the app and shown on its own page.",
            service.name
        ),
        _ => {
            format!(
                "{} asks you for these, each for the reason beside it. Where it lets you refuse some, those are left out.",
                service.name
            )
        }
    };
    view! {
        <Setting id="scopes" title="What is asked for" intro=intro>
            <Scopes scopes=scopes/>
            {(!later_scopes.is_empty()).then(|| view! {
                <h3>"Only when you want something that needs it"</h3>
                <Scopes scopes=later_scopes/>
            })}
        </Setting>
    }
}

#[component]
fn Scopes(scopes: Vec<Scope>) -> impl IntoView {
    if scopes.is_empty() {
        return ().into_any();
    }
    let rows = scopes.into_iter().map(|scope| {
        view! {
            <div class="row">
                <div class="grow">
                    <div class="title">"To " {scope.reason}</div>
                    <div class="sub"><code>{scope.name}</code></div>
                </div>
            </div>
        }
    });
    view! { <div class="panel"><Rows>{rows.collect_view()}</Rows></div> }.into_any()
}

#[component]
fn Ending(details: ServiceDetails) -> impl IntoView {
    let ServiceDetails { service, removal, manage, lasts, .. } = details;
    view! {
        <Setting id="ending" title="How access ends" intro=removal>
            {lasts.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            <p>
                <a href=manage rel="noopener noreferrer external" target="_blank">
                    {format!("Where {} shows what you have let in", service.name)}
                </a>
            </p>
        </Setting>
    }
}

#[component]
fn Facts(details: ServiceDetails) -> impl IntoView {
    let ServiceDetails { service, docs, checked, outdated, unverified, .. } = details;
    let open = match unverified.len() {
        0 => "All of them were read there.".to_owned(),
        1 => "One of them was not read there, and stands here from general knowledge.".to_owned(),
        several => format!("{several} of them were not read there, and stand here from general knowledge."),
    };
    let intro = format!("Compared with the documents of {} on {checked}. {open}", service.name);
    let summary = format!("What was not read there ({})", unverified.len());
    let facts = (!unverified.is_empty()).then(|| view! {
        <Disclosure summary=summary>
            <ul class="unverified">{unverified.into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view()}</ul>
        </Disclosure>
    });
    view! {
        <Setting id="facts" title="Where these facts come from" intro=intro>
            {outdated.then(|| view! {
                <Banner tone=Tone::Warn>"That is more than half a year ago: some of it may have changed since."</Banner>
            })}
            <p>
                <a href=docs rel="noopener noreferrer external" target="_blank">
                    {format!("How {} describes its access", service.name)}
                </a>
            </p>
            {facts}
        </Setting>
    }
}

#[component]
fn Beside(services: Vec<ServiceView>, category: String) -> impl IntoView {
    let links = services.into_iter().map(|service| {
        let page = format!("/integrations/{}", service.id);
        view! { <a class="chip" href=page rel="external">{service.name}</a> }
    });
    view! {
        <nav class="stack tight" aria-labelledby="beside">
            <h2 id="beside">"Also under " {category}</h2>
            <div class="chips wrapping">{links.collect_view()}</div>
        </nav>
    }
}
