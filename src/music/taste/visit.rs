//! Between the page of texts and the service.

use leptos::prelude::expect_context;

use super::{
    error::TasteError,
    model::{Kind, TasteView, TextView},
    service::{Taste, kept},
};
use crate::{
    error::AppError,
    identity::{
        moment,
        session::{self, Session},
    },
    music::source::SourceKind,
    platform::web,
    ui::grouped,
};

const PAGE: &str = "/music/taste";

fn asked() -> Result<(Taste, Session), AppError> {
    Ok((expect_context::<Taste>(), session::require().map_err(web::fail)?))
}

pub async fn show() -> Result<TasteView, AppError> {
    let (taste, session) = asked()?;
    view(&taste, &session).await.map_err(web::fail)
}

async fn view(taste: &Taste, session: &Session) -> Result<TasteView, TasteError> {
    let now = taste.clock().now();
    let rows = taste.texts(session.user).await?;
    let text = |kind: Kind| {
        let found = rows.iter().find_map(|row| kept(row).filter(|(other, ..)| *other == kind).map(|kept| (row, kept)));
        let by = found.as_ref().map(|(row, (_, _, plays))| {
            let when = moment::stamp(row.created_at, now, &session.time_zone);
            format!("Written by {} on {when}, from {} plays.", row.model, grouped(*plays))
        });
        TextView { kind, body: found.map(|(_, (_, body, _))| body), by: by.unwrap_or_default() }
    };
    let spotify = if taste.kinds().contains(&SourceKind::Spotify) {
        ""
    } else {
        " What only a connected Spotify account told stays out, as Spotify's terms want it."
    };
    Ok(TasteView {
        texts: Kind::ALL.map(text).into(),
        on: taste.is_on().await?,
        sent: format!(
            "When you press a button, the artists, tracks and genres that you played most in the last twelve months go to the \
             model that also answers your questions, with how often you played them.{spotify} Nothing goes before you press."
        ),
    })
}

pub async fn write(kind: Kind) -> Result<(), AppError> {
    let (taste, session) = asked()?;
    taste.write(session.user, kind).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn remove(kind: Kind) -> Result<(), AppError> {
    let (taste, session) = asked()?;
    taste.remove(session.user, kind).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}
