//! Keeps what somebody chooses to show, and publishes it.

use serde_json::json;
use url::Url;

use super::{
    error::ProfileError,
    letter,
    model::{Choices, Featured, LONGEST_BIO, LONGEST_CAPTION, MOST_FEATURED, Section, Shown},
    panels,
    store::{self, ArtistRow, ProfileRow},
};
use crate::{
    identity::Identity,
    integrations::Integrations,
    kit::id::UserId,
    music::{listening::model::PERIODS, statistics::Statistics},
    platform::{clock::Clock, crypto::Keys, db::Db, limits::Limits, mail::Outbox, random::Random},
};

/// The event of the same moment, for whoever has registered an address.
const PUBLISHED: &str = "profile.published";
/// How many artists can be chosen from.
const OFFERED: i64 = 60;

/// What people show of their music.
#[derive(Clone)]
pub struct Profiles {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) keys: Keys,
    pub(super) limits: Limits,
    pub(super) outbox: Outbox,
    pub(super) identity: Identity,
    integrations: Integrations,
    statistics: Statistics,
    pub(super) public_url: Url,
}

/// What they are made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub keys: Keys,
    pub limits: Limits,
    pub outbox: Outbox,
    pub identity: Identity,
    pub integrations: Integrations,
    pub statistics: Statistics,
    pub public_url: Url,
}

/// What is published, as it was chosen.
pub struct Published {
    pub choices: Choices,
}

/// A draft beside what is public.
pub(super) struct Own {
    pub(super) draft: Choices,
    pub(super) shown: Option<Choices>,
    pub(super) published_at: Option<time::OffsetDateTime>,
}

impl Own {
    fn read(row: Option<ProfileRow>) -> Result<Self, ProfileError> {
        let Some(ProfileRow { draft, shown, published_at }) = row else {
            return Ok(Self { draft: Choices::default(), shown: None, published_at: None });
        };
        let shown = shown.map(serde_json::from_value).transpose()?;
        Ok(Self { draft: serde_json::from_value(draft)?, shown, published_at })
    }
}

impl Profiles {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, keys, limits, outbox, identity, integrations, statistics, public_url } = parts;
        Self { db, clock, random, keys, limits, outbox, identity, integrations, statistics, public_url }
    }

    /// The moment by which things are told.
    pub(super) fn now(&self) -> time::OffsetDateTime {
        self.clock.now()
    }

    /// What a person's profile stands at.
    pub(super) async fn handle(&self, user: UserId) -> Result<Option<String>, ProfileError> {
        Ok(self.identity.handle(user).await?)
    }

    /// A person's draft, and what of it is public.
    pub(super) async fn own(&self, user: UserId) -> Result<Own, ProfileError> {
        Own::read(store::profile(&mut *self.db.acquire().await?, user).await?)
    }

    /// Artists whom a person can feature, and those who are featured already.
    pub(super) async fn offers(&self, user: UserId, draft: &Choices) -> Result<Vec<ArtistRow>, ProfileError> {
        let mut connection = self.db.acquire().await?;
        let mut offers = store::top_artists(&mut connection, user, OFFERED).await?;
        let known = |key: &String| offers.iter().any(|offer| offer.key == *key);
        let others: Vec<String> =
            draft.featured.iter().map(|featured| featured.key.clone()).filter(|key| !known(key)).collect();
        if !others.is_empty() {
            offers.extend(store::artists(&mut connection, user, &others).await?);
        }
        Ok(offers)
    }

    /// Keeps a draft. Nobody but its owner sees it.
    ///
    /// # Errors
    /// When a text is too long, an artist is none of theirs, or the database is away.
    pub async fn save(&self, user: UserId, wish: Choices) -> Result<(), ProfileError> {
        let draft = checked(wish)?;
        let mut connection = self.db.acquire().await?;
        let keys: Vec<String> = draft.featured.iter().map(|featured| featured.key.clone()).collect();
        if !keys.is_empty() && store::artists(&mut connection, user, &keys).await?.len() != keys.len() {
            return Err(ProfileError::NoArtist);
        }
        store::save(&mut connection, user, &serde_json::to_value(&draft)?, self.clock.now()).await?;
        Ok(())
    }

    /// Shows the draft to everybody: true where that is something new. Then its owner gets one letter with the address, and
    /// who listens for it one event.
    ///
    /// # Errors
    /// When its owner has no handle, or the database is away.
    pub async fn publish(&self, user: UserId) -> Result<bool, ProfileError> {
        let handle = self.identity.handle(user).await?.ok_or(ProfileError::NoHandle)?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if store::profile(&mut tx, user).await?.is_none() {
            store::save(&mut tx, user, &serde_json::to_value(Choices::default())?, now).await?;
        }
        let row = store::profile_locked(&mut tx, user).await?.ok_or(ProfileError::NotFound)?;
        if row.shown.as_ref() == Some(&row.draft) {
            return Ok(false);
        }
        store::show(&mut tx, user, Some(&row.draft), Some(row.published_at.unwrap_or(now))).await?;
        let address = self.address(&handle);
        if let Some(mailbox) = self.identity.address_within(&mut tx, user).await? {
            self.outbox.enqueue(&mut tx, &mailbox, letter::published(&address, row.shown.is_some())?).await?;
        }
        let data = json!({ "handle": handle, "url": address });
        self.integrations.webhooks().announce(&mut tx, user, PUBLISHED, data).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lets nobody see it any more. The draft stays.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn withdraw(&self, user: UserId) -> Result<(), ProfileError> {
        store::show(&mut *self.db.acquire().await?, user, None, None).await?;
        Ok(())
    }

    /// What a person has published; none where that is nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn published(&self, user: UserId) -> Result<Option<Published>, ProfileError> {
        Ok(self.own(user).await?.shown.map(|choices| Published { choices }))
    }

    /// What these choices show at this moment, counted in the person's time zone. What is not chosen is not even asked.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn shown(&self, user: UserId, choices: &Choices, zone: &str) -> Result<Shown, ProfileError> {
        Ok(panels::shown(&self.db, &self.statistics, user, choices, zone).await?)
    }

    /// Where everybody sees a profile.
    #[must_use]
    pub fn address(&self, handle: &str) -> String {
        let path = format!("/@{handle}");
        self.public_url.join(&path).map_or(path, Into::into)
    }
}

/// What was chosen, in the form in which it is kept.
fn checked(wish: Choices) -> Result<Choices, ProfileError> {
    let Choices { bio, period, sections, featured } = wish;
    let bio = text(&bio, true);
    if bio.chars().count() > LONGEST_BIO {
        return Err(ProfileError::TooLong { field: "bio", most: LONGEST_BIO });
    }
    if !PERIODS.iter().any(|(known, _)| *known == period) {
        return Err(ProfileError::NoChoice { field: "period" });
    }
    let mut kept: Vec<Featured> = Vec::new();
    for Featured { key, caption } in featured {
        let caption = text(&caption, false);
        if caption.chars().count() > LONGEST_CAPTION {
            return Err(ProfileError::TooLong { field: "captions", most: LONGEST_CAPTION });
        }
        if !key.is_empty() && !kept.iter().any(|known| known.key == key) {
            kept.push(Featured { key, caption });
        }
    }
    if kept.len() > MOST_FEATURED {
        return Err(ProfileError::NoChoice { field: "artists" });
    }
    let sections = Section::ALL.into_iter().filter(|section| sections.contains(section)).collect();
    Ok(Choices { bio, period, sections, featured: kept })
}

/// A text without signs that cannot be seen. Those that turn the direction of what follows are among them: whole texts are
/// set apart from one another on the page instead.
pub(super) fn text(typed: &str, lines: bool) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = |letter: &char| !turns(*letter) && (!letter.is_control() || (lines && *letter == '\n'));
    typed.trim().chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_put_in_order_and_refused_where_it_is_too_long() {
        let artist = |key: &str| Featured { key: key.to_owned(), caption: " \u{202e}loud\u{0} ".to_owned() };
        let wish = Choices {
            bio: " One\r\ntwo\u{202e} ".to_owned(),
            period: "4w".to_owned(),
            sections: vec![Section::Clock, Section::Featured, Section::Clock],
            featured: vec![artist("b"), artist("a"), artist("b"), artist("")],
        };
        let kept = checked(wish.clone()).unwrap();
        assert_eq!((kept.bio.as_str(), kept.sections), ("One\ntwo", vec![Section::Featured, Section::Clock]));
        let keys: Vec<&str> = kept.featured.iter().map(|featured| featured.key.as_str()).collect();
        assert_eq!((keys, kept.featured[0].caption.as_str()), (vec!["b", "a"], "loud"));
        let long = Choices { bio: "ب".repeat(LONGEST_BIO + 1), ..wish.clone() };
        assert!(matches!(checked(long), Err(ProfileError::TooLong { field: "bio", .. })));
        assert!(checked(Choices { bio: "ب".repeat(LONGEST_BIO), ..wish.clone() }).is_ok());
        let strange = Choices { period: "2025".to_owned(), ..wish.clone() };
        assert!(matches!(checked(strange), Err(ProfileError::NoChoice { field: "period" })));
        let many = (0..=MOST_FEATURED).map(|number| artist(&number.to_string())).collect();
        assert!(matches!(
            checked(Choices { featured: many, ..wish }),
            Err(ProfileError::NoChoice { field: "artists" })
        ));
    }
}
