use leptos::{either::Either, prelude::*, server_fn::ServerFn, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    error::AppError,
    identity::{
        browser, next,
        page::{Refused, on_field},
        privy::{
            api::{
                StartPrivyCode, SyncPrivy, VerifyPrivyCode, awaited_privy_code, offered_privy_ways,
                privy_wallet_challenge, verify_privy_wallet,
            },
            model::{AwaitedCode, CodeWay, PrivyService, PrivyWays},
        },
    },
    ui::{Banner, Button, CodeInput, Disclosure, Field, GatePage, LinkButton, Look, Mark, Size, TextInput, Tone},
};

/// The ways in by way of Privy, as far as this installation's app there has them on. Nothing of Privy's runs here.
#[component]
pub fn PrivySignIn(next: String) -> impl IntoView {
    let ways = Resource::new_blocking(|| (), |()| offered_privy_ways());
    let sync = ServerAction::<SyncPrivy>::new();
    let not_synced = refusal(sync);
    let start = ServerAction::<StartPrivyCode>::new();
    let not_sent = refusal(start);
    view! {
        <Refused error=not_synced except=""/>
        <Suspense>
            {move || {
                let next = next.clone();
                Suspend::new(async move {
                    let ways = ways.await.unwrap_or_default();
                    if ways.is_empty() {
                        return None;
                    }
                    let PrivyWays { email, sms, wallet, services, here } = ways;
                    let open = not_sent.with_untracked(Option::is_some);
                    let more = email || sms || wallet || !services.is_empty();
                    Some(view! {
                        {here.then(|| view! { <Here sync=sync next=next.clone()/> })}
                        {more
                            .then(|| {
                                let next = next.clone();
                                view! {
                                    <Disclosure summary="Sign in with Privy" open=open>
                                        <div class="stack">
                                            <Refused error=not_sent except="target"/>
                                            {email.then(|| view! { <CodeTo way=CodeWay::Email start=start next=next.clone()/> })}
                                            {sms.then(|| view! { <CodeTo way=CodeWay::Sms start=start next=next.clone()/> })}
                                            <Services services=services next=next.clone()/>
                                            {wallet.then(|| view! { <Wallet next=next.clone()/> })}
                                        </div>
                                    </Disclosure>
                                }
                            })}
                    })
                })
            }}
        </Suspense>
    }
}

fn refusal<S>(action: ServerAction<S>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    Signal::derive(move || action.value().with(|done| done.as_ref().and_then(|done| done.as_ref().err().cloned())))
}

/// This browser is signed in at Privy already: one press, and here too.
#[component]
fn Here(sync: ServerAction<SyncPrivy>, next: String) -> impl IntoView {
    view! {
        <ActionForm action=sync attr:class="stack">
            <input type="hidden" name="next" value=next/>
            <Button size=Size::Large wide=true busy=sync.pending()>"Continue as you are signed in at Privy"</Button>
        </ActionForm>
    }
}

/// Asks where Privy shall send a code.
#[component]
fn CodeTo(way: CodeWay, start: ServerAction<StartPrivyCode>, next: String) -> impl IntoView {
    let mine = move || start.input().with_untracked(|input| input.as_ref().is_none_or(|input| input.way == way));
    let refused = refusal(start);
    let error = on_field(refused, "target");
    let error = Signal::derive(move || error.get().filter(|_| mine()));
    let (id, label, kind, autocomplete, hint) = match way {
        CodeWay::Email => ("privy-email", "Address at Privy", "email", "email", ""),
        CodeWay::Sms => {
            ("privy-number", "Telephone number", "tel", "tel", "With + and the country, like +1 555 010 0123.")
        }
    };
    view! {
        <ActionForm action=start attr:class="stack">
            <input type="hidden" name="way" value=way.as_str()/>
            <input type="hidden" name="next" value=next/>
            <Field id=id label=label hint=hint error=error>
                <TextInput name="target" kind=kind required=true attr:autocomplete=autocomplete attr:maxlength="254"/>
            </Field>
            <Button wide=true busy=start.pending()>
                {if way == CodeWay::Email { "Send a code by mail" } else { "Send a code by text message" }}
            </Button>
        </ActionForm>
    }
}

#[component]
fn Services(services: Vec<PrivyService>, next: String) -> impl IntoView {
    let links: Vec<_> = services
        .into_iter()
        .map(|PrivyService { id, name }| {
            let address = next::handing_on(&format!("/api/auth/privy/{id}"), &next);
            view! {
                <a class="button large" href=address rel="external">
                    <Mark id=id name=name.clone() class="bare"/>
                    <span class="visually-hidden">"By way of Privy: "</span>
                    {name}
                </a>
            }
        })
        .collect();
    (!links.is_empty()).then(|| view! { <div class="providers">{links}</div> })
}

/// Signing with a wallet; it shows only where the browser has one, because a wallet is a program in the browser.
#[component]
fn Wallet(next: String) -> impl IntoView {
    let here = RwSignal::new(false);
    Effect::new(move |_| here.set(browser::has_wallet()));
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let next = StoredValue::new(next);
    let sign = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        trouble.set(None);
        spawn_local(async move {
            match sign_in_with_wallet(next.get_value()).await {
                Ok(place) => browser::open(&place),
                Err(error) => {
                    // The page may be gone by now, and nobody looks any more.
                    let _nobody_looks = trouble.try_set(Some(error.message));
                    let _nobody_looks = busy.try_set(false);
                }
            }
        });
    };
    move || {
        here.get().then(|| {
            view! {
                {move || trouble.get().map(|trouble| view! { <Banner tone=Tone::Danger>{trouble}</Banner> })}
                <Button kind="button" wide=true busy=busy on:click=sign>
                    "Sign with a wallet, by way of Privy"
                </Button>
            }
        })
    }
}

/// Which account, the text for it, its signature, and where to go.
async fn sign_in_with_wallet(next: String) -> Result<String, AppError> {
    let wallet = browser::ask_wallet().await?;
    let text = privy_wallet_challenge(wallet.address.clone(), next).await?;
    verify_privy_wallet(browser::sign_with_wallet(&wallet.address, &text).await?).await
}

/// Types the code that Privy sent.
#[component]
pub fn PrivyCodePage() -> impl IntoView {
    let awaited = Resource::new_blocking(|| (), |()| awaited_privy_code());
    view! {
        <Title text="Enter the code"/>
        <Suspense>
            {move || Suspend::new(async move {
                match awaited.await {
                    Ok(Some(awaited)) => view! { <Code awaited=awaited/> }.into_any(),
                    Ok(None) => view! { <NotBegun/> }.into_any(),
                    Err(error) => {
                        view! {
                            <GatePage title="One moment" intro=move || view! { <p>{error.message}</p> }>
                                <LinkButton href="/signin/privy" look=Look::Primary size=Size::Large wide=true external=true>
                                    "Try again"
                                </LinkButton>
                            </GatePage>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn Code(awaited: AwaitedCode) -> impl IntoView {
    let verify = ServerAction::<VerifyPrivyCode>::new();
    let refused = refusal(verify);
    let AwaitedCode { way, masked } = awaited;
    let told = match way {
        CodeWay::Email => "Privy has sent six digits to the mailbox ",
        CodeWay::Sms => "Privy has sent six digits to the number ",
    };
    view! {
        <GatePage
            title="Enter the code"
            intro=move || view! { <p>{told} <b>{masked}</b> ". They work for 10 minutes, in this browser."</p> }
        >
            <Refused error=refused except="code"/>
            <ActionForm action=verify attr:class="stack">
                <Field id="code" label="Six-digit code" hint="You can paste the whole code." error=on_field(refused, "code")>
                    <CodeInput name="code"/>
                </Field>
                <Button look=Look::Primary size=Size::Large wide=true busy=verify.pending()>"Continue"</Button>
            </ActionForm>
            <p class="muted">"Nothing came? " <a href="/signin">"Begin again, or use another way"</a></p>
        </GatePage>
    }
}

#[component]
fn NotBegun() -> impl IntoView {
    view! {
        <GatePage
            title="Start again"
            intro=|| view! { <p>"No sign-in is under way in this browser, or it took longer than 10 minutes."</p> }
        >
            <LinkButton href="/signin" look=Look::Primary size=Size::Large wide=true>"Sign in"</LinkButton>
        </GatePage>
    }
}

/// A browser whose sign-in at Privy has grown old: it can be renewed where it was made, and then used here.
#[component]
pub fn PrivyRefreshPage() -> impl IntoView {
    let wish = use_query_map().with_untracked(|query| query.get("redirect_uri").unwrap_or_default());
    let wish = next::safe(&wish).to_owned();
    let sign_in = next::sign_in_address(&wish);
    let ways = Resource::new_blocking(|| (), |()| offered_privy_ways());
    let sync = ServerAction::<SyncPrivy>::new();
    let refused = refusal(sync);
    view! {
        <Title text="Renew your sign-in"/>
        <GatePage
            title="Renew your sign-in"
            intro=|| {
                view! {
                    <p>"You are signed in at Privy, but the proof that this browser keeps of it has run out."</p>
                }
            }
        >
            <Refused error=refused except=""/>
            <Suspense>
                {
                    move || {
                        let wish = wish.clone();
                        Suspend::new(async move {
                            if ways.await.is_ok_and(|ways| ways.here) {
                                Either::Left(view! { <Here sync=sync next=wish/> })
                            } else {
                                Either::Right(
                                    view! {
                                        <Banner tone=Tone::Neutral>
                                            "Open the app in which you signed in with Privy, then try again. Or sign in here."
                                        </Banner>
                                        <LinkButton href=wish look=Look::Primary size=Size::Large wide=true external=true>
                                            "Try again"
                                        </LinkButton>
                                    },
                                )
                            }
                        })
                    }
                }
            </Suspense>
            <LinkButton href=sign_in size=Size::Large wide=true>"Sign in here"</LinkButton>
        </GatePage>
    }
}
