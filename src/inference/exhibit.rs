//! Files that a person shows to a model, and which model reads which of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::platform::config::{ModelReads, ModelSettings, ModelWire};

/// About what a picture of the size in which it is shown costs, as vendors count it.
const TOKENS_OF_A_PICTURE: u64 = 1_600;
/// About how many bytes of a document make a token: a page has some hundred kilobytes and some thousand tokens.
const DOCUMENT_BYTES_OF_A_TOKEN: u64 = 50;

/// A file that a person shows to a model beside their words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exhibit {
    /// By which its owner finds it again: what is kept of a turn has no content.
    pub reference: String,
    /// As its owner calls it.
    pub name: String,
    /// What it is.
    pub kind: ExhibitKind,
    /// What is in it.
    #[serde(skip)]
    pub content: Arc<[u8]>,
}

/// What a model can be shown as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExhibitKind {
    /// A picture.
    Jpeg,
    /// A picture in which something shows through.
    Png,
    /// A document.
    Pdf,
}

impl ExhibitKind {
    pub(super) fn is_picture(self) -> bool {
        self != Self::Pdf
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// The word for it in a protocol that has no media types.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    /// About how many tokens a file of this size costs.
    #[must_use]
    pub fn estimated_tokens(self, bytes: u64) -> u64 {
        if self.is_picture() { TOKENS_OF_A_PICTURE } else { bytes / DOCUMENT_BYTES_OF_A_TOKEN }
    }
}

impl Exhibit {
    pub(super) fn estimated_tokens(&self) -> u64 {
        self.kind.estimated_tokens(self.content.len() as u64)
    }

    pub(super) fn base64(&self) -> String {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        BASE64_STANDARD.encode(&self.content)
    }

    pub(super) fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.kind.media_type(), self.base64())
    }
}

/// What a model reads beside text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Pictures.
    pub pictures: bool,
    /// The largest PDF, in bytes; none: it reads no PDF.
    pub documents: Option<u64>,
}

/// Models that read nothing but text, by a part of their names. All others are taken to see: whoever runs one that does
/// not says so by a setting.
const BLIND: [&str; 27] = [
    "gpt-3.5",
    "gpt-oss",
    "o1-mini",
    "o1-preview",
    "o3-mini",
    "deepseek",
    "codestral",
    "devstral",
    "ministral",
    "mixtral",
    "mistral-7b",
    "mistral-nemo",
    "llama-2",
    "llama2",
    "llama-3-",
    "llama3-",
    "llama-3.1",
    "llama3-1",
    "llama-3.3",
    "llama3-3",
    "nova-micro",
    "titan-text",
    "command-r",
    "claude-2",
    "claude-instant",
    "claude-v2",
    "qwen2.5-coder",
];
/// Models that see pictures and read no documents.
const WITHOUT_DOCUMENTS: [&str; 3] = ["claude-3-haiku", "claude-3-sonnet", "claude-3-opus"];
/// A request to Anthropic has 32 MB at most, and what is sent grows by a third
/// (<https://docs.anthropic.com/en/docs/build-with-claude/pdf-support>).
const ANTHROPIC_DOCUMENT: u64 = 20 * 1024 * 1024;
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html>
const BEDROCK_DOCUMENT: u64 = 4_500_000;
/// <https://platform.openai.com/docs/guides/pdf-files>: 50 MB, in what is sent.
const OPENAI_DOCUMENT: u64 = 32 * 1024 * 1024;

/// What a model of these settings reads.
pub(super) fn sight(settings: &ModelSettings, model: &str) -> Sight {
    let largest = match settings.wire {
        ModelWire::Responses => Some(OPENAI_DOCUMENT),
        ModelWire::Anthropic => Some(ANTHROPIC_DOCUMENT),
        ModelWire::Bedrock => Some(BEDROCK_DOCUMENT),
        // Of those who speak it, this one alone is known to take documents.
        ModelWire::Chat => {
            let host = Url::parse(&settings.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
            (host.as_deref() == Some("api.openai.com")).then_some(OPENAI_DOCUMENT)
        }
    };
    let name = model.to_ascii_lowercase();
    let is_in = |known: &[&str]| known.iter().any(|part| name.contains(part));
    match settings.reads {
        ModelReads::Text => Sight::default(),
        ModelReads::Pictures => Sight { pictures: true, documents: None },
        ModelReads::Documents => Sight { pictures: true, documents: largest.or(Some(OPENAI_DOCUMENT)) },
        ModelReads::ByName if is_in(&BLIND) => Sight::default(),
        ModelReads::ByName => Sight { pictures: true, documents: largest.filter(|_| !is_in(&WITHOUT_DOCUMENTS)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::BedrockSettings;

    fn of(wire: ModelWire, base_url: &str, model: &str, reads: ModelReads) -> (bool, bool) {
        let settings = ModelSettings {
            wire,
            api_key: "k".into(),
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            fallbacks: Vec::new(),
            background: false,
            reads,
            bedrock: BedrockSettings { region: "eu-central-1".into(), keys: None },
        };
        let Sight { pictures, documents } = sight(&settings, model);
        (pictures, documents.is_some())
    }

    #[test]
    fn what_a_model_reads_is_told_by_its_name_its_address_and_a_setting() {
        let (openai, other) = ("https://api.openai.com/v1", "https://models.example/v1");
        for (wire, base, model, reads, expected) in [
            (ModelWire::Responses, openai, "gpt-4o-mini", ModelReads::ByName, (true, true)),
            (ModelWire::Chat, openai, "gpt-4o-mini", ModelReads::ByName, (true, true)),
            (ModelWire::Chat, other, "pixtral", ModelReads::ByName, (true, false)),
            (ModelWire::Chat, other, "deepseek/DeepSeek-V3", ModelReads::ByName, (false, false)),
            (ModelWire::Anthropic, "https://api.anthropic.com/v1", "claude-3-haiku", ModelReads::ByName, (true, false)),
            (ModelWire::Bedrock, other, "eu.anthropic.claude-sonnet-5", ModelReads::ByName, (true, true)),
            (ModelWire::Bedrock, other, "amazon.nova-micro-v1:0", ModelReads::ByName, (false, false)),
            (ModelWire::Responses, openai, "gpt-4o-mini", ModelReads::Text, (false, false)),
            (ModelWire::Responses, openai, "gpt-4o-mini", ModelReads::Pictures, (true, false)),
            (ModelWire::Chat, other, "mixtral", ModelReads::Documents, (true, true)),
        ] {
            assert_eq!(of(wire, base, model, reads), expected, "{model} {reads:?}");
        }
    }
}
