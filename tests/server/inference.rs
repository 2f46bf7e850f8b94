//! One suite over the four protocols in which models are spoken to: the same script, the same questions, the same
//! outcomes.

use std::time::Duration;

use aura::{
    inference::{Call, FinishReason, Inference, ModelError, Reference, TurnMessage},
    platform::{clock::Clock, config::ModelWire, random::Random},
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::{
    inference_world::{Act, Models, WIRES, ask, hear, http, raw, settings, tools, turn},
    outside::eventually,
};

const SUBJECTS: &str = "what is on my calendar today and which issues are open?";

#[tokio::test]
async fn mw_01_each_protocol_tells_the_same_text_and_what_it_cost() {
    let models = Models::start().await;
    let mut texts = Vec::new();
    for wire in WIRES {
        let inference = models.inference(&settings(wire));
        let answer = inference.answer(&turn("hello there, Grüße 👋")).await.unwrap();
        assert_eq!((answer.model.as_str(), answer.notice()), ("sandbox-1", None), "{wire:?}");
        let heard = hear(answer).await;
        assert_eq!((heard.reason, &heard.error), (Some(FinishReason::Complete), &None), "{wire:?}");
        let (input, output) = heard.usage.unwrap();
        assert!(input > 0 && output > 5, "{wire:?}: {input} {output}");
        assert!(heard.places.is_empty(), "{wire:?}: nothing is kept unless the settings say so");
        texts.push(heard.text);
    }
    assert!(texts[0].len() > 20 && texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    assert!(models.sandbox.refusals().is_empty(), "{:?}", models.sandbox.refusals());
}

#[tokio::test]
async fn mw_02_several_calls_come_at_once_and_their_results_are_understood() {
    let models = Models::start().await;
    for wire in WIRES {
        let inference = models.inference(&settings(wire));
        let mut turn = turn(SUBJECTS);
        // What a conversation brings along that two of the protocols refuse as it is: an answer before the first
        // question, an empty one, and two questions in a row.
        turn.messages.insert(0, TurnMessage::Person("never mind".into()));
        turn.messages.insert(0, TurnMessage::Assistant { text: "earlier".into(), calls: vec![] });
        turn.messages.insert(2, TurnMessage::Assistant { text: String::new(), calls: vec![] });
        turn.tools = tools();
        let heard = ask(&inference, &turn).await;
        assert_eq!((heard.reason, &heard.error), (Some(FinishReason::ToolCalls), &None), "{wire:?}");
        let names: Vec<_> = heard.calls.iter().map(|(call, _)| call.name.as_str()).collect();
        assert_eq!(names, ["google_calendar_list_events", "github_search_issues"], "{wire:?}");
        for (call, pieces) in &heard.calls {
            assert!(!call.id.is_empty(), "{wire:?}");
            assert!(serde_json::from_str::<Value>(&call.arguments).unwrap().is_object(), "{wire:?}: {call:?}");
            assert!(*pieces > 2 || wire == ModelWire::Responses, "{wire:?}: {pieces} pieces");
        }
        let calls: Vec<Call> = heard.calls.into_iter().map(|(call, _)| call).collect();
        let results = calls.iter().map(|call| {
            let content = json!({ "items": [{ "title": "Standup", "name": "Standup" }] }).to_string();
            TurnMessage::ToolResult { call: call.id.clone(), content }
        });
        let results: Vec<_> = results.collect();
        turn.messages.push(TurnMessage::Assistant { text: heard.text, calls });
        turn.messages.extend(results);
        for last_round in [false, true] {
            if last_round {
                turn.tools.clear();
            }
            let heard = ask(&inference, &turn).await;
            assert_eq!((heard.reason, &heard.error), (Some(FinishReason::Complete), &None), "{wire:?} {last_round}");
            assert!(!heard.text.is_empty(), "{wire:?} {last_round}");
        }
    }
    assert!(models.sandbox.refusals().is_empty(), "{:?}", models.sandbox.refusals());
}

#[tokio::test]
async fn mw_03_each_way_in_which_an_answer_ends_is_told_apart() {
    let models = Models::start().await;
    let patience = Duration::from_millis(400);
    let silent = || Some(ModelError::Silent(patience));
    for wire in WIRES {
        let inference = models.patient(&settings(wire), patience);
        for (question, reason, error, speaks) in [
            ("run out of length", Some(FinishReason::Length), None, true),
            ("withhold the rest", Some(FinishReason::Filtered), None, true),
            ("cut the stream", None, Some(ModelError::CutOff), true),
            ("no finish reason", None, Some(ModelError::CutOff), true),
            ("fail in the middle", None, Some(ModelError::Unavailable), true),
            ("fall silent", None, silent(), true),
            ("hang", None, silent(), false),
            ("html instead of json", None, Some(ModelError::Malformed), false),
        ] {
            let heard = ask(&inference, &turn(question)).await;
            assert_eq!((heard.reason, heard.error), (reason, error), "{wire:?}: {question}");
            assert_eq!(!heard.text.is_empty(), speaks, "{wire:?}: {question}");
        }
    }
    assert_eq!(models.asked(), 4 * 8, "what was begun is not begun again");
}

#[tokio::test]
async fn mw_04_what_passes_is_tried_again_and_a_refusal_never() {
    let models = Models::start().await;
    for wire in WIRES {
        let inference = models.inference(&settings(wire));
        let count = async |inference: &Inference, question: &str| {
            let before = models.asked();
            let heard = ask(inference, &turn(question)).await;
            (heard.reason, heard.error, models.asked() - before)
        };
        models.sandbox.reset();
        let (done, unavailable) = (Some(FinishReason::Complete), Some(ModelError::Unavailable));
        assert_eq!(count(&inference, "fail once with 500").await, (done, None, 2), "{wire:?}");
        assert_eq!(count(&inference, "fail with 500").await, (None, unavailable, 3), "{wire:?}");
        let limited = Some(ModelError::Limited { retry_after: Some(7) });
        assert_eq!(
            count(&inference, "fail with 429").await,
            (None, limited, 1),
            "{wire:?}: seven seconds are too long"
        );
        let mut wrong = settings(wire);
        wrong.api_key = "wrong".into();
        wrong.bedrock.keys.as_mut().unwrap().secret = "wrong".into();
        let inference = models.inference(&wrong);
        assert_eq!(count(&inference, "hello").await, (None, Some(ModelError::Refused), 1), "{wire:?}");
    }
    // A limit that is short is waited for, once.
    for wire in WIRES {
        let refusal = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 2\r\n\r\n{}";
        let (base, requests) = raw(vec![Act::Say(refusal.into())]).await;
        let mut settings = settings(wire);
        settings.base_url = base;
        let heard = ask(&models.inference(&settings), &turn("hello")).await;
        assert_eq!(heard.error, Some(ModelError::Limited { retry_after: Some(0) }), "{wire:?}");
        assert_eq!(requests.lock().unwrap().len(), 2, "{wire:?}");
    }
}

#[tokio::test]
async fn mw_05_each_protocol_sends_what_its_operator_wants_and_no_knobs() {
    let refusal = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}";
    for wire in WIRES {
        let (base, requests) = raw(vec![Act::Say(refusal.into())]).await;
        let mut settings = settings(wire);
        settings.base_url = base;
        settings.api_key = "sk-canary".into();
        settings.model = "maker.model-1:0".into();
        let models = http("a.example=http://127.0.0.1:9");
        let inference = Inference::new(Some(&settings), &models, &Clock::system(), &Random::seeded(7));
        let mut turn = turn("hello");
        turn.tools = tools();
        assert_eq!(ask(&inference, &turn).await.error, Some(ModelError::Rejected(400)), "{wire:?}");
        let (head, body) = requests.lock().unwrap().remove(0);
        assert!(requests.lock().unwrap().is_empty(), "{wire:?}: a refusal is not tried again");
        let head = head.to_lowercase();
        let path = match wire {
            ModelWire::Chat => "/v1/chat/completions",
            ModelWire::Responses => "/v1/responses",
            ModelWire::Anthropic => "/v1/messages",
            ModelWire::Bedrock => "/v1/model/maker.model-1%3a0/converse-stream",
        };
        assert!(head.starts_with(&format!("post {path} http/1.1")), "{wire:?}: {head}");
        let proof = match wire {
            ModelWire::Chat | ModelWire::Responses => "authorization: bearer sk-canary",
            ModelWire::Anthropic => "x-api-key: sk-canary",
            ModelWire::Bedrock => "authorization: aws4-hmac-sha256 credential=akiasandbox7/",
        };
        assert!(head.lines().any(|line| line.starts_with(proof)), "{wire:?}: {head}");
        assert!(head.contains("user-agent: aura/"), "{wire:?}");
        assert!(!(body.contains("canary") || wire == ModelWire::Bedrock && head.contains("canary")), "{wire:?}");
        let body: Value = serde_json::from_str(&body).unwrap();
        for knob in ["temperature", "top_p", "max_output_tokens", "reasoning_effort", "inferenceConfig", "background"] {
            assert!(body.get(knob).is_none(), "{wire:?}: {knob}");
        }
        assert_eq!(body.get("max_tokens").is_some(), wire == ModelWire::Anthropic, "only there it has to be");
        let (system, tool, model) = match wire {
            ModelWire::Chat => (&body["messages"][0]["content"], &body["tools"][0]["function"]["parameters"], true),
            ModelWire::Responses => (&body["instructions"], &body["tools"][0]["parameters"], true),
            ModelWire::Anthropic => (&body["system"], &body["tools"][0]["input_schema"], true),
            ModelWire::Bedrock => {
                let tool = &body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"];
                (&body["system"][0]["text"], tool, false)
            }
        };
        assert_eq!(system, "You are Aura.", "{wire:?}");
        assert_eq!(*tool, turn.tools[0].parameters, "{wire:?}");
        assert_eq!(body["model"] == "maker.model-1:0", model, "{wire:?}");
        if wire == ModelWire::Responses {
            assert_eq!(body["store"], false, "nothing is kept there");
        }
    }
}

#[tokio::test]
async fn ch_20_a_model_that_is_gone_is_replaced_and_the_person_is_told_by_which() {
    let models = Models::start().await;
    for wire in WIRES {
        let mut settings = settings(wire);
        settings.model = "gone-1".into();
        settings.fallbacks = vec!["gone-2".into(), "sandbox-1-mini".into()];
        let answer = models.inference(&settings).answer(&turn("hello")).await.unwrap();
        assert_eq!(answer.model, "sandbox-1-mini", "{wire:?}");
        let notice = answer.notice();
        assert_eq!(notice.as_deref(), Some("Answered by sandbox-1-mini, because gone-1 is not available."), "{wire:?}");
        assert_eq!(hear(answer).await.reason, Some(FinishReason::Complete), "{wire:?}");
        settings.fallbacks.truncate(1);
        let error = models.inference(&settings).answer(&turn("hello")).await.err();
        assert_eq!(error, Some(ModelError::NotFound("gone-2".into())), "{wire:?}");
    }
    // The usual model, as it is meant to go: on its last day it is asked, from the next on its successor, which takes
    // tools over the older protocol only if it does not reason.
    for wire in [ModelWire::Chat, ModelWire::Responses] {
        let mut settings = settings(wire);
        settings.model = "gpt-4o-mini".into();
        settings.fallbacks = vec!["gpt-6-luna".into()];
        let clock = Clock::manual(datetime!(2027-01-13 12:00 UTC));
        let inference = Inference::new(Some(&settings), &models.http, &clock, &Random::seeded(7));
        inference.look_at_models().await.unwrap();
        let sentence = "The model gpt-4o-mini is shut down on 2027-01-14, in 1 days. Then gpt-6-luna answers.";
        assert_eq!(inference.notices().first().map(|notice| notice.sentence.as_str()), Some(sentence));
        let mut turn = turn(SUBJECTS);
        turn.tools = tools();
        let answer = inference.answer(&turn).await.unwrap();
        assert_eq!((answer.model.as_str(), answer.notice()), ("gpt-4o-mini", None), "{wire:?}");
        clock.advance(time::Duration::days(1));
        let before = models.asked();
        for (round, requests) in [("first", if wire == ModelWire::Chat { 2 } else { 1 }), ("second", 1)] {
            let before = models.asked();
            let answer = inference.answer(&turn).await.unwrap();
            let notice = answer.notice().unwrap();
            assert_eq!(notice, "Answered by gpt-6-luna, because gpt-4o-mini is not available.", "{wire:?}");
            let heard = hear(answer).await;
            assert_eq!((heard.reason, heard.calls.len()), (Some(FinishReason::ToolCalls), 2), "{wire:?} {round}");
            assert_eq!(models.asked() - before, requests, "{wire:?}: what the {round} question took");
        }
        assert!(models.asked() > before, "{wire:?}");
    }
}

#[tokio::test]
async fn mw_06_a_model_gets_back_what_it_thought_before_its_calls() {
    let models = Models::start().await;
    let mut settings = settings(ModelWire::Responses);
    settings.model = "gpt-6-luna".into();
    let inference = models.inference(&settings);
    let mut turn = turn(SUBJECTS);
    turn.tools = tools();
    let first = ask(&inference, &turn).await;
    assert!(first.thoughts.is_empty(), "only models that are known to think are asked for it");
    let second = ask(&inference, &turn).await;
    assert_eq!(second.thoughts.len(), 1);
    assert_eq!(second.thoughts[0].item["encrypted_content"], "sealed for gpt-6-luna");
    turn.messages.extend(second.thoughts.into_iter().map(TurnMessage::Reasoning));
    let calls: Vec<Call> = second.calls.into_iter().map(|(call, _)| call).collect();
    let results: Vec<_> =
        calls.iter().map(|call| TurnMessage::ToolResult { call: call.id.clone(), content: "[]".into() }).collect();
    turn.messages.push(TurnMessage::Assistant { text: String::new(), calls });
    turn.messages.extend(results);
    assert_eq!(ask(&inference, &turn).await.reason, Some(FinishReason::Complete));
    // Another model cannot open it: it is not sent there, and not over another protocol.
    for wire in WIRES {
        settings.wire = wire;
        settings.base_url = super::inference_world::settings(wire).base_url;
        settings.model = "sandbox-1".into();
        assert_eq!(ask(&models.inference(&settings), &turn).await.reason, Some(FinishReason::Complete), "{wire:?}");
    }
    assert!(models.sandbox.refusals().is_empty(), "{:?}", models.sandbox.refusals());
}

#[tokio::test]
async fn mw_07_an_answer_that_is_kept_goes_on_after_the_line_broke_and_after_a_crash() {
    let models = Models::with_pause(5).await;
    let mut settings = settings(ModelWire::Responses);
    settings.background = true;
    let inference = models.inference(&settings);
    assert!(inference.keeps_answers());
    let whole = ask(&inference, &turn("hello there")).await;
    assert_eq!(whole.reason, Some(FinishReason::Complete));

    // A line that breaks in the middle is taken up again, and nobody notices.
    let broken = ask(&inference, &turn("cut the stream")).await;
    assert_eq!((broken.reason, &broken.error), (Some(FinishReason::Complete), &None));
    let notes = models.notes();
    let fetched: Vec<_> = notes.iter().filter(|(line, _)| line.starts_with("GET /v1/responses/resp_")).collect();
    assert_eq!(fetched.len(), 1, "{notes:?}");

    // After a crash another process goes on from any place that was noted: not a letter is lost or told twice.
    for (place, so_far) in &whole.places {
        let other = models.inference(&settings);
        let rest = hear(other.resume("sandbox-1", place).await.unwrap()).await;
        assert_eq!(rest.reason, Some(FinishReason::Complete), "{place:?}");
        assert_eq!(format!("{so_far}{}", rest.text), whole.text, "{place:?}");
    }
    assert!(whole.places.len() > 5, "{:?}", whole.places);

    // Tools too: what was told of a call before the crash is told again, whole.
    let mut question = turn(SUBJECTS);
    question.tools = tools();
    let calls = ask(&inference, &question).await;
    let (place, _) = calls.places.last().unwrap();
    let rest = hear(inference.resume("sandbox-1", place).await.unwrap()).await;
    assert_eq!(
        rest.calls.iter().map(|(call, _)| call).collect::<Vec<_>>(),
        calls.calls.iter().map(|(call, _)| call).collect::<Vec<_>>()
    );

    let unknown = Reference { response: "resp_unknown".into(), sequence: 1 };
    assert_eq!(inference.resume("sandbox-1", &unknown).await.err(), Some(ModelError::CannotResume));
    settings.background = false;
    let forgetful = models.inference(&settings);
    assert_eq!(forgetful.resume("sandbox-1", place).await.err(), Some(ModelError::CannotResume));
}

#[tokio::test]
async fn mw_08_who_no_longer_listens_ends_an_answer_that_is_kept() {
    let models = Models::with_pause(20).await;
    let mut settings = settings(ModelWire::Responses);
    settings.background = true;
    let inference = models.inference(&settings);
    let mut answer = inference.answer(&turn("answer slowly")).await.unwrap();
    for _ in 0..5 {
        answer.events.next().await.unwrap().unwrap();
    }
    drop(answer);
    let cancelled = eventually("the end of the answer", async || {
        models.notes().into_iter().find(|(_, note)| note == "model: answer cancelled")
    });
    assert!(cancelled.await.0.ends_with("/cancel"));
    // One that has been heard to its end is not.
    let before = models.notes().len();
    ask(&inference, &turn("hello")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(models.notes().len(), before + 1, "{:?}", models.notes());
}
