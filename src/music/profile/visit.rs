//! Between the server functions about one's own profile and the service.

use leptos::prelude::expect_context;

use super::{
    error::ProfileError,
    model::{CardView, Choices, EditView, Featured, Offer, Section, SeenView},
    service::{Own, Profiles},
};
use crate::{
    error::AppError,
    identity::{
        moment,
        session::{self, Session},
    },
    music::card::{Card, Size, Template},
    platform::web,
};

const PAGE: &str = "/music/profile";

fn asked() -> Result<(Profiles, Session), AppError> {
    Ok((expect_context::<Profiles>(), session::require().map_err(web::fail)?))
}

pub async fn show(preview: bool) -> Result<EditView, AppError> {
    let (profiles, session) = asked()?;
    view(&profiles, &session, preview).await.map_err(web::fail)
}

async fn view(profiles: &Profiles, session: &Session, preview: bool) -> Result<EditView, ProfileError> {
    let now = profiles.now();
    let handle = profiles.handle(session.user).await?;
    let Own { draft, shown, published_at } = profiles.own(session.user).await?;
    let offers = profiles.offers(session.user, &draft).await?;
    let preview = match preview {
        true => Some(profiles.shown(session.user, &draft, &session.time_zone).await?),
        false => None,
    };
    let cards = match (&handle, &shown) {
        (Some(handle), Some(shown)) => cards(handle, shown),
        _ => Vec::new(),
    };
    let seen = profiles.seen(session.user).await?;
    Ok(EditView {
        address: handle.as_deref().map(|handle| profiles.address(handle)),
        handle,
        cards,
        published: published_at.map(|at| moment::stamp(at, now, &session.time_zone)),
        changed: shown.is_some_and(|shown| shown != draft),
        offers: offers.into_iter().map(|row| Offer { key: row.key, name: row.name, plays: row.plays }).collect(),
        draft,
        views: profiles.views(session.user).await?,
        seen: seen
            .into_iter()
            .map(|row| SeenView {
                handle: row.handle,
                name: row.name,
                when: moment::ago(row.seen_at, now, &session.time_zone),
            })
            .collect(),
        preview,
    })
}

/// The pictures that there are of what is public.
fn cards(handle: &str, shown: &Choices) -> Vec<CardView> {
    let there = |template: &Template| template.stands_alone() || shown.has(template.section());
    let file = |template, size| format!("/@{handle}/cards/{}", Card { template, size }.file());
    Template::ALL
        .into_iter()
        .filter(there)
        .map(|template| CardView {
            title: template.title().to_owned(),
            wide: file(template, Size::Wide),
            tall: file(template, Size::Tall),
        })
        .collect()
}

pub async fn save(
    bio: String,
    period: String,
    sections: &[String],
    artists: Vec<String>,
    captions: Vec<String>,
) -> Result<(), AppError> {
    let (profiles, session) = asked()?;
    let sections = sections.iter().map(|section| Section::parse(section));
    let sections: Option<Vec<Section>> = sections.collect();
    let sections = sections.ok_or_else(|| web::fail(ProfileError::NoChoice { field: "sections" }))?;
    let captions = captions.into_iter().chain(std::iter::repeat_with(String::new));
    let featured = artists.into_iter().zip(captions).map(|(key, caption)| Featured { key, caption }).collect();
    let wish = Choices { bio, period, sections, featured };
    profiles.save(session.user, wish).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn publish() -> Result<(), AppError> {
    let (profiles, session) = asked()?;
    profiles.publish(session.user).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn withdraw() -> Result<(), AppError> {
    let (profiles, session) = asked()?;
    profiles.withdraw(session.user).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn forget_seen() -> Result<(), AppError> {
    let (profiles, session) = asked()?;
    profiles.forget_seen(session.user).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}
