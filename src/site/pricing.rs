use crate::ui::{Badge, Disclosure, Icon, LinkButton, Look, PublicPage, Size, Tone};
use leptos::prelude::*;

/// What it costs today, and what is not decided yet.
#[component]
pub fn Pricing(staging: bool) -> impl IntoView {
    view! {
        <PublicPage current="/pricing" staging=staging>
            <section class="hero">
                <div class="wrap">
                    <div class="page-head">
                        <div>
                            <h1>"Free today"</h1>
                            <p class="lead">
                                "Paid plans are being prepared. Until they are here, billing is off: nobody is charged, and \
                                 no card is asked for."
                            </p>
                        </div>
                    </div>
                    <div class="plans">
                        <div>
                            <h2>"Free"</h2>
                            <p class="sub">"Everything that this version can do."</p>
                            <ul class="ticks">
                                <Tick text="Connect the services that this installation has set up"/>
                                <Tick text="Ask, and see what was read for the answer"/>
                                <Tick text="Disconnect and sign out everywhere at any time"/>
                            </ul>
                            <LinkButton href="/signin" look=Look::Primary size=Size::Large external=true>
                                "Start free"
                            </LinkButton>
                        </div>
                        <div>
                            <h2>"For one person"</h2>
                            <p>
                                <Badge tone=Tone::Neutral>"Being prepared"</Badge>
                            </p>
                            <p class="sub">
                                "For people who ask a lot. Price and limits are not decided; they will be stated here before \
                                 anyone can buy it."
                            </p>
                        </div>
                        <div>
                            <h2>"For a team"</h2>
                            <p>
                                <Badge tone=Tone::Neutral>"Being prepared"</Badge>
                            </p>
                            <p class="sub">"For groups that share accounts and need a record of what was done."</p>
                        </div>
                    </div>
                </div>
            </section>
            <section class="band">
                <div class="wrap aside">
                    <h2>"Questions"</h2>
                    <div class="questions">
                        <Disclosure summary="Will I be charged when paid plans come?" open=true>
                            <p>"No. A paid plan begins when you choose one and pay for it, never by itself."</p>
                        </Disclosure>
                        <Disclosure summary="Is there a limit today?">
                            <p>
                                "There is no monthly limit. Requests that come too fast are slowed down, and the page says \
                                 when to try again."
                            </p>
                        </Disclosure>
                        <Disclosure summary="Who pays for the model?">
                            <p>
                                "Whoever runs this installation. Where no model is set up, Aura answers a small set of \
                                 questions by fixed rules and says so."
                            </p>
                        </Disclosure>
                    </div>
                </div>
            </section>
        </PublicPage>
    }
}

#[component]
fn Tick(text: &'static str) -> impl IntoView {
    view! {
        <li>
            <Icon name="check"/>
            <span>{text}</span>
        </li>
    }
}
