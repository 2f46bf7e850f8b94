//! How old the facts of the catalogue are.

use time::{Date, Duration};

use super::Provider;

/// Facts about a vendor are taken for current so long after they were compared with its documents. After that they are
/// still used, and said to be old.
pub const FACTS_LAST: Duration = Duration::days(180);

impl Provider {
    /// Whether the facts of this entry have to be compared with the vendor's documents anew.
    #[must_use]
    pub fn is_outdated(&self, today: Date) -> bool {
        today - self.checked > FACTS_LAST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalogue;

    #[test]
    fn facts_are_current_for_180_days() {
        let entry = catalogue().get("github").unwrap();
        assert!(!entry.is_outdated(entry.checked));
        assert!(!entry.is_outdated(entry.checked + Duration::days(180)));
        assert!(entry.is_outdated(entry.checked + Duration::days(181)));
    }
}
