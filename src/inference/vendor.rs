//! Who gets what a model is asked: the operator that the settings name.

use url::Url;

use crate::platform::config::{ModelSettings, ModelWire};

/// The operator of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// What people know it by; where we have no name, its host.
    pub name: String,
    /// The model that answers.
    pub model: String,
    /// Those that answer in its place.
    pub instead: Vec<String>,
    /// The same for as long as the same ones get it: the protocol, the host, and whose models they are where the host
    /// has those of several.
    pub mark: String,
    keeps: Keeps,
}

/// What the operator keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    /// It is asked to keep nothing.
    Nothing,
    /// Answers, because a setting asks for it.
    Answers,
    /// What its terms say; the protocol has no word for it.
    ByItsTerms,
}

impl Vendor {
    /// Whom these settings name.
    #[must_use]
    pub fn of(settings: &ModelSettings) -> Self {
        let host = Url::parse(&settings.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let host = host.unwrap_or_default();
        let (wire, keeps) = match settings.wire {
            ModelWire::Chat => ("chat", Keeps::ByItsTerms),
            ModelWire::Responses if settings.background => ("responses", Keeps::Answers),
            ModelWire::Responses => ("responses", Keeps::Nothing),
            ModelWire::Anthropic => ("anthropic", Keeps::ByItsTerms),
            ModelWire::Bedrock => ("bedrock", Keeps::ByItsTerms),
        };
        let all = std::iter::once(&settings.model).chain(&settings.fallbacks);
        let mut makers: Vec<&str> = all.filter_map(|model| maker(model, settings.wire)).collect();
        makers.sort_unstable();
        makers.dedup();
        Self {
            name: name(&host).map_or_else(|| host.clone(), str::to_owned),
            model: settings.model.clone(),
            instead: settings.fallbacks.clone(),
            mark: [&[wire, &host], makers.as_slice()].concat().join(" "),
            keeps,
        }
    }

    /// The models, as a person reads them.
    #[must_use]
    pub fn models(&self) -> String {
        match self.instead.as_slice() {
            [] => self.model.clone(),
            instead => format!("{} (in its place {})", self.model, instead.join(" or ")),
        }
    }

    /// What the operator keeps of what it is asked, as a sentence.
    #[must_use]
    pub fn kept(&self) -> String {
        let name = &self.name;
        match self.keeps {
            Keeps::Nothing => format!("Aura asks {name} to store nothing of it (store: false)."),
            Keeps::Answers => format!(
                "{name} stores the questions and answers, because this installation lets answers go on there when its \
                 own server stops (MODEL_BACKGROUND)."
            ),
            Keeps::ByItsTerms => format!(
                "Aura does not ask {name} to store any of it. What it keeps all the same is a matter of its terms with \
                 whoever runs this installation."
            ),
        }
    }
}

/// Operators by their hosts.
fn name(host: &str) -> Option<&'static str> {
    let known = [
        ("api.openai.com", "OpenAI"),
        ("api.anthropic.com", "Anthropic"),
        ("generativelanguage.googleapis.com", "Google"),
        ("api.mistral.ai", "Mistral AI"),
        ("api.groq.com", "Groq"),
        ("api.deepseek.com", "DeepSeek"),
        ("api.x.ai", "xAI"),
        ("api.together.xyz", "Together AI"),
        ("openrouter.ai", "OpenRouter"),
    ];
    let by_host = known.iter().find(|(known, _)| *known == host).map(|(_, name)| *name);
    let by_end = || match host {
        host if host.ends_with(".openai.azure.com") => Some("Microsoft Azure"),
        host if host.starts_with("bedrock") && host.ends_with(".amazonaws.com") => Some("Amazon Bedrock"),
        _ => None,
    };
    by_host.or_else(by_end)
}

/// Whose model it is, where its name says so: `anthropic/claude-x`, `eu.anthropic.claude-x` at Bedrock.
fn maker(model: &str, wire: ModelWire) -> Option<&str> {
    if wire == ModelWire::Bedrock {
        return model.split('.').find(|part| part.len() > 3 && *part != "apac" && *part != "global");
    }
    model.split_once('/').map(|(maker, _)| maker)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::platform::config::{BedrockSettings, ModelReads};

    fn vendor(wire: ModelWire, base_url: &str, models: &[&str]) -> Vendor {
        let (model, fallbacks) = models.split_first().unwrap();
        Vendor::of(&ModelSettings {
            wire,
            api_key: SecretString::from("k"),
            base_url: base_url.to_owned(),
            model: (*model).to_owned(),
            fallbacks: fallbacks.iter().map(|model| (*model).to_owned()).collect(),
            background: false,
            reads: ModelReads::ByName,
            bedrock: BedrockSettings { region: "eu-central-1".into(), keys: None },
        })
    }

    #[test]
    fn an_operator_has_a_name_and_a_mark_that_changes_with_it_alone() {
        let openai = vendor(ModelWire::Responses, "https://api.openai.com/v1", &["gpt-4o-mini", "gpt-6-luna"]);
        assert_eq!(
            (openai.name.as_str(), openai.models().as_str()),
            ("OpenAI", "gpt-4o-mini (in its place gpt-6-luna)")
        );
        assert!(openai.kept().contains("store: false"));
        let newer = vendor(ModelWire::Responses, "https://api.openai.com/v1", &["gpt-6-luna"]);
        assert_eq!(openai.mark, newer.mark, "another model of the same operator is no other operator");
        let others = [
            vendor(ModelWire::Chat, "https://api.openai.com/v1", &["gpt-4o-mini"]),
            vendor(ModelWire::Chat, "https://models.example/v1", &["gpt-4o-mini"]),
            vendor(ModelWire::Chat, "https://openrouter.ai/api/v1", &["openai/gpt-4o"]),
            vendor(ModelWire::Chat, "https://openrouter.ai/api/v1", &["openai/gpt-4o", "deepseek/v3"]),
            vendor(
                ModelWire::Bedrock,
                "https://bedrock-runtime.eu-central-1.amazonaws.com",
                &["eu.anthropic.claude-5"],
            ),
            vendor(ModelWire::Bedrock, "https://bedrock-runtime.eu-central-1.amazonaws.com", &["amazon.nova-pro-v1:0"]),
        ];
        let mut marks: Vec<&str> =
            others.iter().map(|vendor| vendor.mark.as_str()).chain([openai.mark.as_str()]).collect();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), others.len() + 1, "{marks:?}");
        assert_eq!(others[1].name, "models.example");
        assert_eq!(others[4].name, "Amazon Bedrock");
        assert!(others[4].mark.ends_with(" anthropic"), "{}", others[4].mark);
    }
}
