//! The texts, as they are kept and shown.

use serde::{Deserialize, Serialize};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What the listening is like.
    Analysis,
    /// Some sentences for a profile.
    Bio,
    /// A line for each of the first artists.
    Captions,
    /// How old somebody is who listens to this.
    Age,
}

impl Kind {
    /// All of them, as they stand on the page.
    pub const ALL: [Self; 4] = [Self::Analysis, Self::Bio, Self::Captions, Self::Age];

    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Bio => "bio",
            Self::Captions => "captions",
            Self::Age => "age",
        }
    }

    /// The other way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Its heading, and the words of its button.
    #[must_use]
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Analysis => ("Your taste", "Analyse my taste"),
            Self::Bio => ("A bio", "Write a bio"),
            Self::Captions => ("Captions", "Caption my artists"),
            Self::Age => ("Your age, guessed", "Guess my age"),
        }
    }
}

/// A text with what it is about; a text about everything is about nothing in particular.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Of a caption, the artist.
    pub about: String,
    /// The text, with its names and numbers.
    pub text: String,
}

/// A guess at an age, in years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Age {
    /// The guess.
    pub years: u8,
    /// Not younger than that.
    pub low: u8,
    /// Not older.
    pub high: u8,
}

/// What is kept of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The text, or one for each artist.
    pub passages: Vec<Passage>,
    /// Of a guess at an age.
    pub age: Option<Age>,
}

/// A text on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextView {
    /// Which.
    pub kind: Kind,
    /// None: it was not asked for yet.
    pub body: Option<Body>,
    /// Who wrote it, when, and from how much.
    pub by: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasteView {
    /// Each kind, whether it is there or not.
    pub texts: Vec<TextView>,
    /// Whether a model can be asked.
    pub on: bool,
    /// What is sent when one asks, in a sentence.
    pub sent: String,
}
