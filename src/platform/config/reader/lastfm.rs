//! Whether and how Last.fm is read, and what a model may be told of music.

use time::Duration;

use super::Reader;
use crate::platform::config::LastfmSettings;

const BURST: &str = "LASTFM_BURST";
const PATIENCE: &str = "LASTFM_LONGEST_WAIT";

impl Reader<'_> {
    /// The key of the app by which people connect their accounts there reads as well.
    pub(super) fn lastfm(&mut self) -> LastfmSettings {
        let key = self.secret("LASTFM_API_KEY").or_else(|| self.text("LASTFM_CLIENT_ID").map(Into::into));
        let burst = self.parsed(BURST, 5_u32, "must be a number of calls, 1 to 1000");
        let seconds = self.parsed(PATIENCE, 60_u32, "must be a number of seconds, 1 to 3600");
        if !(1..=1_000).contains(&burst) {
            self.errors.add(BURST, "must be a number of calls, 1 to 1000");
        }
        if !(1..=3_600).contains(&seconds) {
            self.errors.add(PATIENCE, "must be a number of seconds, 1 to 3600");
        }
        LastfmSettings { key, burst, patience: Duration::seconds(seconds.into()) }
    }

    /// Spotify's Developer Policy (<https://developer.spotify.com/policy>, III) forbids it; whoever runs Aura may have
    /// another agreement.
    pub(super) fn models_see_spotify(&mut self) -> bool {
        match self.text("MUSIC_MODELS_SEE_SPOTIFY") {
            None | Some("off") => false,
            Some("on") => true,
            Some(_) => {
                self.errors.add("MUSIC_MODELS_SEE_SPOTIFY", "must be on or off");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::platform::config::Variables;

    fn read(pairs: &[(&str, &str)]) -> (Option<String>, u32, bool) {
        let variables: Variables =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut reader = Reader::new(&variables);
        let LastfmSettings { key, burst, .. } = reader.lastfm();
        let wrong = [BURST, PATIENCE].iter().any(|name| reader.errors.names(name));
        (key.map(|key| key.expose_secret().to_owned()), burst, wrong)
    }

    #[test]
    fn the_key_is_its_own_or_that_of_the_app() {
        assert_eq!(read(&[]), (None, 5, false));
        assert_eq!(read(&[("LASTFM_CLIENT_ID", "of-the-app")]).0.as_deref(), Some("of-the-app"));
        let both = [("LASTFM_CLIENT_ID", "of-the-app"), ("LASTFM_API_KEY", "its-own")];
        assert_eq!(read(&both).0.as_deref(), Some("its-own"));
        for wrong in [(BURST, "0"), (BURST, "many"), (PATIENCE, "0"), (PATIENCE, "4000")] {
            assert!(read(&[wrong]).2, "{wrong:?}");
        }
    }
}
