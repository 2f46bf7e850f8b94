//! The kinds of files that are taken. A file is of a kind when its name, what its sender says of it and its own first
//! bytes agree.

/// How far a kind is looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Its size in pixels is read, and it must be nothing else.
    Picture(image::ImageFormat),
    /// A zip archive, or a document that is one.
    Archive,
    /// UTF-8 to be read as it is.
    Text,
    Other,
}

/// One kind.
pub struct Kind {
    /// What it is served as.
    pub media_type: &'static str,
    pub nature: Nature,
    extensions: &'static [&'static str],
    /// What else its first bytes or its sender may call it.
    aliases: &'static [&'static str],
}

/// Source texts that no browser runs, served as plain text.
const CODE: &[&str] = &[
    "c", "cpp", "cs", "css", "diff", "go", "h", "ics", "ini", "java", "kt", "lua", "py", "rb", "rs", "sql", "swift",
    "toml", "tsv", "yaml", "yml",
];

const KINDS: &[Kind] = &[
    picture("image/png", image::ImageFormat::Png, &["png"], &[]),
    picture("image/jpeg", image::ImageFormat::Jpeg, &["jpg", "jpeg", "jfif"], &["image/jpg"]),
    picture("image/webp", image::ImageFormat::WebP, &["webp"], &[]),
    picture("image/gif", image::ImageFormat::Gif, &["gif"], &[]),
    other("image/heic", &["heic", "heif"], &["image/heif"]),
    other("image/avif", &["avif"], &[]),
    other("application/pdf", &["pdf"], &[]),
    archive("application/zip", &["zip"], &["application/x-zip-compressed"]),
    archive("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"], &["application/zip"]),
    archive("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"], &["application/zip"]),
    archive(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &["pptx"],
        &["application/zip"],
    ),
    other("audio/mpeg", &["mp3"], &["audio/mp3"]),
    other("audio/mp4", &["m4a"], &["audio/m4a", "audio/x-m4a", "video/mp4"]),
    other("audio/wav", &["wav"], &["audio/x-wav", "audio/wave", "audio/vnd.wave"]),
    other("audio/ogg", &["ogg", "oga", "opus"], &["application/ogg", "audio/opus"]),
    other("audio/flac", &["flac"], &["audio/x-flac"]),
    other("video/mp4", &["mp4", "m4v"], &["video/x-m4v"]),
    other("video/quicktime", &["mov"], &["video/mp4"]),
    other("video/webm", &["webm"], &["video/x-matroska", "audio/webm"]),
    text("text/plain; charset=utf-8", &["txt", "log"], &[]),
    text(
        "text/plain; charset=utf-8",
        CODE,
        &["application/toml", "application/yaml", "application/x-yaml", "application/sql"],
    ),
    text("text/markdown; charset=utf-8", &["md"], &["text/x-markdown"]),
    text("text/csv; charset=utf-8", &["csv"], &["application/csv", "application/vnd.ms-excel"]),
    text("application/json", &["json"], &["text/json"]),
];

const fn of(
    media_type: &'static str,
    nature: Nature,
    extensions: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Kind {
    Kind { media_type, nature, extensions, aliases }
}

const fn picture(
    media_type: &'static str,
    format: image::ImageFormat,
    extensions: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Kind {
    of(media_type, Nature::Picture(format), extensions, aliases)
}

const fn archive(
    media_type: &'static str,
    extensions: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Kind {
    of(media_type, Nature::Archive, extensions, aliases)
}

const fn text(media_type: &'static str, extensions: &'static [&'static str], aliases: &'static [&'static str]) -> Kind {
    of(media_type, Nature::Text, extensions, aliases)
}

const fn other(
    media_type: &'static str,
    extensions: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Kind {
    of(media_type, Nature::Other, extensions, aliases)
}

impl Kind {
    /// The kind of files with this extension.
    pub fn by_extension(extension: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.extensions.contains(&extension))
    }

    /// Whether it may be called this. Nothing said, and the words for anything at all, fit every kind; texts may also
    /// be called plain.
    pub fn may_be_called(&self, said: &str) -> bool {
        let said = essence(said).to_ascii_lowercase();
        matches!(&*said, "" | "application/octet-stream" | "binary/octet-stream" | "application/x-www-form-urlencoded")
            || said == essence(self.media_type)
            || self.aliases.contains(&&*said)
            || (self.nature == Nature::Text && (said == "text/plain" || said.starts_with("text/x-")))
            || (self.extensions == CODE && said.starts_with("text/") && said != "text/html")
    }

    /// Whether a file of it may begin like this. Text gives itself away by nothing.
    pub fn may_begin(&self, head: &[u8]) -> bool {
        match infer::get(head).map(|found| found.mime_type()) {
            None => self.nature == Nature::Text,
            Some(_) if self.nature == Nature::Text => false,
            Some(found) => found == essence(self.media_type) || self.aliases.contains(&found),
        }
    }

    /// The extensions of what may be read to answer a question: pictures, PDF and text.
    pub fn extensions_for_questions() -> String {
        let read = |kind: &&Self| {
            matches!(kind.nature, Nature::Picture(_) | Nature::Text) || kind.media_type == "application/pdf"
        };
        let dotted: Vec<String> = KINDS
            .iter()
            .filter(read)
            .flat_map(|kind| kind.extensions)
            .map(|extension| format!(".{extension}"))
            .collect();
        dotted.join(",")
    }

    /// The extensions of all kinds, for the file dialog of a browser.
    pub fn all_extensions() -> String {
        let dotted: Vec<String> =
            KINDS.iter().flat_map(|kind| kind.extensions).map(|extension| format!(".{extension}")).collect();
        dotted.join(",")
    }
}

/// What a file of this type is. The types are those of kept files.
pub fn nature(media_type: &str) -> Option<Nature> {
    KINDS.iter().find(|kind| kind.media_type == media_type).map(|kind| kind.nature)
}

/// What a file dialog offers for a question.
pub fn accepted_for_questions() -> String {
    Kind::extensions_for_questions()
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_extension_has_one_kind() {
        let mut all: Vec<&str> = KINDS.iter().flat_map(|kind| kind.extensions).copied().collect();
        let many = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), many);
        for none in ["html", "htm", "svg", "xml", "js", "exe", "sh", "php", "", "PNG"] {
            assert!(Kind::by_extension(none).is_none(), "{none}");
        }
    }

    #[test]
    fn what_is_said_and_what_is_there_must_fit() {
        let kind = |extension| Kind::by_extension(extension).unwrap();
        assert!(kind("png").may_be_called("IMAGE/PNG; a=b") && kind("png").may_be_called("application/octet-stream"));
        assert!(!kind("png").may_be_called("text/html") && !kind("png").may_be_called("image/svg+xml"));
        assert!(kind("csv").may_be_called("text/plain") && !kind("pdf").may_be_called("text/plain"));
        assert!(
            kind("png").may_begin(b"\x89PNG\r\n\x1a\n........") && !kind("jpg").may_begin(b"\x89PNG\r\n\x1a\n....")
        );
        assert!(kind("txt").may_begin(b"hello") && kind("txt").may_begin(b""));
        assert!(!kind("txt").may_begin(b"<!DOCTYPE html><html>") && !kind("txt").may_begin(b"\x89PNG\r\n\x1a\n...."));
        assert!(!kind("png").may_begin(b"hello") && !kind("png").may_begin(b"<svg xmlns="));
        assert!(kind("pdf").may_begin(b"%PDF-1.7 ..") && !kind("txt").may_begin(b"%PDF-1.7 .."));
    }
}
