//! Finding a service among all, by words, by heading, and by whether it can be connected here.

use super::model::{ServiceView, slug};

/// What is typed into a search is no longer.
const LONGEST: usize = 80;

/// What somebody looks for. Everything is shown where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    text: String,
    /// The slug of a heading.
    category: Option<String>,
    /// Only what can be connected here, without an app of one's own.
    here: bool,
}

impl Search {
    /// From the parameters of an address: `q`, `category`, and `here`, which is set by being there.
    #[must_use]
    pub fn of(text: Option<&str>, category: Option<&str>, here: bool) -> Self {
        let text = text.unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(LONGEST);
        let category = category.filter(|category| !category.is_empty()).map(str::to_owned);
        Self { text: text.collect::<String>().trim().to_owned(), category, here }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The slug of the heading that was chosen.
    #[must_use]
    pub fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// Whether only what can be connected here is wanted.
    #[must_use]
    pub fn here(&self) -> bool {
        self.here
    }

    /// Whether everything is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a service is among what is looked for: each word typed begins a word that is told of it, or stands
    /// somewhere in its name.
    #[must_use]
    pub fn finds(&self, service: &ServiceView) -> bool {
        let heading = self.category.as_deref().is_none_or(|category| slug(&service.category) == category);
        heading && (!self.here || service.configured()) && self.fits(service)
    }

    fn fits(&self, service: &ServiceView) -> bool {
        let told = [&service.name, &service.id, &service.category, &service.about, &service.kind, &service.tools];
        let told: Vec<String> = told.into_iter().flat_map(|text| words(text)).collect();
        let (name, whole) = (squeezed(&service.name), squeezed(&self.text));
        words(&self.text).all(|typed| told.iter().any(|word| word.starts_with(&typed)) || name.contains(&typed))
            || (!whole.is_empty() && name.contains(&whole))
    }

    /// The services that are looked for. Where something was typed, those come first whose name begins with it.
    #[must_use]
    pub fn among(&self, services: &[ServiceView]) -> Vec<ServiceView> {
        let mut found: Vec<_> = services.iter().filter(|service| self.finds(service)).cloned().collect();
        if !self.text.is_empty() {
            let typed = squeezed(&self.text);
            found.sort_by_key(|service| {
                let name = squeezed(&service.name);
                (!name.starts_with(&typed), !name.contains(&typed))
            });
        }
        found
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::catalogue::model::Standing;

    fn service(name: &str, category: &str, about: &str, tools: &str) -> ServiceView {
        let (name, category) = (name.to_owned(), category.to_owned());
        ServiceView {
            id: slug(&name),
            name,
            category,
            about: about.to_owned(),
            tools: tools.to_owned(),
            ..ServiceView::default()
        }
    }

    fn some() -> Vec<ServiceView> {
        let mut all = vec![
            service("Asana", "Project Management", "Tasks and projects", "my tasks"),
            service("Cal.com", "Calendars & Scheduling", "Bookings", ""),
            service("Google Calendar", "Calendars & Scheduling", "Events", "what is on"),
            service("GitHub", "Development", "Issues and code", "create an issue"),
        ];
        all[3].standing = Standing::Ready;
        all
    }

    fn found(text: &str, category: &str, here: bool) -> Vec<String> {
        let search = Search::of(Some(text), Some(category), here);
        search.among(&some()).into_iter().map(|service| service.name).collect()
    }

    #[test]
    fn what_is_typed_is_found_in_name_heading_description_and_tools() {
        assert_eq!(found("cal", "", false), ["Cal.com", "Google Calendar"]);
        assert_eq!(found("calcom", "", false), ["Cal.com"]);
        assert_eq!(found("CAL.COM ", "", false), ["Cal.com"]);
        assert_eq!(found("hub", "", false), ["GitHub"]);
        assert_eq!(found("issue create", "", false), ["GitHub"]);
        assert_eq!(found("tasks", "", false), ["Asana"]);
        assert_eq!(found("scheduling", "", false), ["Cal.com", "Google Calendar"]);
        assert_eq!(found("nothing of that name", "", false), [] as [&str; 0]);
        assert_eq!(found("", "", false).len(), 4);
        assert_eq!(found("?!", "", false).len(), 4);
    }

    #[test]
    fn a_heading_and_what_is_set_up_narrow_it() {
        assert_eq!(found("", "calendars-scheduling", false), ["Cal.com", "Google Calendar"]);
        assert_eq!(found("google", "development", false), [] as [&str; 0]);
        assert_eq!(found("", "", true), ["GitHub"]);
        assert_eq!(found("", "no-such-heading", false), [] as [&str; 0]);
    }

    #[test]
    fn what_is_typed_is_cut_and_holds_nothing_that_cannot_be_read() {
        let search = Search::of(Some(&format!("a\u{0}\n{}", "é".repeat(500))), None, false);
        assert_eq!(search.text().chars().count(), LONGEST);
        assert!(search.text().chars().all(|letter| !letter.is_control()));
        assert!(Search::of(Some("  "), Some(""), false).is_empty());
    }
}
