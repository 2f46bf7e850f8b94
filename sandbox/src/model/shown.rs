//! Files that are shown to a model: each protocol has its own way to say them, and refuses what it cannot read.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

/// What comes as `data:{media type};base64,{data}`.
fn data_url(url: &Value) -> Result<String, &'static str> {
    let url = url.as_str().unwrap_or_default();
    let (media, data) = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"))
        .ok_or("Invalid image URL: expected a base64-encoded data URL.")?;
    told(media, data)
}

/// What stands in the place of the file for the script, where it is what it says it is.
fn told(media: &str, data: &str) -> Result<String, &'static str> {
    let bytes = BASE64_STANDARD.decode(data).map_err(|_| "Invalid base64 data.")?;
    let begins: &[u8] = match media {
        "image/png" => b"\x89PNG\r\n\x1a\n",
        "image/jpeg" => b"\xff\xd8\xff",
        "application/pdf" => b"%PDF-",
        _ => return Err("Unsupported media type: only image/png, image/jpeg and application/pdf are played here."),
    };
    if !bytes.starts_with(begins) {
        return Err("The file does not match its media type.");
    }
    Ok(format!("(shown {media}, {} bytes) ", bytes.len()))
}

/// The parts of a message of Chat Completions or Responses as one text; none where it has no parts.
pub fn in_parts(content: &Value) -> Result<Option<String>, &'static str> {
    let Some(parts) = content.as_array() else { return Ok(None) };
    let mut text = String::new();
    for part in parts {
        let more = match part["type"].as_str().unwrap_or_default() {
            "text" | "input_text" | "output_text" => part["text"].as_str().unwrap_or_default().to_owned(),
            "image_url" => data_url(&part["image_url"]["url"])?,
            "input_image" => data_url(&part["image_url"])?,
            "file" if part["file"]["filename"].is_string() => data_url(&part["file"]["file_data"])?,
            "input_file" if part["filename"].is_string() => data_url(&part["file_data"])?,
            _ => return Err("Invalid value for the type of a content part."),
        };
        text.push_str(&more);
    }
    Ok(Some(text))
}

/// A block of Anthropic's; none where it is no file.
pub fn in_anthropic(block: &Value) -> Result<Option<String>, &'static str> {
    let kind = block["type"].as_str().unwrap_or_default();
    if !["image", "document"].contains(&kind) {
        return Ok(None);
    }
    let source = &block["source"];
    let media = source["media_type"].as_str().unwrap_or_default();
    if source["type"] != "base64" || media.starts_with("image/") != (kind == "image") {
        return Err("messages: Input tag does not match the source of the block");
    }
    told(media, source["data"].as_str().unwrap_or_default()).map(Some)
}

/// A block of Converse's; none where it is no file.
pub fn in_converse(block: &Value) -> Result<Option<String>, &'static str> {
    let (file, media) = if block["image"].is_object() {
        (&block["image"], "image/")
    } else if block["document"].is_object() {
        let name = block["document"]["name"].as_str().unwrap_or_default();
        let fits = |letter: char| letter.is_ascii_alphanumeric() || " -()[]".contains(letter);
        if name.is_empty() || name.contains("  ") || !name.chars().all(fits) {
            return Err(
                "The document file name can only contain alphanumeric characters, whitespace, hyphens and brackets.",
            );
        }
        (&block["document"], "application/")
    } else {
        return Ok(None);
    };
    let media = format!("{media}{}", file["format"].as_str().unwrap_or_default());
    told(&media, file["source"]["bytes"].as_str().unwrap_or_default()).map(Some)
}
