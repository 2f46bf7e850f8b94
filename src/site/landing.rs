use crate::{
    integrations::catalogue::model::ServiceView,
    ui::{Badge, Icon, LinkButton, Look, Mark, PublicPage, Ring, Size, Tone},
};
use leptos::prelude::*;

/// What Aura is, how it works, and what it does with what it is trusted with.
#[component]
pub fn Landing(services: Vec<ServiceView>, staging: bool) -> impl IntoView {
    let ready = services.iter().filter(|service| service.configured());
    let examples: Vec<ServiceView> = ready.chain(&services).take(2).cloned().collect();
    view! {
        <PublicPage current="/" staging=staging>
            <Hero/>
            <HowItWorks examples=examples/>
            <Services services=services/>
            <Approval/>
            <Privacy/>
            <Start/>
        </PublicPage>
    }
}

#[component]
fn Hero() -> impl IntoView {
    view! {
        <section class="hero">
            <div class="wrap">
                <h1>"Ask across your accounts." <br class="wide-only"/> " Nothing changes without you."</h1>
                <p class="lead">
                    "Aura is an assistant over the services you already use: it reads through your calendar, chat, code \
                     and music to answer, and shows you what it read."
                </p>
                <div class="actions">
                    <LinkButton href="/signin" look=Look::Primary size=Size::Large external=true>
                        "Start free"
                    </LinkButton>
                    <LinkButton href="#approval" size=Size::Large>
                        "How approval works"
                    </LinkButton>
                </div>
                <Example/>
            </div>
        </section>
    }
}

/// A drawn answer, marked as an example; it is one picture for a screen reader and takes no focus.
#[component]
fn Example() -> impl IntoView {
    view! {
        <figure class="halo stack">
            <div
                class="window"
                role="img"
                aria-label="An example: a question about today, two things that were read for it, and an answer that refers to both."
            >
                <div class="transcript" aria-hidden="true">
                    <p class="ask">"What is on my calendar today, and which issues are open?"</p>
                    <div class="thread">
                        <Ring/>
                        <p class="by">"Aura"</p>
                        <ExampleRead icon="timer" what="Read 3 events" from="your calendar"/>
                        <ExampleRead icon="list-checks" what="Read 2 open issues" from="your issue tracker"/>
                        <div class="prose">
                            <p>
                                "Three events today: the stand-up at " <strong>"09:30"</strong>
                                ", a design review at " <strong>"11:00"</strong> " and a call at "
                                <strong>"15:00"</strong> " " <span class="cite">"1"</span>
                                ". Two issues are open; the older one waits for your reply "
                                <span class="cite">"2"</span> "."
                            </p>
                        </div>
                    </div>
                </div>
            </div>
            <figcaption class="sub">"An example with invented content."</figcaption>
        </figure>
    }
}

#[component]
fn ExampleRead(icon: &'static str, what: &'static str, from: &'static str) -> impl IntoView {
    view! {
        <div class="read step done">
            <div class="summary">
                <span class="mark small">
                    <Icon name=icon/>
                </span>
                <span class="what">{what} " " <span class="sub">{from}</span></span>
            </div>
        </div>
    }
}

#[component]
fn HowItWorks(examples: Vec<ServiceView>) -> impl IntoView {
    view! {
        <section class="band" id="how">
            <div class="wrap">
                <h2>"From a question to an answer you can check"</h2>
                <ol class="steps">
                    <li>
                        <h3>"Connect what you use"</h3>
                        <p>
                            "Sign in to each service on its own page, or give a key that you made there. Aura asks for the \
                             least access that works and shows what was granted."
                        </p>
                        <div class="panel rows">
                            {examples
                                .into_iter()
                                .map(|service| {
                                    view! {
                                        <div class="row">
                                            <Mark id=service.id name=service.name.clone()/>
                                            <div class="grow">
                                                <div class="title">{service.name}</div>
                                                <div class="sub">{service.kind}</div>
                                            </div>
                                        </div>
                                    }
                                })
                                .collect_view()}
                        </div>
                    </li>
                    <li>
                        <h3>"Ask in your own words"</h3>
                        <p>
                            "The answer is written while you watch. Close the page in the middle and come back: what was \
                             written is there, and the rest goes on."
                        </p>
                        <div class="panel rows">
                            <div class="row">
                                <div class="grow">"What is on my calendar today?"</div>
                            </div>
                            <div class="row">
                                <div class="grow">"Which issues are open?"</div>
                            </div>
                        </div>
                    </li>
                    <li>
                        <h3>"See what it read"</h3>
                        <p>
                            "Every read stands above the answer with the service that it came from. When a service refuses \
                             or is slow, the card says so instead of guessing."
                        </p>
                        <div class="panel rows">
                            <div class="row">
                                <div class="grow">"Calendar, today"</div>
                                <Badge tone=Tone::Ok>"Read"</Badge>
                            </div>
                            <div class="row">
                                <div class="grow">"Issues, open"</div>
                                <Badge tone=Tone::Ok>"Read"</Badge>
                            </div>
                        </div>
                    </li>
                </ol>
            </div>
        </section>
    }
}

#[component]
fn Services(services: Vec<ServiceView>) -> impl IntoView {
    let total = services.len();
    let ready = services.iter().filter(|service| service.configured()).count();
    let here = match ready {
        0 => "None of them is set up on this installation yet; the list says what is missing.".to_owned(),
        1 => "One of them is set up on this installation.".to_owned(),
        ready if ready == total => "All of them are set up on this installation.".to_owned(),
        ready => format!("{ready} of them are set up on this installation."),
    };
    view! {
        <section class="band" id="services">
            <div class="wrap">
                <div class="aside flip">
                    <h2>{total} " services, each with its true kind of access"</h2>
                    <p class="intro">
                        "A sign-in on the service's own page is something else than a key that you copy. Aura says which \
                         one it is. " {here}
                    </p>
                </div>
                <ul class="wall">
                    {services
                        .into_iter()
                        .map(|service| {
                            view! {
                                <li>
                                    <Mark id=service.id name=service.name.clone() class="large"/>
                                    {service.name}
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
                <p>
                    <LinkButton href="/integrations" look=Look::Ghost size=Size::Large external=true>
                        "See the services"
                        <Icon name="arrow-right"/>
                    </LinkButton>
                </p>
            </div>
        </section>
    }
}

#[component]
fn Approval() -> impl IntoView {
    view! {
        <section class="band" id="approval">
            <div class="wrap aside">
                <div class="stack">
                    <h2>"It can read a lot. It can change nothing on its own."</h2>
                    <p class="intro">
                        "The rule is held by the server, not by the model's good manners. Answers only read so far. Aura \
                         has the calls for changes, and none of them runs without your approval of exactly that change."
                    </p>
                </div>
                <ul class="promises">
                    <Point icon="list-checks" title="A change needs an approval">
                        "Whatever writes to a service takes an approval that a person gave, and uses it up. Without one the \
                         server refuses, whoever asks."
                    </Point>
                    <Point icon="shield-check" title="Text is never a command">
                        "A message or a document that Aura reads can ask for anything. It cannot approve anything."
                    </Point>
                    <Point icon="message-square" title="An answer says where it is from">
                        "What was read is listed above the answer. What could not be read is listed too."
                    </Point>
                </ul>
            </div>
        </section>
    }
}

#[component]
fn Privacy() -> impl IntoView {
    view! {
        <section class="band" id="privacy">
            <div class="wrap aside">
                <div class="stack">
                    <h2>"Your accounts stay yours"</h2>
                    <p class="intro">"What Aura keeps, how it keeps it, and how you take it back."</p>
                </div>
                <ul class="promises">
                    <Point icon="lock-keyhole" title="Keys are sealed one by one">
                        "Each token is encrypted with AES-256-GCM and bound to its row, its owner and its service. A copied \
                         value opens nowhere else, and no token reaches a browser or a model."
                    </Point>
                    <Point icon="unplug" title="Disconnect means gone">
                        "One press revokes the access at the service where it allows that, and deletes the token here."
                    </Point>
                    <Point icon="key-round" title="No password to lose">
                        "You sign in with a code by e-mail. You can sign out every other device at once."
                    </Point>
                    <Point icon="info" title="Quiet public pages">
                        "This page runs no script and loads nothing from anyone else."
                    </Point>
                </ul>
            </div>
        </section>
    }
}

#[component]
fn Point(icon: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <li>
            <Icon name=icon/>
            <div>
                <h3>{title}</h3>
                <p>{children()}</p>
            </div>
        </li>
    }
}

#[component]
fn Start() -> impl IntoView {
    view! {
        <section class="band">
            <div class="wrap stack loose">
                <div class="aside flip">
                    <h2>"Start with one account and one question"</h2>
                    <p class="intro">"It costs nothing and asks for no card."</p>
                </div>
                <div class="actions">
                    <LinkButton href="/signin" look=Look::Primary size=Size::Large external=true>
                        "Start free"
                    </LinkButton>
                    <LinkButton href="/pricing" look=Look::Ghost size=Size::Large external=true>
                        "What it costs"
                        <Icon name="arrow-right"/>
                    </LinkButton>
                </div>
            </div>
        </section>
    }
}
