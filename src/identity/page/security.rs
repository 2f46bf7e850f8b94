use leptos::{prelude::*, server_fn::ServerFn as _};
use leptos_meta::Title;

use super::{CodeStep, Refused, on_field, password::PasswordSetting, refusal_of};
use crate::{
    identity::{
        api::{EndDevice, EndOtherDevices, FinishEmailChange, SignOutEverywhere, StartEmailChange, own_security},
        model::{Awaited, Device, Security},
        password::api::{RemovePassword, SetPassword},
        phone::PhoneSetting,
        view::WaysInSection,
    },
    ui::{
        Badge, Banner, Button, ConfirmDialog, Field, Icon, Look, Panel, PanelBody, Row, Rows, Setting, Size, Skeleton,
        TextInput, Tone,
    },
};

/// What opens the account, the address it is written to, and where it is open.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let end = ServerAction::<EndDevice>::new();
    let end_others = ServerAction::<EndOtherDevices>::new();
    let start = ServerAction::<StartEmailChange>::new();
    let finish = ServerAction::<FinishEmailChange>::new();
    let set = ServerAction::<SetPassword>::new();
    let remove = ServerAction::<RemovePassword>::new();
    let done = move || {
        let address = (start.version().get(), finish.version().get());
        (end.version().get(), end_others.version().get(), address, set.version().get(), remove.version().get())
    };
    let shown = Resource::new_blocking(done, |_| own_security());
    view! {
        <Title text="Security"/>
        <WaysInSection change_email=|| view! { <a class="button small" href="#address">"Change"</a> }/>
        <PhoneSetting/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(Security { email, awaited, password_changed, devices }) => {
                        let has_email = email.is_some();
                        view! {
                            <Address email=email awaited=awaited start=start finish=finish/>
                            <PasswordSetting changed=password_changed has_email=has_email set=set remove=remove/>
                            <Devices devices=devices end=end end_others=end_others/>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <Banner tone=Tone::Danger>{error.message}</Banner> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The address, and the two steps to another one.
#[component]
fn Address(
    email: Option<String>,
    awaited: Option<Awaited>,
    start: ServerAction<StartEmailChange>,
    finish: ServerAction<FinishEmailChange>,
) -> impl IntoView {
    let not_started = refusal_of(start);
    let not_finished = refusal_of(finish);
    let (label, intro) = match &email {
        Some(email) => (
            "New address",
            format!(
                "Codes and news about your account go to {email}. After a change, that address can undo it for 72 hours."
            ),
        ),
        None => ("Address", "Your account has no address yet. With one you can also sign in by mail.".to_owned()),
    };
    let waits = awaited.map(|Awaited { masked_email, .. }| {
        view! {
            <ActionForm action=finish attr:class="stack tight">
                <CodeStep
                    id="change-code"
                    hint=format!("We sent a mail to {masked_email}. It works for 10 minutes.")
                    error=on_field(not_finished, "code")
                    busy=finish.pending()
                    button="Confirm the address"
                />
            </ActionForm>
        }
    });
    view! {
        <Setting id="address" title="Address" intro=intro>
            <Refused error=not_started except="email"/>
            <Refused error=not_finished except="code"/>
            <Panel>
                <PanelBody>
                    <div class="stack">
                        {waits}
                        <ActionForm action=start attr:class="stack tight">
                            <Field id="new-email" label=label error=on_field(not_started, "email")>
                                <TextInput
                                    name="email"
                                    kind="email"
                                    placeholder="you@company.com"
                                    required=true
                                    attr:autocomplete="email"
                                    attr:maxlength="254"
                                />
                            </Field>
                            <div>
                                <Button busy=start.pending()>"Send code"</Button>
                            </div>
                        </ActionForm>
                    </div>
                </PanelBody>
            </Panel>
        </Setting>
    }
}

/// Where the account is open.
#[component]
fn Devices(
    devices: Vec<Device>,
    end: ServerAction<EndDevice>,
    end_others: ServerAction<EndOtherDevices>,
) -> impl IntoView {
    let others = devices.iter().filter(|device| !device.this).count();
    let rows: Vec<_> = devices.into_iter().map(|device| view! { <OneDevice device=device end=end/> }).collect();
    let words = match others {
        1 => "Sign out 1 other".to_owned(),
        others => format!("Sign out {others} others"),
    };
    view! {
        <Setting id="devices" title="Devices" intro="Browsers and apps that are signed in. Signing one out works at once, also for open tabs.">
            <Refused error=refusal_of(end) except=""/>
            <Refused error=refusal_of(end_others) except=""/>
            <div class="panel">
                <Rows>
                    {rows}
                    {(others > 0)
                        .then(|| {
                            view! {
                                <div class="row">
                                    <div class="grow sub">
                                        "Not sure about one of these? Sign out everywhere else; you stay signed in here."
                                    </div>
                                    <ActionForm action=end_others>
                                        <Button look=Look::QuietDanger busy=end_others.pending()>{words}</Button>
                                    </ActionForm>
                                </div>
                            }
                        })}
                    <div class="row">
                        <div class="grow sub">"Leave everywhere at once, in this browser too."</div>
                        <Everywhere/>
                    </div>
                </Rows>
            </div>
        </Setting>
    }
}

#[component]
fn OneDevice(device: Device, end: ServerAction<EndDevice>) -> impl IntoView {
    let Device { id, name, app, handheld, address, method, signed_in, used, this } = device;
    let icon = if handheld { "smartphone" } else { "laptop" };
    let place = app.map_or_else(|| address.clone(), |app| format!("{app}, {address}"));
    let sub = format!("{place}, signed in {method}, {signed_in}");
    let spoken = format!(" {name}");
    view! {
        <Row
            title=name
            sub=sub
            lead=move || view! { <span class="mark" aria-hidden="true"><Icon name=icon/></span> }
        >
            <span class="sub used">{used}</span>
            {if this {
                view! { <Badge tone=Tone::Ok>"This device"</Badge> }.into_any()
            } else {
                view! {
                    <ActionForm action=end>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <Button size=Size::Small>
                            "Sign out"
                            <span class="visually-hidden">{spoken}</span>
                        </Button>
                    </ActionForm>
                }
                    .into_any()
            }}
        </Row>
    }
}

/// A plain form: it loads a new document, so that nothing of the person stays in the page.
#[component]
fn Everywhere() -> impl IntoView {
    view! {
        <ConfirmDialog
            id="sign-out-everywhere"
            title="Sign out everywhere?"
            open="Sign out everywhere"
            confirm=|| {
                view! {
                    <form method="post" action=SignOutEverywhere::url()>
                        <Button look=Look::Danger>"Sign out everywhere"</Button>
                    </form>
                }
            }
        >
            <p>"Every browser and app has to sign in again, this one too. Your connections and conversations stay."</p>
        </ConfirmDialog>
    }
}
