//! Servers that only look like a model's: each strange thing that real ones have sent has an outcome of its own, and
//! none of them is an endless wait or a success without an end.

use std::time::Duration;

use aura::{
    inference::{FinishReason, Inference, ModelError},
    platform::{clock::Clock, config::ModelWire, random::Random},
};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::{Value, json};

use crate::inference_world::{Act, Heard, WIRES, ask, http, raw, settings, tools, turn};

const PATIENCE: Duration = Duration::from_millis(400);
const LETTERS: &str = "Grüße 👋, 日本語";

/// One message of a protocol.
fn message(wire: ModelWire, kind: &str, payload: &Value) -> Vec<u8> {
    match wire {
        ModelWire::Bedrock => {
            let text = |text: &str| HeaderValue::String(text.to_owned().into());
            let message = Message::new(payload.to_string().into_bytes())
                .add_header(Header::new(":message-type", text("event")))
                .add_header(Header::new(":event-type", text(kind)));
            let mut bytes = Vec::new();
            write_message_to(&message, &mut bytes).unwrap();
            bytes
        }
        _ => format!("data: {payload}\n\n").into_bytes(),
    }
}

fn text(wire: ModelWire, text: &str) -> Vec<u8> {
    let (kind, payload) = match wire {
        ModelWire::Chat => ("", json!({ "choices": [{ "delta": { "content": text } }] })),
        ModelWire::Responses => ("", json!({ "type": "response.output_text.delta", "delta": text })),
        ModelWire::Anthropic => {
            ("", json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": text } }))
        }
        ModelWire::Bedrock => ("contentBlockDelta", json!({ "delta": { "text": text } })),
    };
    message(wire, kind, &payload)
}

/// The end of an answer, with a word for why and with what it cost.
fn end(wire: ModelWire, reason: &str, usage: &Value) -> Vec<u8> {
    match wire {
        ModelWire::Chat => {
            let end = json!({ "choices": [{ "delta": {}, "finish_reason": reason }], "usage": usage });
            message(wire, "", &end)
        }
        // It has no words: an answer is completed or it is not.
        ModelWire::Responses if reason.is_empty() => message(wire, "", &json!({ "type": "response.in_progress" })),
        ModelWire::Responses => {
            message(wire, "", &json!({ "type": "response.completed", "response": { "usage": usage } }))
        }
        ModelWire::Anthropic => {
            let end = json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": usage });
            [message(wire, "", &end), message(wire, "", &json!({ "type": "message_stop" }))].concat()
        }
        ModelWire::Bedrock => [
            message(wire, "messageStop", &json!({ "stopReason": reason })),
            message(wire, "metadata", &json!({ "usage": usage })),
        ]
        .concat(),
    }
}

/// A call without the numbers that say which one it is.
fn call(wire: ModelWire) -> Vec<u8> {
    match wire {
        ModelWire::Chat => {
            let call = json!({ "id": "c", "function": { "name": "t", "arguments": "{\"a\":1}" } });
            message(wire, "", &json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }))
        }
        ModelWire::Responses => {
            let item = json!({ "type": "function_call", "call_id": "c", "name": "t", "arguments": "{\"a\":1}" });
            message(wire, "", &json!({ "type": "response.output_item.done", "item": item }))
        }
        ModelWire::Anthropic => [
            json!({ "type": "content_block_start", "content_block": { "type": "tool_use", "id": "c", "name": "t", "input": {} } }),
            json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": "{\"a\":1}" } }),
        ]
        .iter()
        .flat_map(|payload| message(wire, "", payload))
        .collect(),
        ModelWire::Bedrock => [
            ("contentBlockStart", json!({ "start": { "toolUse": { "toolUseId": "c", "name": "t" } } })),
            ("contentBlockDelta", json!({ "delta": { "toolUse": { "input": "{\"a\":1}" } } })),
        ]
        .iter()
        .flat_map(|(kind, payload)| message(wire, kind, payload))
        .collect(),
    }
}

fn head(wire: ModelWire) -> Vec<u8> {
    let kind = if wire == ModelWire::Bedrock { "application/vnd.amazon.eventstream" } else { "text/event-stream" };
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n").into_bytes()
}

/// Asks a server that does this after its headers; what was heard, and how often it was asked.
async fn heard(wire: ModelWire, acts: Vec<Act>) -> (Heard, usize) {
    let hangs = acts.iter().any(|act| matches!(act, Act::Hang));
    let (base, requests) = raw([vec![Act::Say(head(wire))], acts].concat()).await;
    let mut settings = settings(wire);
    settings.base_url = base;
    let http = http("a.example=http://127.0.0.1:9");
    let patience = if hangs { PATIENCE } else { Duration::from_secs(15) };
    let inference = Inference::with_patience(Some(&settings), &http, &Clock::system(), &Random::seeded(7), patience);
    let mut turn = turn("hello");
    turn.tools = tools();
    let heard = tokio::time::timeout(Duration::from_secs(30), ask(&inference, &turn)).await.expect("an endless wait");
    let asked = requests.lock().unwrap().len();
    (heard, asked)
}

async fn says(wire: ModelWire, bytes: impl IntoIterator<Item = Vec<u8>>) -> Heard {
    let (heard, asked) = heard(wire, vec![Act::Say(bytes.into_iter().flatten().collect())]).await;
    assert!(asked == 1 || heard.text.is_empty(), "{wire:?}: what was shown is not asked for again");
    heard
}

#[tokio::test]
async fn ch_10_whatever_a_server_sends_has_an_outcome_of_its_own() {
    let done = Some(FinishReason::Complete);
    for wire in WIRES {
        let hi = || text(wire, "Hi");
        let usage = json!({ "prompt_tokens": 3, "completion_tokens": 2, "input_tokens": 3, "output_tokens": 2,
            "inputTokens": 3, "outputTokens": 2 });

        // Without `[DONE]`, and with it.
        for last in ["", "data: [DONE]\n\n"] {
            let last = if wire == ModelWire::Bedrock { "" } else { last };
            let said = says(wire, [hi(), end(wire, "stop", &usage), last.into()]).await;
            assert_eq!(
                (said.text.as_str(), said.reason, said.usage, said.error),
                ("Hi", done, Some((3, 2)), None),
                "{wire:?}"
            );
        }

        // No word for why, or an empty one: it was cut off, however politely the connection ends.
        for last in [Vec::new(), end(wire, "", &json!({}))] {
            let said = says(wire, [hi(), last]).await;
            assert_eq!(
                (said.text.as_str(), said.reason, said.error),
                ("Hi", None, Some(ModelError::CutOff)),
                "{wire:?}"
            );
        }

        // Counts that count nothing.
        for usage in
            [json!({}), Value::Null, json!({ "prompt_tokens": null, "input_tokens": -1, "inputTokens": "many" })]
        {
            let said = says(wire, [hi(), end(wire, "stop", &usage)]).await;
            assert_eq!((said.reason, said.usage, said.error), (done, None, None), "{wire:?}: {usage}");
        }
        let flood = json!({ "input_tokens": u64::MAX, "cache_read_input_tokens": u64::MAX, "inputTokens": u64::MAX,
            "cacheReadInputTokens": u64::MAX, "prompt_tokens": u64::MAX });
        assert_eq!(says(wire, [hi(), end(wire, "stop", &flood)]).await.reason, done, "{wire:?}");

        // A call that does not say which one it is.
        let said = says(wire, [call(wire), end(wire, "tool_use", &json!({}))]).await;
        let (call, _) = &said.calls[0];
        assert_eq!((call.name.as_str(), call.arguments.as_str()), ("t", "{\"a\":1}"), "{wire:?}");
        assert_eq!(said.reason, Some(FinishReason::ToolCalls), "{wire:?}");

        // A message of a megabyte, and letters that arrive in halves.
        let long = "ab".repeat(512 * 1024);
        let said = says(wire, [text(wire, &long), end(wire, "stop", &json!({}))]).await;
        assert_eq!((said.text == long, said.reason), (true, done), "{wire:?}");
        let bytes = [text(wire, LETTERS), end(wire, "stop", &json!({}))].concat();
        let (said, _) = heard(wire, bytes.chunks(1).map(|byte| Act::Say(byte.to_vec())).collect()).await;
        assert_eq!((said.text.as_str(), said.reason), (LETTERS, done), "{wire:?}");

        // Silence after the headers, and in the middle.
        let silent = Some(ModelError::Silent(PATIENCE));
        let (said, asked) = heard(wire, vec![Act::Hang]).await;
        assert_eq!((said.error, asked), (silent.clone(), 1), "{wire:?}");
        let (said, _) = heard(wire, vec![Act::Say(hi()), Act::Hang]).await;
        assert_eq!((said.text.as_str(), said.error), ("Hi", silent), "{wire:?}");

        // A connection that is torn: before anything came it is tried again, afterwards never.
        let (said, asked) = heard(wire, vec![Act::Reset]).await;
        assert_eq!((said.error, asked), (Some(ModelError::CutOff), 3), "{wire:?}");
        let (said, asked) = heard(wire, vec![Act::Say(hi()), Act::Reset]).await;
        assert_eq!((said.text.as_str(), said.error, asked), ("Hi", Some(ModelError::CutOff), 1), "{wire:?}");
        let (said, _) = heard(wire, vec![Act::Say(end(wire, "stop", &json!({}))), Act::Reset]).await;
        assert_eq!((said.reason, said.error), (done, None), "{wire:?}: it had said everything");

        // What is no message at all.
        let garbage =
            if wire == ModelWire::Bedrock { vec![0xff; 64] } else { b"data: {\"choices\": oops\n\n".to_vec() };
        let said = says(wire, [hi(), garbage]).await;
        assert_eq!((said.text.as_str(), said.error), ("Hi", Some(ModelError::Malformed)), "{wire:?}");
    }

    for wire in [ModelWire::Chat, ModelWire::Responses, ModelWire::Anthropic] {
        // Comments, other line ends, fields and events that nobody knows.
        let strange = String::from_utf8([text(wire, "Hi"), end(wire, "stop", &json!({}))].concat()).unwrap();
        let strange = format!(": still there\n\nretry: 5\nid: 7\n\ndata: {{}}\n\n{strange}").replace('\n', "\r\n");
        let said = says(wire, [strange.into_bytes()]).await;
        assert_eq!(
            (said.text.as_str(), said.reason, said.error),
            ("Hi", Some(FinishReason::Complete), None),
            "{wire:?}"
        );

        // An error inside the stream, though the status had said that all is well.
        for (error, expected) in [
            (json!({ "error": { "message": "boom" } }), ModelError::Unavailable),
            (json!({ "error": { "type": "rate_limit_error" } }), ModelError::Limited { retry_after: None }),
        ] {
            let said = says(wire, [text(wire, "Hi"), message(wire, "", &error)]).await;
            assert_eq!((said.text.as_str(), said.error), ("Hi", Some(expected)), "{wire:?}");
        }

        // Letters that are none, and a line that does not end: neither fills the memory.
        let said = says(wire, [text(wire, "Hi"), b"data: \xff\xfe\n\n".to_vec()]).await;
        assert!(matches!(said.error, Some(ModelError::Malformed | ModelError::CutOff)), "{wire:?}: {:?}", said.error);
        let endless = [vec![b'x'; 3 * 1024 * 1024], b"\n\n".to_vec()].concat();
        let said = says(wire, [text(wire, "Hi"), endless, end(wire, "stop", &json!({}))]).await;
        assert_eq!((said.text.as_str(), said.error), ("Hi", Some(ModelError::CutOff)), "{wire:?}");
    }

    // Comments without end are no answer either.
    let comment = [b": ".to_vec(), vec![b'x'; 1024 * 1024], b"\n".to_vec()].concat();
    let last = end(ModelWire::Chat, "stop", &json!({}));
    let said = says(ModelWire::Chat, [vec![text(ModelWire::Chat, "Hi")], vec![comment; 33], vec![last]].concat()).await;
    assert_eq!((said.text.as_str(), said.error), ("Hi", Some(ModelError::CutOff)));

    // A frame that is damaged, one that says it is endless, and an error in a frame.
    let wire = ModelWire::Bedrock;
    let mut damaged = text(wire, "Hi");
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    for bytes in [damaged, [u32::MAX.to_be_bytes().to_vec(), vec![0; 64]].concat()] {
        assert_eq!(says(wire, [bytes]).await.error, Some(ModelError::Malformed));
    }
    let text_value = |text: &str| HeaderValue::String(text.to_owned().into());
    for (kind, expected) in [
        ("throttlingException", ModelError::Limited { retry_after: None }),
        ("modelStreamErrorException", ModelError::Unavailable),
        ("validationException", ModelError::Rejected(400)),
    ] {
        let exception = Message::new(&b"{}"[..])
            .add_header(Header::new(":message-type", text_value("exception")))
            .add_header(Header::new(":exception-type", text_value(kind)));
        let mut bytes = Vec::new();
        write_message_to(&exception, &mut bytes).unwrap();
        let said = says(wire, [text(wire, "Hi"), bytes]).await;
        assert_eq!((said.text.as_str(), said.error), ("Hi", Some(expected)), "{kind}");
    }
}
