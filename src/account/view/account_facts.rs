use leptos::{either::Either, prelude::*};

use crate::{
    account::model::{Profile, WayView},
    ui::{Icon, LinkButton, Mark, Panel, Rows, Size},
};

/// What is known about the account and was not typed by its person.
#[component]
pub fn AccountFacts(profile: Profile) -> impl IntoView {
    let Profile { email, member_since, last_signed_in, .. } = profile;
    view! {
        <dl class="facts">
            <dt>"E-mail"</dt>
            <dd>{email.unwrap_or_else(|| "None".to_owned())}</dd>
            <dt>"Member since"</dt>
            <dd>{member_since}</dd>
            {last_signed_in.map(|moment| view! { <dt>"Last sign-in"</dt><dd>{moment}</dd> })}
        </dl>
    }
}

/// The ways in, and the way to where they are changed.
#[component]
pub fn WayRows(ways: Vec<WayView>) -> impl IntoView {
    view! {
        <Panel>
            <Rows>
                {ways.into_iter().map(|way| view! { <Way way=way/> }).collect_view()}
                <div class="row">
                    <div class="grow sub">"Two ways are better than one: losing one then never locks you out."</div>
                    <LinkButton href="/settings/security" size=Size::Small>"Ways to sign in"</LinkButton>
                </div>
            </Rows>
        </Panel>
    }
}

#[component]
fn Way(way: WayView) -> impl IntoView {
    let WayView { provider, name, label } = way;
    let lead = match provider {
        Some(provider) => Either::Left(view! { <Mark id=provider name=name.clone()/> }),
        None => Either::Right(view! { <span class="mark" aria-hidden="true"><Icon name="mail"/></span> }),
    };
    view! {
        <div class="row">
            {lead}
            <div class="grow">
                <div class="title">{name}</div>
                <div class="sub">{label}</div>
            </div>
        </div>
    }
}
