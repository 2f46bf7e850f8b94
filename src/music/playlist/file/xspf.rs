//! XSPF, version 1 (<https://www.xspf.org/spec>).

use quick_xml::{Reader, escape::escape, events::Event};

use super::{Line, OURS, Read, source};
use crate::music::playlist::error::PlaylistError;

pub fn write(name: &str, lines: &[Line]) -> Vec<u8> {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n<title>{}</title>\n<trackList>\n",
        escape(name)
    );
    for line in lines {
        text.push_str("<track>");
        let mut element = |name: &str, value: &str| text.push_str(&format!("<{name}>{}</{name}>", escape(value)));
        if let Some(isrc) = &line.isrc {
            element("identifier", &format!("urn:isrc:{isrc}"));
        }
        element("title", &line.title);
        element("creator", &line.artists.join(", "));
        if let Some(album) = &line.album {
            element("album", album);
        }
        if let Some(duration) = line.duration_ms {
            element("duration", &duration.to_string());
        }
        text.push_str(&format!("<extension application=\"{OURS}\">"));
        for artist in &line.artists {
            text.push_str(&format!("<artist>{}</artist>", escape(artist)));
        }
        text.push_str(&format!("<source>{}</source></extension></track>\n", escape(&line.source)));
    }
    text.push_str("</trackList>\n</playlist>\n");
    text.into_bytes()
}

pub fn read(text: &str) -> Result<Read, PlaylistError> {
    let broken = |error: &dyn std::fmt::Display| PlaylistError::Unreadable(error.to_string());
    let mut reader = Reader::from_str(text);
    let (mut read, mut line, mut creator) = (Read::default(), None::<Line>, String::new());
    let (mut inside, mut said) = (Vec::<String>::new(), String::new());
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if name == "track" {
                    line = Some(Line::default());
                    creator.clear();
                }
                inside.push(name);
                said.clear();
            }
            Event::Text(words) => said.push_str(&words.decode().map_err(|error| broken(&error))?),
            Event::CData(words) => said.push_str(&words.decode().map_err(|error| broken(&error))?),
            // No entity but those of XML itself is known, so that no file can grow by naming some.
            Event::GeneralRef(entity) => match entity.resolve_char_ref().map_err(|error| broken(&error))? {
                Some(letter) => said.push(letter),
                None => said.push_str(match &*entity.decode().map_err(|error| broken(&error))? {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    other => return Err(broken(&format!("it names the entity «{other}»"))),
                }),
            },
            Event::End(_) => {
                let name = inside.pop().unwrap_or_default();
                match (&mut line, name.as_str()) {
                    (None, "title") if inside.len() == 1 => read.name = std::mem::take(&mut said),
                    (Some(line), "title") => line.title = std::mem::take(&mut said),
                    (Some(_), "creator") => creator = std::mem::take(&mut said),
                    (Some(line), "artist") => line.artists.push(std::mem::take(&mut said)),
                    (Some(line), "album") => line.album = Some(std::mem::take(&mut said)),
                    (Some(line), "duration") => line.duration_ms = said.trim().parse().ok(),
                    (Some(line), "identifier") => {
                        line.isrc =
                            line.isrc.take().or_else(|| said.trim().strip_prefix("urn:isrc:").map(str::to_owned));
                    }
                    (Some(line), "source") => line.source = std::mem::take(&mut said),
                    (Some(_), "track") => {
                        if let Some(mut line) = line.take() {
                            if line.artists.is_empty() && !creator.is_empty() {
                                line.artists.push(std::mem::take(&mut creator));
                            }
                            line.source = source(&line.source);
                            read.lines.push(line);
                        }
                    }
                    _ => {}
                }
                said.clear();
            }
            Event::Eof => return Ok(read),
            _ => {}
        }
    }
}
