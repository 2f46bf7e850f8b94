//! What may be done with what a source told. Each rule is the source's own word; where a source says nothing, the data is
//! the person's, who may do with it what they like.

use super::source::SourceKind;

/// Whether something may be shown to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Public {
    /// As it is.
    Yes,
    /// With the source's name beside it.
    Named,
}

/// What one source lets be done with what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether it may stand in what a model is asked.
    pub ai: bool,
    /// Whether it may be brought to another service.
    pub export: bool,
    /// Whether it may be counted together with what others tell.
    pub mix: bool,
    /// Whether everybody may see it.
    pub public: Public,
}

const FREE: Policy = Policy { ai: true, export: true, mix: true, public: Public::Yes };

/// The policy of a source.
///
/// What Spotify's API tells keeps to Spotify's Developer Policy and Developer Terms
/// (<https://developer.spotify.com/policy>, <https://developer.spotify.com/terms>): it is put into no model, brought to no
/// other service, and shown with Spotify's name. A file that a person had sent by Spotify is the person's copy of their
/// own data (GDPR, article 20), and so are Last.fm's and ListenBrainz's.
#[must_use]
pub fn of(kind: SourceKind) -> Policy {
    match kind {
        SourceKind::Spotify => Policy { ai: false, export: false, mix: false, public: Public::Named },
        // «Powered by Last.fm» stands where its data is shown: https://www.last.fm/api/tos
        SourceKind::Lastfm => Policy { public: Public::Named, ..FREE },
        SourceKind::SpotifyFile
        | SourceKind::SpotifyAccountFile
        | SourceKind::LastfmFile
        | SourceKind::ListenbrainzFile => FREE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_spotifys_api_tells_stays_out_of_models_and_other_services() {
        for kind in SourceKind::ALL {
            let free = kind != SourceKind::Spotify;
            let Policy { ai, export, mix, .. } = of(kind);
            assert_eq!((ai, export, mix), (free, free, free), "{kind:?}");
        }
        assert_eq!(of(SourceKind::Spotify).public, Public::Named);
    }
}
