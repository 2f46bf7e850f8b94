//! The first settings page, and the page that says who one is.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use super::{
    api::{offered_zones, own_profile},
    model::Profile,
    view::{AccountFacts, HandleSetting, LookSetting, NameSetting, PictureSetting, Saved, WayRows, ZoneSetting},
};
use crate::ui::{Avatar, Banner, LinkButton, Page, Setting, Tone};

/// Name, picture, handle, look and time.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let shown = Resource::new_blocking(|| (), |()| own_profile());
    let zones = Resource::new_blocking(|| (), |()| offered_zones());
    view! {
        <Title text="Settings"/>
        <Saved/>
        <Suspense>
            {move || Suspend::new(async move {
                match (shown.await, zones.await) {
                    (Ok(profile), zones) => {
                        Either::Left(view! { <Sections profile=profile zones=zones.unwrap_or_default()/> })
                    }
                    (Err(error), _) => Either::Right(view! { <Banner tone=Tone::Danger>{error.message}</Banner> }),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Sections(profile: Profile, zones: Vec<String>) -> impl IntoView {
    let ways = profile.ways.clone();
    view! {
        <NameSetting name=profile.display_name.clone()/>
        <PictureSetting name=profile.display_name.clone() picture=profile.avatar.clone()/>
        <HandleSetting handle=profile.handle.clone()/>
        <LookSetting theme=profile.theme/>
        <ZoneSetting zone=profile.time_zone.clone() chosen=profile.time_zone_chosen zones=zones/>
        <Setting id="account" title="Account" intro="Ways to sign in are added and removed under «Security».">
            <AccountFacts profile=profile.clone()/>
            <WayRows ways=ways/>
        </Setting>
    }
}

/// Who one is here.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let shown = Resource::new_blocking(|| (), |()| own_profile());
    view! {
        <Title text="Profile"/>
        <Page
            title="Profile"
            intro="Who you are here. Strangers see your name and your picture, and only where you have a handle."
            actions=ViewFnOnce::from(|| view! { <LinkButton href="/settings">"Edit profile"</LinkButton> })
        >
            <Suspense>
                {move || Suspend::new(async move {
                    match shown.await {
                        Ok(profile) => Either::Left(view! { <Person profile=profile/> }),
                        Err(error) => Either::Right(view! { <Banner tone=Tone::Danger>{error.message}</Banner> }),
                    }
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Person(profile: Profile) -> impl IntoView {
    let handle = profile.handle.clone().map(|handle| {
        let address = format!("/@{handle}");
        view! { <p><a href=address rel="external">"@" {handle}</a></p> }
    });
    let ways = profile.ways.clone();
    let none = profile.handle.is_none().then(|| view! { <p class="muted">"You have no handle yet."</p> });
    view! {
        <div class="person">
            <Avatar name=profile.display_name.clone() picture=profile.avatar.clone() large=true/>
            <div class="grow">
                <h2>{profile.display_name.clone()}</h2>
                {handle}
                {none}
            </div>
        </div>
        <Setting id="account" title="Account">
            <AccountFacts profile=profile.clone()/>
        </Setting>
        <Setting id="ways" title="Ways to sign in" intro="You change them under «Security».">
            <WayRows ways=ways/>
        </Setting>
    }
}
