//! What the palette knows by name, and which of it fits what was typed.

use crate::{
    chat::{
        found::{Hit, Piece, Search},
        model::RecentGroup,
    },
    kit::keys::{self, Deed, Held, Key, TABLE},
    ui::{Command, Commands, Does},
};

/// A line of the palette.
#[derive(Clone)]
pub(super) struct Entry {
    /// Under which heading.
    pub group: &'static str,
    pub icon: &'static str,
    pub name: String,
    /// What is said at its end.
    pub note: String,
    pub key: Option<&'static Key>,
    pub does: Does,
}

pub(super) const GO: &str = "Go to";
pub(super) const DO: &str = "Do";
pub(super) const CONVERSATIONS: &str = "Conversations";

/// The pages: where, sign, name, and by which other words they are found.
const PAGES: [(&str, &str, &str, &str); 16] = [
    ("/chat", "square-pen", "New conversation", "chat ask start"),
    ("/chat/search", "message-square", "All conversations", "search history archive pinned"),
    ("/connections", "plug", "Connections", "services accounts apps connect"),
    ("/notifications", "bell", "Notifications", "news unread"),
    ("/profile", "smartphone", "Profile", "handle picture public"),
    ("/billing", "credit-card", "Billing", "plan invoice payment usage"),
    ("/billing/plans", "credit-card", "Plans", "upgrade price subscribe"),
    ("/team", "laptop", "Team", "members invite"),
    ("/team/new", "plus", "New team", "create"),
    ("/settings", "settings-2", "Settings", "preferences look dark light language time zone"),
    ("/settings/security", "shield-check", "Security", "sign-in password devices sessions"),
    ("/settings/notifications", "bell", "Notification settings", "mail push"),
    ("/settings/activity", "history", "Activity", "log"),
    ("/settings/activity/services", "list-checks", "What Aura read and changed", "receipts calls log services"),
    ("/settings/files", "paperclip", "Files", "uploads"),
    ("/settings/developer", "key-round", "Developer", "api keys webhooks tokens"),
];

/// Whether each word of what was typed begins a word of one of these.
fn fits(typed: &str, texts: [&str; 2]) -> bool {
    let texts = texts.map(str::to_lowercase);
    typed.to_lowercase().split_whitespace().all(|word| {
        texts
            .iter()
            .any(|text| text.split(|character: char| !character.is_alphanumeric()).any(|known| known.starts_with(word)))
    })
}

/// The pages that fit.
pub(super) fn pages(typed: &str) -> Vec<Entry> {
    let fitting = PAGES.iter().filter(|(.., name, more)| fits(typed, [name, more]));
    fitting
        .map(|(to, icon, name, _)| Entry {
            group: GO,
            icon,
            name: (*name).to_owned(),
            note: String::new(),
            key: None,
            does: Does::Lead((*to).to_owned()),
        })
        .collect()
}

/// What fits of what can be done: by the page at hand, by keys, in other teams. Keys that only do something where the focus
/// is, or while an answer is written, are in their list alone.
pub(super) fn acts(typed: &str, commands: Commands, teams: &[Command]) -> Vec<Entry> {
    let offered = commands.all().into_iter().chain(teams.iter().cloned());
    let by_key = TABLE.iter().filter(|key| {
        let first = keys::of(key.deed).is_some_and(|first| first == *key);
        let may = key.deed != Deed::OpenPalette && key.held != Held::Nothing && commands.has(key.deed);
        // Before anything is typed, what the page offers comes first, and the way to the keys.
        first && may && (key.deed == Deed::ListKeys || !typed.trim().is_empty())
    });
    let by_key =
        by_key.map(|key| Command { name: key.says.to_owned(), icon: "chevron-right", does: Does::Press(key.deed) });
    offered
        .chain(by_key)
        .filter(|command| fits(typed, [&command.name, ""]))
        .map(|Command { name, icon, does }| {
            let key = match &does {
                Does::Press(deed) => keys::of(*deed),
                _ => None,
            };
            Entry { group: DO, icon, name, note: String::new(), key, does }
        })
        .collect()
}

/// The newest conversations.
pub(super) fn recent(groups: Vec<RecentGroup>, most: usize) -> Vec<Entry> {
    let all = groups.into_iter().flat_map(|group| {
        let label = group.label;
        group.conversations.into_iter().map(move |summary| (summary, label.clone()))
    });
    all.take(most)
        .map(|(summary, note)| Entry {
            group: CONVERSATIONS,
            icon: "message-square",
            name: summary.title,
            note,
            key: None,
            does: Does::Lead(format!("/chat/{}", summary.id)),
        })
        .collect()
}

/// The conversations that were found, and the way to all of them.
pub(super) fn found(hits: &[Hit], typed: &str, most: usize) -> Vec<Entry> {
    let text = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
    let all = Entry {
        group: CONVERSATIONS,
        icon: "search",
        name: format!("Search all conversations for «{}»", typed.trim()),
        note: String::new(),
        key: None,
        does: Does::Lead(Search { q: typed.to_owned(), ..Search::default() }.address()),
    };
    hits.iter()
        .take(most)
        .map(|hit| Entry {
            group: CONVERSATIONS,
            icon: "message-square",
            name: text(&hit.title),
            note: hit.when.clone(),
            key: None,
            does: Does::Lead(hit.address()),
        })
        .chain([all])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_by_the_beginnings_of_words() {
        let names = |typed: &str| pages(typed).into_iter().map(|entry| entry.name).collect::<Vec<_>>();
        assert_eq!(names("conn"), ["Connections"]);
        assert_eq!(names("  API KEYS "), ["Developer"]);
        assert_eq!(names("read changed"), ["What Aura read and changed"]);
        assert!(names("onnections").is_empty());
        assert_eq!(names("").len(), PAGES.len());
    }
}
