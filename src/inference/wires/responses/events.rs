//! What the numbered events of Responses say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Thinkers;
use crate::inference::{
    FinishReason, ModelError, ModelEvent, Reasoning, Reference, ToolCallPart,
    wires::{
        stream::{Told, count, usage},
        transport::in_stream,
    },
};

/// One event; each kind fills some of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    #[serde(rename = "type")]
    kind: String,
    sequence_number: Option<u64>,
    output_index: Option<u32>,
    delta: Option<Value>,
    arguments: Option<Value>,
    item: Option<Value>,
    response: Option<Reply>,
    error: Option<Value>,
    code: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    id: Option<String>,
    output: Option<Vec<Value>>,
    usage: Option<Usage>,
    error: Option<Value>,
    incomplete_details: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(deserialize_with = "count")]
    input_tokens: u64,
    #[serde(deserialize_with = "count")]
    output_tokens: u64,
}

/// A call in the making.
#[derive(Default)]
struct Begun {
    id: Option<String>,
    name: Option<String>,
    arguments: String,
    told: bool,
}

/// Reads one stream.
pub(super) struct Reader {
    model: String,
    /// Whether the operator keeps the answer, and under which name.
    kept: bool,
    response: Option<String>,
    thinkers: Thinkers,
    calls: BTreeMap<u32, Begun>,
    /// Whether any text came piece by piece.
    spoke: bool,
}

impl Reader {
    pub(super) fn new(model: &str, kept: bool, place: Option<Reference>, thinkers: Thinkers) -> Self {
        // An answer that is gone on with may have had all of its text before.
        let spoke = place.as_ref().is_some_and(|place| place.sequence > 0);
        let response = place.map(|place| place.response);
        Self { model: model.to_owned(), kept, response, thinkers, calls: BTreeMap::new(), spoke }
    }

    pub(super) fn read(&mut self, event: Event) -> Told {
        let sequence = event.sequence_number;
        let mut told = self.tell(event);
        if let (true, Some(response), Some(sequence)) = (self.kept, &self.response, sequence)
            && self.calls.is_empty()
            && told.iter().all(|piece| matches!(piece, Ok(ModelEvent::Text(_))))
        {
            // From a call on nothing is noted: a call whose first half was told is worth nothing without it.
            told.push(Ok(ModelEvent::Reference(Reference { response: response.clone(), sequence })));
        }
        told
    }

    fn tell(&mut self, event: Event) -> Told {
        let index = event.output_index.unwrap_or(0);
        match event.kind.as_str() {
            "response.created" | "response.queued" | "response.in_progress" => {
                self.response = event.response.and_then(|reply| reply.id).or(self.response.take());
                Vec::new()
            }
            "response.output_text.delta" | "response.refusal.delta" => match event.delta {
                Some(Value::String(text)) if !text.is_empty() => {
                    self.spoke = true;
                    vec![Ok(ModelEvent::Text(text))]
                }
                _ => Vec::new(),
            },
            "response.output_item.added" => {
                self.begun(index, event.item.as_ref());
                Vec::new()
            }
            "response.function_call_arguments.delta" => {
                let more = event.delta.as_ref().map(written).unwrap_or_default();
                self.calls.entry(index).or_default().arguments.push_str(&more);
                Vec::new()
            }
            "response.function_call_arguments.done" => {
                if let Some(whole) = event.arguments.as_ref().map(written) {
                    self.calls.entry(index).or_default().arguments = whole;
                }
                Vec::new()
            }
            "response.output_item.done" => self.item(index, event.item),
            "response.completed" => self.end(event.response.unwrap_or_default(), FinishReason::Complete),
            "response.incomplete" => {
                let reply = event.response.unwrap_or_default();
                let why = reply.incomplete_details.as_ref().and_then(|details| details["reason"].as_str());
                let reason = FinishReason::from_wire(why.unwrap_or("length"));
                self.end(reply, reason)
            }
            "response.cancelled" => vec![Err(ModelError::CutOff)],
            "response.failed" => {
                vec![Err(event
                    .response
                    .and_then(|reply| reply.error)
                    .map_or(ModelError::Unavailable, |error| in_stream(&error)))]
            }
            "error" => {
                let error = event.error.filter(|error| error.is_object());
                let error = error.unwrap_or_else(|| serde_json::json!({ "code": event.code }));
                vec![Err(in_stream(&error))]
            }
            // A few servers send an error as they do in the other protocol.
            "" => {
                event.error.filter(|error| !error.is_null()).map(|error| Err(in_stream(&error))).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Notes what is known of a call; false where the item is none.
    fn begun(&mut self, index: u32, item: Option<&Value>) -> bool {
        let Some(item) = item.filter(|item| item["type"] == "function_call") else { return false };
        let call = self.calls.entry(index).or_default();
        let text = |name: &str| item[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        call.id = text("call_id").or(text("id")).or(call.id.take());
        call.name = text("name").or(call.name.take());
        let whole = written(&item["arguments"]);
        if !whole.is_empty() {
            call.arguments = whole;
        }
        true
    }

    fn item(&mut self, index: u32, item: Option<Value>) -> Told {
        if self.begun(index, item.as_ref()) {
            return self.calls.get_mut(&index).and_then(|call| call.told(index)).into_iter().collect();
        }
        match item {
            Some(item) if item["type"] == "reasoning" => {
                self.thinkers.note(&self.model);
                let sealed = item["encrypted_content"].is_string();
                let reasoning = Reasoning { model: self.model.clone(), item };
                sealed.then_some(Ok(ModelEvent::Reasoning(reasoning))).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn end(&mut self, reply: Reply, reason: FinishReason) -> Told {
        let mut told: Told = Vec::new();
        // Servers that only look like this one may tell everything at the end.
        if !self.spoke && self.calls.is_empty() {
            for (index, item) in (0..).zip(reply.output.unwrap_or_default()) {
                for part in item["content"].as_array().into_iter().flatten() {
                    let text = part["text"].as_str().or(part["refusal"].as_str()).unwrap_or_default();
                    if !text.is_empty() {
                        told.push(Ok(ModelEvent::Text(text.to_owned())));
                    }
                }
                self.begun(index, Some(&item));
            }
        }
        told.extend(self.calls.iter_mut().filter_map(|(index, call)| call.told(*index)));
        told.extend(reply.usage.and_then(|cost| usage(cost.input_tokens, cost.output_tokens)).map(Ok));
        let calls = reason == FinishReason::Complete && !self.calls.is_empty();
        told.push(Ok(ModelEvent::Finished(if calls { FinishReason::ToolCalls } else { reason })));
        told
    }
}

impl Begun {
    /// The whole call, once.
    fn told(&mut self, index: u32) -> Option<Result<ModelEvent, ModelError>> {
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        Some(Ok(ModelEvent::ToolCall(ToolCallPart {
            index,
            id: self.id.clone(),
            name: self.name.clone(),
            arguments: std::mem::take(&mut self.arguments),
        })))
    }
}

/// Text as it is; a few servers send the object itself.
fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        object => object.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(kept: bool) -> Reader {
        Reader::new("m", kept, None, Thinkers::default())
    }

    fn read(reader: &mut Reader, event: &str) -> Told {
        reader.read(serde_json::from_str(event).unwrap())
    }

    fn text(text: &str) -> Result<ModelEvent, ModelError> {
        Ok(ModelEvent::Text(text.into()))
    }

    #[test]
    fn unknown_events_are_passed_over() {
        let mut reader = reader(false);
        for event in ["{}", r#"{"type":"response.fancy.delta","delta":{"x":1}}"#, r#"{"type":"keepalive"}"#] {
            assert_eq!(read(&mut reader, event), [], "{event}");
        }
        assert_eq!(read(&mut reader, r#"{"type":"response.output_text.delta","delta":"a"}"#), [text("a")]);
    }

    #[test]
    fn a_place_is_noted_with_every_piece_of_text_until_a_call_begins() {
        let mut reader = reader(true);
        let place = |sequence| Ok(ModelEvent::Reference(Reference { response: "resp_1".into(), sequence }));
        let created = r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1"}}"#;
        assert_eq!(read(&mut reader, created), [place(0)]);
        let delta = r#"{"type":"response.output_text.delta","sequence_number":4,"delta":"a"}"#;
        assert_eq!(read(&mut reader, delta), [text("a"), place(4)]);
        let added = r#"{"type":"response.output_item.added","sequence_number":5,"output_index":1,"item":{"type":"function_call","call_id":"c","name":"t"}}"#;
        assert_eq!(read(&mut reader, added), []);
        let delta = r#"{"type":"response.output_text.delta","sequence_number":6,"delta":"b"}"#;
        assert_eq!(read(&mut reader, delta), [text("b")]);
    }

    #[test]
    fn what_is_told_at_the_end_only_is_told() {
        let end = r#"{"type":"response.completed","response":{"output":[
            {"type":"message","content":[{"type":"output_text","text":"Hi"}]},
            {"type":"function_call","call_id":"c","name":"t","arguments":{"a":1}}],"usage":{}}}"#;
        let told = read(&mut reader(false), end);
        let call =
            ToolCallPart { index: 1, id: Some("c".into()), name: Some("t".into()), arguments: r#"{"a":1}"#.into() };
        assert_eq!(
            told,
            [text("Hi"), Ok(ModelEvent::ToolCall(call)), Ok(ModelEvent::Finished(FinishReason::ToolCalls))]
        );
    }

    #[test]
    fn errors_have_several_shapes() {
        for (event, error) in [
            (r#"{"type":"error","code":"rate_limit_exceeded"}"#, ModelError::Limited { retry_after: None }),
            (r#"{"type":"error","error":{"code":"server_error"}}"#, ModelError::Unavailable),
            (r#"{"error":{"message":"boom"}}"#, ModelError::Unavailable),
            (r#"{"type":"response.failed","response":{"error":{"code":"server_error"}}}"#, ModelError::Unavailable),
            (r#"{"type":"response.cancelled"}"#, ModelError::CutOff),
        ] {
            assert_eq!(read(&mut reader(false), event), [Err(error)], "{event}");
        }
    }
}
