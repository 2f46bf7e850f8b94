//! The page that the link of an invitation opens. It acts only by its button: programs that look into mail open links.

use leptos::{prelude::*, server_fn::ServerFn as _};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    api::JoinTeam,
    letter,
    model::{Joiner, Joining},
    visit,
};
use crate::{
    identity::{
        api::SignOut,
        next,
        page::{Refused, refusal_of},
    },
    ui::{Button, GatePage, LinkButton, Look, Size},
};

/// Who invites whom to what, and the button.
#[component]
pub fn JoinPage() -> impl IntoView {
    let join = ServerAction::<JoinTeam>::new();
    let token = use_query_map().with_untracked(|query| query.get("token").unwrap_or_default());
    let opened = !token.is_empty();
    if opened {
        visit::keep(&token);
    }
    let page = (!opened).then(|| {
        Suspend::new(async move {
            match visit::joining().await {
                Ok((_, Joining::Unknown)) => {
                    let told =
                        "This invitation does not exist, or it is not yours. Open the link of the mail once more.";
                    view! { <Told title="There is no such invitation" told=told/> }.into_any()
                }
                Ok((_, Joining::Over(why))) => view! { <Told title="This invitation is over" told=why/> }.into_any(),
                Ok((token, Joining::Open { team, inviter, address, viewer })) => {
                    let inviter = inviter.unwrap_or_else(|| "Somebody who was in the team".to_owned());
                    view! {
                        <Refused error=refusal_of(join) except=""/>
                        <Invited team=team inviter=inviter address=address viewer=viewer token=token join=join/>
                    }
                    .into_any()
                }
                Err(error) => view! { <Told title="One moment" told=error.message/> }.into_any(),
            }
        })
    });
    view! {
        <Title text="Invitation to a team"/>
        {page}
    }
}

#[component]
fn Invited(
    team: String,
    inviter: String,
    address: String,
    viewer: Joiner,
    token: String,
    join: ServerAction<JoinTeam>,
) -> impl IntoView {
    let title = format!("Join «{team}»");
    let whom = (viewer != Joiner::Another).then(|| view! { " The invitation is for " <b>{address}</b> "." });
    let act = match viewer {
        Joiner::Invited => view! {
            <ActionForm action=join attr:class="stack">
                <input type="hidden" name="token" value=token/>
                <Button look=Look::Primary size=Size::Large wide=true>"Join the team"</Button>
            </ActionForm>
            <p class="muted">"If you do not want to, close this page: nothing has happened."</p>
        }
        .into_any(),
        Joiner::Nobody => view! {
            <LinkButton href=next::sign_in_address(letter::PAGE) look=Look::Primary size=Size::Large wide=true>
                "Sign in to join"
            </LinkButton>
            <p class="muted">"Sign in with that address. If you have no account yet, it is made on the way."</p>
        }
        .into_any(),
        Joiner::Another => view! {
            <p>
                "It is for another address than the one you are signed in with. Sign out, sign in with the address that the \
                 mail came to, and open its link once more."
            </p>
            <form method="post" action=SignOut::url()>
                <Button size=Size::Large wide=true>"Sign out"</Button>
            </form>
        }
        .into_any(),
    };
    view! {
        <GatePage
            title=title
            intro=move || view! {
                <div class="stack tight">
                    <p><b>{inviter}</b> " invites you to the team " <b>{team}</b> "." {whom}</p>
                    <p>
                        "In a team you ask your questions on its plan. What you ask and what you connect stays yours: nobody \
                         else in the team sees it."
                    </p>
                </div>
            }
        >
            {act}
        </GatePage>
    }
}

#[component]
fn Told(title: &'static str, #[prop(into)] told: String) -> impl IntoView {
    view! {
        <GatePage title=title intro=move || view! { <p>{told}</p> }>
            <LinkButton href="/chat" look=Look::Primary size=Size::Large wide=true>"Go to Aura"</LinkButton>
        </GatePage>
    }
}
