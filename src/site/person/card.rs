//! `/@{handle}/cards/{card}`: a picture of what a profile shows.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::People;
use crate::{
    error::AppError,
    music::{
        card::{Card, Subject, draw},
        profile::model::Choices,
    },
    platform::refusal::Refusal,
};

/// Where a picture of somebody's is.
pub fn path(handle: &str, card: Card) -> String {
    format!("/@{handle}/cards/{}", card.file())
}

pub(super) async fn card(
    State(people): State<People>,
    Path((handle, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let nothing = || AppError::not_found("page");
    let card = Card::parse(&file).ok_or_else(nothing)?;
    let person = people.account.public_person(&handle).await?.ok_or_else(nothing)?;
    let published = people.profiles.published(person.user).await?.ok_or_else(nothing)?;
    let section = card.template.section();
    if !published.choices.has(section) && !card.template.stands_alone() {
        return Err(Refusal(nothing()));
    }
    // Nothing else of the profile is even asked for.
    let mut choices: Choices = published.choices;
    choices.sections.retain(|chosen| *chosen == section);
    let shown = people.profiles.shown(person.user, &choices, &person.time_zone).await?;
    let address = people.profiles.address(&person.handle);
    let address = address.split_once("://").map_or(address.as_str(), |(_, address)| address);
    let subject = Subject { name: &person.display_name, handle: &person.handle, address, shown: &shown };
    let svg = card.svg(subject);
    let tag = format!("\"{}\"", hex::encode(&draw::tag(&svg)[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let told = [(header::CACHE_CONTROL, "no-cache".to_owned()), (header::ETAG, tag.clone())];
    if known.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, told).into_response());
    }
    let png = people.cards.png(svg).await.map_err(AppError::from)?;
    Ok((told, [(header::CONTENT_TYPE, "image/png")], png).into_response())
}
