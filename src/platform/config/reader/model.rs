//! The language model: where it is, how it is spoken to, and who answers when it is away.

use secrecy::SecretString;
use url::Url;

use super::{Reader, list};
use crate::platform::config::{BedrockKeys, BedrockSettings, ModelReads, ModelSettings, ModelWire};

const KEY: &str = "OPENAI_API_KEY";
const BASE: &str = "OPENAI_BASE_URL";
const MODEL: &str = "OPENAI_MODEL";
const FALLBACKS: &str = "MODEL_FALLBACKS";
const WIRE: &str = "MODEL_WIRE";
const BACKGROUND: &str = "MODEL_BACKGROUND";
const READS: &str = "MODEL_READS";
const REGION: &str = "BEDROCK_REGION";
const KEY_ID: &str = "BEDROCK_ACCESS_KEY_ID";
const SECRET: &str = "BEDROCK_SECRET_ACCESS_KEY";

/// Which model answers where nobody has named one, and which one after it: the first is shut down on 2027-01-14, and its
/// operator names the second to replace it.
const USUAL: (&str, &str) = ("gpt-4o-mini", "gpt-6-luna");

impl Reader<'_> {
    pub(super) fn model(&mut self) -> Option<ModelSettings> {
        let named = match self.text(WIRE) {
            None | Some("auto") => None,
            Some("chat") => Some(ModelWire::Chat),
            Some("responses") => Some(ModelWire::Responses),
            Some("anthropic") => Some(ModelWire::Anthropic),
            Some("bedrock") => Some(ModelWire::Bedrock),
            Some(_) => {
                self.errors.add(WIRE, "must be auto, chat, responses, anthropic or bedrock");
                None
            }
        };
        let region = self.region();
        let usual = if named == Some(ModelWire::Bedrock) {
            format!("https://bedrock-runtime.{region}.amazonaws.com")
        } else {
            "https://api.openai.com/v1".to_owned()
        };
        let base_url = self.text(BASE).unwrap_or(&usual).trim_end_matches('/').to_owned();
        let host = match Url::parse(&base_url) {
            Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && self.development()) => {
                url.host_str().unwrap_or_default().to_owned()
            }
            Ok(_) => {
                self.errors.add(BASE, "must begin with https://");
                String::new()
            }
            Err(_) => {
                self.errors.add(BASE, "is not an address; write it as https://host/v1");
                String::new()
            }
        };
        let wire = named.unwrap_or(match host.as_str() {
            "api.openai.com" => ModelWire::Responses,
            "api.anthropic.com" => ModelWire::Anthropic,
            _ => ModelWire::Chat,
        });
        let background = self.background(wire);
        let reads = self.reads();
        let keys = self.bedrock_keys();
        let api_key = self.secret(KEY);
        let on = api_key.is_some() || (wire == ModelWire::Bedrock && keys.is_some());
        if !on {
            return None;
        }
        let model = self.text(MODEL);
        if model.is_none() && matches!(wire, ModelWire::Anthropic | ModelWire::Bedrock) {
            self.errors.add(MODEL, "is not set; name a model that this address has");
        }
        let usual = if model.is_none() { vec![USUAL.1.to_owned()] } else { Vec::new() };
        let mut fallbacks = self.text(FALLBACKS).map_or(usual, list);
        let model = model.unwrap_or(USUAL.0).to_owned();
        fallbacks.retain(|other| *other != model);
        Some(ModelSettings {
            wire,
            api_key: api_key.unwrap_or_else(|| SecretString::from("")),
            base_url,
            model,
            fallbacks,
            background,
            reads,
            bedrock: BedrockSettings { region, keys },
        })
    }

    fn reads(&mut self) -> ModelReads {
        match self.text(READS) {
            None | Some("auto") => ModelReads::ByName,
            Some("text") => ModelReads::Text,
            Some("pictures") => ModelReads::Pictures,
            Some("documents") => ModelReads::Documents,
            Some(_) => {
                self.errors.add(READS, "must be auto, text, pictures or documents");
                ModelReads::ByName
            }
        }
    }

    fn background(&mut self, wire: ModelWire) -> bool {
        match self.text(BACKGROUND) {
            None | Some("off") => false,
            Some("on") if wire == ModelWire::Responses => true,
            Some("on") => {
                self.errors.add(BACKGROUND, "can be on only where MODEL_WIRE is responses: no other protocol has it");
                false
            }
            Some(_) => {
                self.errors.add(BACKGROUND, "must be on or off");
                false
            }
        }
    }

    fn region(&mut self) -> String {
        let region = self.text(REGION).unwrap_or("us-east-1");
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(3..=30).contains(&region.len()) || !region.bytes().all(plain) {
            self.errors.add(REGION, "must be a region of AWS, such as us-east-1");
        }
        region.to_owned()
    }

    fn bedrock_keys(&mut self) -> Option<BedrockKeys> {
        match (self.secret(KEY_ID), self.secret(SECRET)) {
            (Some(id), Some(secret)) => {
                Some(BedrockKeys { id: secrecy::ExposeSecret::expose_secret(&id).to_owned(), secret })
            }
            (None, None) => None,
            _ => {
                self.errors
                    .add(SECRET, "BEDROCK_ACCESS_KEY_ID and BEDROCK_SECRET_ACCESS_KEY go together; set both or none");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::config::Variables;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Option<ModelSettings>, Vec<&'static str>) {
        let variables: Variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut reader = Reader::new(&variables);
        let settings = reader.model();
        let names = [KEY, BASE, MODEL, FALLBACKS, WIRE, BACKGROUND, REGION, SECRET];
        (settings, names.into_iter().filter(|name| reader.errors.names(name)).collect())
    }

    fn wire(base: &str) -> ModelWire {
        read(&[(KEY, "k"), (BASE, base), (MODEL, "m")]).0.unwrap().wire
    }

    #[test]
    fn the_address_decides_how_it_is_spoken_to() {
        assert_eq!(read(&[(KEY, "k")]).0.unwrap().wire, ModelWire::Responses);
        assert_eq!(wire("https://api.openai.com/v1/"), ModelWire::Responses);
        assert_eq!(wire("https://api.anthropic.com/v1"), ModelWire::Anthropic);
        assert_eq!(wire("https://openrouter.ai/api/v1"), ModelWire::Chat);
        assert_eq!(wire("https://api.openai.com.evil.example/v1"), ModelWire::Chat);
        assert_eq!(read(&[(KEY, "k"), (WIRE, "chat")]).0.unwrap().wire, ModelWire::Chat);
    }

    #[test]
    fn the_usual_model_is_never_the_only_one() {
        let names = |variables: &[(&str, &str)]| {
            let settings = read(variables).0.unwrap();
            [vec![settings.model], settings.fallbacks].concat()
        };
        assert_eq!(names(&[(KEY, "k")]), ["gpt-4o-mini", "gpt-6-luna"]);
        assert_eq!(names(&[(KEY, "k"), (MODEL, "m")]), ["m"], "who names a model decides");
        assert_eq!(names(&[(KEY, "k"), (FALLBACKS, "a, gpt-4o-mini,b")]), ["gpt-4o-mini", "a", "b"]);
    }

    #[test]
    fn bedrock_has_keys_of_its_own() {
        let bedrock = |more: &[(&'static str, &'static str)]| {
            let mut variables = vec![(WIRE, "bedrock"), (MODEL, "m"), (REGION, "eu-central-1")];
            variables.extend(more);
            read(&variables)
        };
        let files = [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "y")];
        assert!(bedrock(&files).0.is_none(), "the keys of the files are not the model's");
        let settings = bedrock(&[(KEY_ID, "x"), (SECRET, "y")]).0.unwrap();
        assert_eq!(settings.base_url, "https://bedrock-runtime.eu-central-1.amazonaws.com");
        assert!(settings.bedrock.keys.is_some());
        assert!(bedrock(&[(KEY, "k")]).0.unwrap().bedrock.keys.is_none());
        assert_eq!(bedrock(&[(KEY_ID, "x")]).1, [SECRET]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (variables, wrong) in [
            (&[(KEY, "k"), (WIRE, "grpc")][..], WIRE),
            (&[(KEY, "k"), (BASE, "http://m.example/v1")], BASE),
            (&[(KEY, "k"), (BASE, "m")], BASE),
            (&[(KEY, "k"), (BACKGROUND, "yes")], BACKGROUND),
            (&[(KEY, "k"), (WIRE, "chat"), (BACKGROUND, "on")], BACKGROUND),
            (&[(KEY, "k"), (WIRE, "anthropic")], MODEL),
            (&[(REGION, "evil.example/")], REGION),
        ] {
            assert_eq!(read(variables).1, [wrong], "{variables:?}");
        }
        assert!(read(&[(KEY, "k"), (BACKGROUND, "on")]).0.unwrap().background);
    }
}
