//! What is told of a service.

use serde::{Deserialize, Serialize};

/// Whether a service can be connected on this installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Ready,
    /// The installation has no client there, but people may bring an app of their own.
    OwnApp,
    #[default]
    NotSetUp,
    /// It is described, and Aura cannot speak its way yet.
    NotYet,
}

impl Standing {
    /// In a few words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ready => "Can be connected",
            Self::OwnApp => "With an app of your own",
            Self::NotSetUp => "Not set up here",
            Self::NotYet => "Not possible yet",
        }
    }
}

/// One service of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceView {
    pub id: String,
    pub name: String,
    /// The heading that it stands under.
    pub category: String,
    pub about: String,
    /// How one gets in, in a few words.
    pub kind: String,
    /// Whether it is connected by a form of ours, and not by a page of the service.
    pub by_form: bool,
    /// What connecting it is called: `Connect`, `Add key`, `Set up`.
    pub verb: String,
    pub standing: Standing,
    /// The environment variables this installation lacks; told to operators alone.
    pub missing: Vec<String>,
    /// Whether it works only once the service has accepted who runs this installation as a partner.
    pub partner: bool,
    /// What one has to know before connecting.
    pub note: Option<String>,
    /// How many tools read from it.
    pub reads: u32,
    /// How many tools change something in it.
    pub changes: u32,
    /// What its tools are called, in small letters, for the search.
    pub tools: String,
    /// Whether people may bring an app of their own here.
    pub own_app: bool,
    /// How many accounts of it the person has connected.
    pub connected: u32,
}

impl ServiceView {
    /// Whether it can be connected here by what the installation has.
    #[must_use]
    pub fn configured(&self) -> bool {
        self.standing == Standing::Ready
    }

    /// Where it is connected, once one is signed in.
    #[must_use]
    pub fn way(&self) -> Option<String> {
        match self.standing {
            Standing::Ready if self.by_form => Some(format!("/connections/add/{}", self.id)),
            Standing::Ready => Some(format!("/api/integrations/{}", self.id)),
            Standing::OwnApp => Some(format!("/connections/apps/{}", self.id)),
            Standing::NotSetUp | Standing::NotYet => None,
        }
    }

    /// What the assistant can do with it, counted.
    #[must_use]
    pub fn abilities(&self) -> String {
        let reads = match self.reads {
            0 => None,
            1 => Some("reads in 1 way".to_owned()),
            several => Some(format!("reads in {several} ways")),
        };
        let changes = match self.changes {
            0 => None,
            1 => Some("makes 1 kind of change once you approve it".to_owned()),
            several => Some(format!("makes {several} kinds of change once you approve each")),
        };
        match (reads, changes) {
            (None, None) => "Connects; nothing can be asked of it yet".to_owned(),
            (one, other) => {
                let mut told: String = one.into_iter().chain(other).collect::<Vec<_>>().join(", ");
                if let Some(first) = told.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                told
            }
        }
    }
}

/// The part of an address that stands for a heading: `Calendars & Scheduling` is `calendars-scheduling`.
#[must_use]
pub fn slug(heading: &str) -> String {
    let words = heading.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// The headings in the order in which services come, each with its slug and how many stand under it.
#[must_use]
pub fn headings(services: &[ServiceView]) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    for service in services {
        match headings.iter_mut().find(|heading| heading.name == service.category) {
            Some(heading) => heading.services += 1,
            None => {
                headings.push(Heading { slug: slug(&service.category), name: service.category.clone(), services: 1 });
            }
        }
    }
    headings
}

/// One heading of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub slug: String,
    pub name: String,
    pub services: usize,
}

/// «1 service», «68 services».
#[must_use]
pub fn counted(services: usize) -> String {
    if services == 1 { "1 service".to_owned() } else { format!("{services} services") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abilities_are_counted_and_none_is_said() {
        let with = |reads, changes| ServiceView { reads, changes, ..ServiceView::default() }.abilities();
        assert_eq!(with(0, 0), "Connects; nothing can be asked of it yet");
        assert_eq!(with(1, 0), "Reads in 1 way");
        assert_eq!(with(5, 3), "Reads in 5 ways, makes 3 kinds of change once you approve each");
        assert_eq!(with(0, 1), "Makes 1 kind of change once you approve it");
    }

    #[test]
    fn a_heading_has_an_address() {
        assert_eq!(slug("Calendars & Scheduling"), "calendars-scheduling");
        assert_eq!(slug("CRM"), "crm");
    }
}
