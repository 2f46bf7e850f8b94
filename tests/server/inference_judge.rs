//! The protocols against a server of models that others wrote, npm's `@copilotkit/aimock`.

use std::{path::Path, process::Stdio};

use aura::{
    inference::{Call, FinishReason, Inference, TurnMessage},
    platform::{clock::Clock, config::ModelWire, random::Random},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::inference_world::{WIRES, ask, http, settings, tools, turn};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end");

/// Answers two questions, fails at a third, and says what it was asked.
const SCRIPT: &str = r#"
import { LLMock } from "@copilotkit/aimock";
const model = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 5 });
model.onMessage(/tides/i, { content: "The tides follow the moon 🌙, and the moon its own slow clock." });
model.onMessage(/calendar/i, { toolCalls: [
    { name: "google_calendar_list_events", arguments: "{\"time_min\":\"2026-11-21\"}" },
    { name: "github_search_issues", arguments: "{\"query\":\"open\"}" },
] });
model.onMessage(/storm/i, { error: { message: "out of order", type: "server_error" }, status: 503 });
await model.start();
console.log(model.url);
"#;

async fn judge() -> Option<(Child, String)> {
    if !Path::new(FOLDER).join("node_modules/@copilotkit/aimock").exists() {
        return None;
    }
    let mut process = Command::new("node")
        .args(["--input-type=module", "-e", SCRIPT])
        .current_dir(FOLDER)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().expect("aimock is installed and does not run");
    Some((process, url))
}

#[tokio::test]
async fn mw_09_a_server_that_others_wrote_is_understood() {
    let Some((_judge, url)) = judge().await else {
        println!("not run: models of aimock (it is not installed; scripts/setup test does it)");
        return;
    };
    let http = http("a.example=http://127.0.0.1:9");
    for wire in WIRES {
        let mut settings = settings(wire);
        settings.base_url = if wire == ModelWire::Bedrock { url.clone() } else { format!("{url}/v1") };
        let inference = Inference::new(Some(&settings), &http, &Clock::system(), &Random::seeded(7));

        let heard = ask(&inference, &turn("Tell me about tides")).await;
        assert_eq!(heard.text, "The tides follow the moon 🌙, and the moon its own slow clock.", "{wire:?}");
        assert_eq!((heard.reason, heard.error), (Some(FinishReason::Complete), None), "{wire:?}");

        let mut question = turn("What is on my calendar?");
        question.tools = tools();
        let heard = ask(&inference, &question).await;
        assert_eq!((heard.reason, heard.error), (Some(FinishReason::ToolCalls), None), "{wire:?}");
        let calls: Vec<Call> = heard.calls.into_iter().map(|(call, _)| call).collect();
        let made: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.arguments.replace(' ', ""))).collect();
        let expected = [
            ("google_calendar_list_events", r#"{"time_min":"2026-11-21"}"#.to_owned()),
            ("github_search_issues", r#"{"query":"open"}"#.to_owned()),
        ];
        assert_eq!(made, expected, "{wire:?}");

        // The results go back in a shape that it takes, and the next question is answered.
        let results: Vec<_> =
            calls.iter().map(|call| TurnMessage::ToolResult { call: call.id.clone(), content: "[]".into() }).collect();
        question.messages.push(TurnMessage::Assistant { text: String::new(), calls });
        question.messages.extend(results);
        question.messages.push(TurnMessage::Person("And the tides?".into()));
        assert_eq!(ask(&inference, &question).await.reason, Some(FinishReason::Complete), "{wire:?}");

        let error = ask(&inference, &turn("Is there a storm?")).await.error.unwrap();
        assert_eq!(error.code(), "model_unavailable", "{wire:?}");
    }
}
