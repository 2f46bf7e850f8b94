//! ElevenLabs' voices.

use crate::answer;
use crate::call::Call;
use crate::desk::{parts, refuse};
use crate::shelf::find;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.elevenlabs.io` to a key that it knows.
pub fn answer(call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let voices = voices();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["v1", "voices"]) => answer::json(200, json!({ "voices": voices })),
        ("GET", ["v1", "voices", id]) => match find(&voices, "voice_id", id) {
            Some(voice) => answer::json(200, voice.clone()),
            None => wrong(400, "voice_not_found", "A voice with this id was not found."),
        },
        _ => wrong(404, "not_found", "Not Found"),
    }
}

fn wrong(status: u16, word: &str, message: &str) -> Response {
    refuse(status, json!({ "detail": { "status": word, "message": message } }), format!("elevenlabs: {message}"))
}

fn voices() -> Vec<Value> {
    let voice = |id: &str, name: &str, category: &str, description: Value| {
        json!({ "voice_id": id, "name": name, "category": category, "description": description, "labels": { "accent": "american" },
            "settings": { "stability": 0.5, "similarity_boost": 0.75, "style": 0.0, "use_speaker_boost": true } })
    };
    vec![
        voice("21m00Tcm4TlvDq8ikWAM", "Rachel", "premade", "Calm".into()),
        voice("harbormasterVoice001", "Harbor master", "cloned", Value::Null),
    ]
}
