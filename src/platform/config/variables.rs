//! The raw variables: what the process was given, and below it the `.env` of the working directory.

use std::collections::BTreeMap;

/// Names and values. Holds secrets, so it has no `Debug`.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The environment of this process; a `.env` in the working directory fills what it leaves open, and never
    /// overrides it.
    #[must_use]
    pub fn of_the_process() -> Self {
        let mut variables = BTreeMap::new();
        if let Ok(file) = dotenvy::from_path_iter(".env") {
            variables.extend(file.flatten());
        }
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
        let environment = std::env::vars_os();
        variables.extend(
            environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        );
        Self(variables)
    }

    /// The value, trimmed; an empty one counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// What stands before `suffix` in the names that end with it: `GITHUB` for `GITHUB_CLIENT_ID`.
    pub(super) fn before(&self, suffix: &str) -> Vec<String> {
        self.0
            .keys()
            .filter_map(|name| name.strip_suffix(suffix))
            .filter(|before| !before.is_empty())
            .map(Into::into)
            .collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
