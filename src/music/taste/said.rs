//! What a model said, as JSON of one shape.
//!
//! One rule makes up for habits: what stands before the first `{` and after the last `}` is left out, such as the fence of
//! a code block. All else has to be as it was asked for: an unknown field refuses the answer.

use serde::{Deserialize, de::DeserializeOwned};

/// An analysis or a bio.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub text: String,
}

/// Captions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Captions {
    pub captions: Vec<Caption>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Caption {
    /// As `a1`.
    pub artist: String,
    pub text: String,
}

/// A guess at an age.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guess {
    pub age: u8,
    pub reason: String,
}

/// The one object in what was said; or why there is none.
pub(super) fn object<T: DeserializeOwned>(said: &str) -> Result<T, String> {
    let start = said.find('{').ok_or("There is no JSON object.")?;
    let end = said.rfind('}').filter(|end| *end > start).ok_or("The JSON object does not end.")?;
    serde_json::from_str(&said[start..=end]).map_err(|error| format!("The JSON is not as it was asked for: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_left_out_and_nothing_else_is_guessed() {
        for said in ["{\"text\":\"x\"}", "```json\n{\"text\":\"x\"}\n```", "Here it is: {\"text\":\"x\"} Enjoy!"] {
            assert_eq!(object::<Text>(said).unwrap().text, "x", "{said}");
        }
        for said in
            ["", "x", "{", "}{", "{\"text\":\"x\",\"more\":1}", "{\"text\":1}", "{} {\"text\":\"x\"}", "[\"x\"]"]
        {
            assert!(object::<Text>(said).is_err(), "{said}");
        }
    }
}
