//! Which files of a form were refused, in the address of the page that says so.
//!
//! The names are the sender's own words. They are signed for the person, so that nobody else's words come to stand on
//! the page by a link.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};

use super::name;
use crate::{kit::id::UserId, platform::crypto::Keys};

const LABEL: &str = "refused files";
/// How many are named.
const MOST: usize = 5;
/// How much of a name is shown, in characters.
const SHOWN: usize = 80;

/// One file that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedFile {
    /// As it is shown.
    pub name: String,
    /// Why: the code of a refusal.
    pub code: String,
}

impl RefusedFile {
    /// None where nothing of the name can be shown.
    pub fn new(sent: &str, code: &str) -> Option<Self> {
        let name = name::clean(sent)?;
        let mut letters = name.chars();
        let shown: String = letters.by_ref().take(SHOWN).collect();
        let name = if letters.next().is_some() { format!("{shown}…") } else { shown };
        Some(Self { name, code: code.to_owned() })
    }
}

/// The first of them, as they stand in an address.
pub fn sign(keys: &Keys, user: UserId, files: &[RefusedFile]) -> String {
    let text = serde_json::to_vec(&files[..files.len().min(MOST)]).unwrap_or_default();
    let mac = keys.mac(LABEL, &[user.to_string().as_bytes(), &text]);
    format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(text), hex::encode(mac))
}

/// What was signed for this person; none where anything else stands in the address.
pub fn verify(keys: &Keys, user: UserId, signed: &str) -> Vec<RefusedFile> {
    let read = || {
        let (text, mac) = signed.split_once('.')?;
        let (text, mac) = (BASE64_URL_SAFE_NO_PAD.decode(text).ok()?, hex::decode(mac).ok()?);
        let ours = keys.verify(LABEL, &[user.to_string().as_bytes(), &text], &mac);
        ours.then(|| serde_json::from_slice(&text).ok())?
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{clock::Clock, random::Random};

    #[test]
    fn names_come_back_as_they_were_signed_and_to_nobody_else() {
        let keys = Keys::new("a secret of at least thirty-two bytes".to_owned().into(), None);
        let (now, random) = (Clock::system().now(), Random::seeded(1));
        let (mira, jonas): (UserId, UserId) = (random.id(now), random.id(now));
        let one = |name: &str| RefusedFile::new(name, "file_kind_not_taken").unwrap();
        let files = [one("../a.html"), one(&"ü".repeat(200))];
        assert_eq!((files[0].name.as_str(), files[1].name.chars().count()), ("a.html", SHOWN + 1));
        let signed = sign(&keys, mira, &files);
        assert_eq!(verify(&keys, mira, &signed), files);
        assert_eq!(verify(&keys, jonas, &signed), []);
        let (text, mac) = signed.split_once('.').unwrap();
        for changed in [String::new(), ".".to_owned(), text.to_owned(), format!("{text}."), format!("W10.{mac}")] {
            assert_eq!(verify(&keys, mira, &changed), [], "{changed}");
        }
        assert_eq!(
            verify(
                &keys,
                mira,
                &sign(
                    &keys,
                    mira,
                    &[
                        files[0].clone(),
                        files[0].clone(),
                        files[0].clone(),
                        files[0].clone(),
                        files[0].clone(),
                        files[0].clone()
                    ]
                )
            )
            .len(),
            MOST
        );
        assert_eq!(RefusedFile::new("..", "file_name_missing"), None);
    }
}
