//! What is chosen for a profile, and what is then seen of it.

use serde::{Deserialize, Serialize};

use crate::music::listening::model::{CalendarView, Line};

/// How many artists can be featured.
pub const MOST_FEATURED: usize = 6;
/// The longest text about oneself, in characters.
pub const LONGEST_BIO: usize = 600;
/// The longest text about an artist, in characters.
pub const LONGEST_CAPTION: usize = 140;

/// What can be shown, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Artists that were picked.
    Featured,
    /// How much was played.
    Figures,
    /// Artists who were played most.
    Artists,
    /// Tracks.
    Tracks,
    /// Albums.
    Albums,
    /// At which hours.
    Clock,
    /// At which hours of which weekdays.
    Week,
    /// On which days.
    Calendar,
    /// Where the plays come from, with the names of accounts.
    Sources,
}

impl Section {
    /// All of them, as they stand on the page.
    pub const ALL: [Self; 9] = [
        Self::Featured,
        Self::Figures,
        Self::Artists,
        Self::Tracks,
        Self::Albums,
        Self::Clock,
        Self::Week,
        Self::Calendar,
        Self::Sources,
    ];

    /// As it is written in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Featured => "featured",
            Self::Figures => "figures",
            Self::Artists => "artists",
            Self::Tracks => "tracks",
            Self::Albums => "albums",
            Self::Clock => "clock",
            Self::Week => "week",
            Self::Calendar => "calendar",
            Self::Sources => "sources",
        }
    }

    /// The other way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == text)
    }

    /// What it is, and what it tells.
    #[must_use]
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Featured => ("Featured artists", "The artists that you pick below, with your captions"),
            Self::Figures => ("Figures", "Plays, hours, artists, streak"),
            Self::Artists => ("Top artists", "Ten names with their plays"),
            Self::Tracks => ("Top tracks", "Ten titles with their plays"),
            Self::Albums => ("Top albums", "Ten titles with their plays"),
            Self::Clock => ("Around the clock", "At which hours you listen, in your time zone"),
            Self::Week => ("Through the week", "At which hours of which weekdays"),
            Self::Calendar => ("Day by day", "How much on which day, for up to a year"),
            Self::Sources => ("Sources", "Which services, and your names there"),
        }
    }
}

/// An artist that was picked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Featured {
    /// By which the artist is known in the person's catalogue, also when it is read anew.
    pub key: String,
    /// A few words about them, or none.
    #[serde(default)]
    pub caption: String,
}

/// What a person chooses to show. By default that is nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// What they say about themselves.
    pub bio: String,
    /// Which time is counted.
    pub period: String,
    /// What is shown, in the order of the page.
    pub sections: Vec<Section>,
    /// In the person's order.
    pub featured: Vec<Featured>,
}

impl Default for Choices {
    fn default() -> Self {
        Self { bio: String::new(), period: "12m".to_owned(), sections: Vec::new(), featured: Vec::new() }
    }
}

impl Choices {
    /// Whether a section is shown.
    #[must_use]
    pub fn has(&self, section: Section) -> bool {
        self.sections.contains(&section)
    }
}

/// What is seen of a profile. What is not shown is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub bio: String,
    /// Which time the numbers are about; empty where there are none.
    pub days: String,
    pub featured: Vec<FeaturedView>,
    /// What is counted, and the count.
    pub figures: Vec<(String, String)>,
    pub artists: Vec<Line>,
    pub tracks: Vec<Line>,
    pub albums: Vec<Line>,
    pub clock: Option<[i64; 24]>,
    pub week: Option<[[i64; 24]; 7]>,
    pub calendar: Option<CalendarView>,
    pub sources: Vec<SourceView>,
    /// Services that want to be named beside what they told.
    pub named: Vec<String>,
}

/// An artist that was picked, as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeaturedView {
    pub name: String,
    pub caption: String,
    pub plays: i64,
}

/// Where plays come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    pub service: String,
    /// The person's name there, where they typed one.
    pub account: Option<String>,
    /// Whether they have shown that it is theirs; none where there is no name.
    pub verified: Option<bool>,
}

/// The page on which its owner works on a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditView {
    pub handle: Option<String>,
    /// Where everybody sees it.
    pub address: Option<String>,
    pub draft: Choices,
    /// Since when it is public, in words.
    pub published: Option<String>,
    /// Whether the draft is something else than what is public.
    pub changed: bool,
    pub offers: Vec<Offer>,
    pub views: i64,
    /// Pictures of what is public: what each is, and where.
    pub cards: Vec<CardView>,
    pub seen: Vec<SeenView>,
    /// What the draft would show.
    pub preview: Option<Shown>,
}

/// An artist who can be picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub key: String,
    pub name: String,
    pub plays: i64,
}

/// A picture to be sent to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    pub title: String,
    pub wide: String,
    pub tall: String,
}

/// A profile that the person has looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenView {
    pub handle: String,
    pub name: String,
    /// When, in words.
    pub when: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_by_default_and_sections_survive_their_written_form() {
        assert!(Choices::default().sections.is_empty());
        for section in Section::ALL {
            assert_eq!(Section::parse(section.as_str()), Some(section));
            assert_eq!(serde_json::to_value(section).unwrap(), section.as_str());
            assert!(!Choices::default().has(section));
        }
        assert_eq!(serde_json::from_str::<Choices>("{}").unwrap(), Choices::default());
    }
}
