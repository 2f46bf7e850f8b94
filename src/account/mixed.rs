//! Files that are something else as well: a page, a script or an archive inside what calls itself a picture.

/// What a page or a script gives itself away by.
const MARKUP: [&[u8]; 8] =
    [b"<script", b"<html", b"<!doctype", b"<iframe", b"<svg ", b"<svg>", b"<?php", b"<foreignobject"];
const LONGEST_MARK: usize = 14;
/// The end of a zip archive's directory; it stands within the last 64 KB of the file.
const ARCHIVE_END: &[u8] = b"PK\x05\x06";
const ARCHIVE_TAIL: usize = 65_557;
const DOCUMENT: &[u8] = b"%PDF-";
const DOCUMENT_HEAD: usize = 1_024;

/// Looks through a file that comes piece by piece.
pub struct Mixed {
    markup_matters: bool,
    head: Vec<u8>,
    tail: Vec<u8>,
    markup: bool,
}

impl Mixed {
    /// Looks for a document and for an archive, and for markup where that matters: it costs a look at every byte.
    pub fn new(markup_matters: bool) -> Self {
        Self { markup_matters, head: Vec::new(), tail: Vec::new(), markup: false }
    }

    /// The next piece.
    pub fn read(&mut self, piece: &[u8]) {
        // A mark may lie across two pieces.
        if self.markup_matters && !self.markup {
            let kept = self.tail.len().saturating_sub(LONGEST_MARK - 1);
            let across = [&self.tail[kept..], &piece[..piece.len().min(LONGEST_MARK - 1)]].concat();
            self.markup = holds_markup(&across) || holds_markup(piece);
        }
        let wanted = DOCUMENT_HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&piece[..piece.len().min(wanted)]);
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(ARCHIVE_TAIL)..]);
        if self.tail.len() > 2 * ARCHIVE_TAIL {
            self.tail.drain(..self.tail.len() - ARCHIVE_TAIL);
        }
    }

    /// Whether it holds a page or a script.
    pub fn has_markup(&self) -> bool {
        self.markup
    }

    /// Whether it can be opened as an archive.
    pub fn has_archive(&self) -> bool {
        contains(&self.tail[self.tail.len().saturating_sub(ARCHIVE_TAIL)..], ARCHIVE_END)
    }

    /// Whether it can be opened as a document (PDF); readers look for its beginning within the first kilobyte.
    pub fn has_document(&self) -> bool {
        contains(&self.head, DOCUMENT)
    }
}

fn holds_markup(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'<').any(|(at, _)| {
        MARKUP.iter().any(|mark| bytes.get(at..at + mark.len()).is_some_and(|here| here.eq_ignore_ascii_case(mark)))
    })
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_however_the_pieces_fall() {
        let page = b"GIF89a....<foreignObject>....";
        for at in 0..page.len() {
            let mut mixed = Mixed::new(true);
            mixed.read(&page[..at]);
            mixed.read(&page[at..]);
            assert!(mixed.has_markup(), "{at}");
        }
        let mut bytewise = Mixed::new(true);
        page.iter().for_each(|byte| bytewise.read(&[*byte]));
        assert!(bytewise.has_markup());

        let mut archive = Mixed::new(true);
        (0..40).for_each(|_| archive.read(&[b'a'; 10_000]));
        assert!(!archive.has_archive());
        archive.read(b"P");
        archive.read(b"K\x05\x06 and a comment");
        assert!(archive.has_archive());
        (0..7).for_each(|_| archive.read(&[b'a'; 10_000]));
        assert!(!archive.has_archive(), "too far from the end to be read as one");
    }
}
