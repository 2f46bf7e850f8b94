//! OpenAI's Responses: `POST {base}/responses` answered by numbered events. With `background` the operator keeps the
//! answer, so that whoever loses the line asks for the rest by number. The types are our own and forgiving: events of
//! kinds that nobody here knows are passed over.

mod events;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_openai::{Client, config::OpenAIConfig, traits::RequestOptionsBuilder as _, types::stream::StreamResponse};
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Failure, Way, Wire, client, stream::follow};
use crate::{
    inference::{Events, Exhibit, ModelError, Reference, ToolSpec, Turn, TurnMessage},
    platform::http::{Http, Request},
};
use events::{Event, Reader};

/// How long the wish to end an answer may take.
const CANCEL: Duration = Duration::from_secs(5);

/// Models that have been seen to reason: these are asked for what they thought, which others refuse.
#[derive(Clone, Default)]
struct Thinkers(Arc<Mutex<BTreeSet<String>>>);

impl Thinkers {
    fn knows(&self, model: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(model)
    }

    fn note(&self, model: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned());
    }
}

pub(super) struct Responses {
    client: Client<OpenAIConfig>,
    http: Http,
    base: String,
    key: SecretString,
    background: bool,
    patience: Duration,
    thinkers: Thinkers,
}

impl Responses {
    pub(super) fn new(way: &Way<'_>) -> Self {
        Self {
            client: client::client(way),
            http: way.http.clone(),
            base: way.settings.base_url.clone(),
            key: way.settings.api_key.clone(),
            background: way.settings.background,
            patience: way.patience,
            thinkers: Thinkers::default(),
        }
    }

    fn events(&self, model: &str, stream: StreamResponse<Event>, place: Option<Reference>) -> Events {
        let mut reader = Reader::new(model, self.background, place, self.thinkers.clone());
        follow(client::messages(stream), self.patience, move |event| reader.read(event))
    }
}

#[async_trait]
impl Wire for Responses {
    async fn ask(&self, model: &str, turn: &Turn) -> Result<Events, Failure> {
        let request = request(model, turn, self.background, self.thinkers.knows(model));
        let stream: StreamResponse<Event> = self
            .client
            .responses()
            .create_stream_byot(request)
            .await
            .map_err(|error| client::trouble(error).into_failure(model))?;
        Ok(self.events(model, stream, None))
    }

    async fn resume(&self, model: &str, response: &str, after: u64) -> Result<Events, Failure> {
        let gone = |failure: Failure| match failure.error {
            ModelError::NotFound(_) | ModelError::Rejected(_) => ModelError::CannotResume.into(),
            _ => failure,
        };
        let stream: StreamResponse<Event> = self
            .client
            .responses()
            .query(&[("starting_after", after)])
            .map_err(|_| ModelError::CannotResume)?
            .retrieve_stream_byot(safe(response)?)
            .await
            .map_err(|error| gone(client::trouble(error).into_failure(model)))?;
        Ok(self.events(model, stream, Some(Reference { response: response.to_owned(), sequence: after })))
    }

    async fn cancel(&self, response: &str) -> Result<(), Failure> {
        let address = format!("{}/responses/{}/cancel", self.base, safe(response)?);
        let url = Url::parse(&address).map_err(|_| ModelError::CannotResume)?;
        let request = Request::new(reqwest::Method::POST, url).json(json!({})).bearer(self.key.clone());
        let answer = self.http.send(request.deadline(CANCEL)).await.map_err(|_| ModelError::Unavailable)?;
        match answer.status {
            200..=299 => Ok(()),
            408 | 429 | 500..=599 => Err(ModelError::Unavailable.into()),
            // It is over, or never was.
            _ => Err(ModelError::CannotResume.into()),
        }
    }

    async fn models(&self) -> Result<Option<Value>, ModelError> {
        client::list(&self.http, &self.base, |request| request.bearer(self.key.clone())).await.map(Some)
    }
}

/// A name that stands in a path.
fn safe(response: &str) -> Result<&str, ModelError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !response.is_empty() && response.len() <= 256 && response.bytes().all(plain) {
        Ok(response)
    } else {
        Err(ModelError::CannotResume)
    }
}

/// The body. Nothing is kept there, unless the answer is to survive a crash of ours. `temperature`, `top_p` and
/// `max_output_tokens` are left out: newer models refuse the first two, and the last cuts what they think.
fn request(model: &str, turn: &Turn, background: bool, reasons: bool) -> Value {
    let mut body = json!({
        "model": model,
        "instructions": turn.system,
        "input": turn.messages.iter().flat_map(|message| items(message, model)).collect::<Vec<_>>(),
        "stream": true,
        "store": background,
    });
    if background {
        body["background"] = true.into();
    }
    if reasons {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    if !turn.tools.is_empty() {
        body["tools"] = turn.tools.iter().map(tool).collect();
    }
    body
}

fn items(message: &TurnMessage, model: &str) -> Vec<Value> {
    match message {
        TurnMessage::Person(text) => vec![json!({ "role": "user", "content": text })],
        TurnMessage::Shown { text, exhibits } => {
            let words = (!text.trim().is_empty()).then(|| json!({ "type": "input_text", "text": text }));
            let parts: Vec<Value> = exhibits.iter().map(shown).chain(words).collect();
            vec![json!({ "role": "user", "content": parts })]
        }
        TurnMessage::Assistant { text, calls } => {
            let said = (!text.is_empty() || calls.is_empty()).then(|| json!({ "role": "assistant", "content": text }));
            let calls = calls.iter().map(|call| {
                json!({
                    "type": "function_call",
                    "call_id": call.id,
                    "name": call.name,
                    "arguments": call.arguments,
                })
            });
            said.into_iter().chain(calls).collect()
        }
        TurnMessage::ToolResult { call, content } => {
            vec![json!({ "type": "function_call_output", "call_id": call, "output": content })]
        }
        // Another model cannot open it, and refuses the question for it.
        TurnMessage::Reasoning(reasoning) if reasoning.model == model => vec![reasoning.item.clone()],
        TurnMessage::Reasoning(_) => Vec::new(),
    }
}

fn shown(exhibit: &Exhibit) -> Value {
    if exhibit.kind.is_picture() {
        return json!({ "type": "input_image", "image_url": exhibit.data_url(), "detail": "auto" });
    }
    json!({ "type": "input_file", "filename": exhibit.name, "file_data": exhibit.data_url() })
}

fn tool(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        // The schemas are the services' own; strict mode takes only a part of what a schema may say.
        "strict": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::{Call, Reasoning};

    fn turn() -> Turn {
        let reasoning = |model: &str| {
            let item = json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed" });
            TurnMessage::Reasoning(Reasoning { model: model.into(), item })
        };
        Turn {
            system: "s".into(),
            messages: vec![
                TurnMessage::Person("p".into()),
                reasoning("m"),
                reasoning("other"),
                TurnMessage::Assistant {
                    text: String::new(),
                    calls: vec![Call { id: "call_1".into(), name: "t".into(), arguments: "{}".into() }],
                },
                TurnMessage::ToolResult { call: "call_1".into(), content: "r".into() },
            ],
            tools: vec![],
        }
    }

    #[test]
    fn nothing_is_kept_there_and_no_knob_is_set() {
        let body = request("m", &turn(), false, false);
        assert_eq!((&body["store"], &body["stream"]), (&json!(false), &json!(true)));
        for knob in ["temperature", "top_p", "max_tokens", "max_output_tokens", "tools", "background", "include"] {
            assert!(body.get(knob).is_none(), "{knob}");
        }
        let kept = request("m", &turn(), true, true);
        assert_eq!((&kept["store"], &kept["background"]), (&json!(true), &json!(true)));
        assert_eq!(kept["include"], json!(["reasoning.encrypted_content"]));
    }

    #[test]
    fn a_model_gets_its_own_thoughts_back_and_no_others() {
        let body = request("m", &turn(), false, true);
        let kinds: Vec<_> = body["input"].as_array().unwrap().iter().map(|item| item["type"].clone()).collect();
        assert_eq!(kinds, [json!(null), json!("reasoning"), json!("function_call"), json!("function_call_output")]);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        assert_eq!(safe("resp_0a-b"), Ok("resp_0a-b"));
        for name in ["", "../models", "resp?x=1", "a/b", "é"] {
            assert_eq!(safe(name), Err(ModelError::CannotResume), "{name}");
        }
    }
}
