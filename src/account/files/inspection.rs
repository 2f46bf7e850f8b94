//! Looking at a file while it comes in.

use std::io::Cursor;

use image::ImageReader;

use super::{
    error::FileError,
    kind::{Kind, Nature},
};
use crate::account::{mixed::Mixed, picture::MOST_PIXELS};

/// What tells a kind stands within this.
const BEGINNING: usize = 8 * 1024;
/// What tells the size of a picture stands within this, also behind what cameras write before it.
const HEAD: usize = 1024 * 1024;
/// The longest beginning of a letter in UTF-8 that may be cut off.
const LETTER: usize = 3;

/// What is known of a file so far.
pub struct Inspection {
    kind: &'static Kind,
    head: Vec<u8>,
    begins_right: bool,
    /// How much of the head was looked at for the size of a picture; none when it is known.
    sought: Option<usize>,
    mixed: Mixed,
    /// A letter whose end has not come yet.
    cut: Vec<u8>,
}

impl Inspection {
    pub fn new(kind: &'static Kind) -> Self {
        let picture = matches!(kind.nature, Nature::Picture(_));
        let (sought, mixed) = (picture.then_some(0), Mixed::new(picture));
        Self { kind, head: Vec::new(), begins_right: false, sought, mixed, cut: Vec::new() }
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// As soon as it cannot be of its kind any more.
    pub fn read(&mut self, piece: &[u8]) -> Result<(), FileError> {
        if !self.begins_right || self.sought.is_some() {
            let wanted = HEAD.saturating_sub(self.head.len());
            self.head.extend_from_slice(&piece[..piece.len().min(wanted)]);
        }
        if self.head.len() >= BEGINNING {
            self.begins()?;
            self.size(false)?;
        }
        match self.kind.nature {
            Nature::Text => self.text(piece),
            _ => {
                self.mixed.read(piece);
                Ok(())
            }
        }
    }

    /// Says that this was all.
    ///
    /// # Errors
    /// When it is not of its kind, is more than that, or ends too early.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.begins()?;
        self.size(true)?;
        let mixed = match self.kind.nature {
            Nature::Picture(_) => self.mixed.has_markup() || self.mixed.has_archive() || self.mixed.has_document(),
            Nature::Other if self.kind.media_type == "application/pdf" => self.mixed.has_archive(),
            Nature::Other => self.mixed.has_archive() || self.mixed.has_document(),
            Nature::Archive => self.mixed.has_document(),
            Nature::Text if !self.cut.is_empty() => return Err(FileError::NoText),
            Nature::Text => false,
        };
        if mixed { Err(FileError::Mixed) } else { Ok(()) }
    }

    fn begins(&mut self) -> Result<(), FileError> {
        if !self.begins_right && !self.kind.may_begin(&self.head[..self.head.len().min(BEGINNING)]) {
            return Err(FileError::OtherKind);
        }
        self.begins_right = true;
        Ok(())
    }

    /// Reads the size of a picture as soon as it stands in the head. To look again, twice as much must have come.
    fn size(&mut self, all: bool) -> Result<(), FileError> {
        let (Nature::Picture(format), Some(sought)) = (self.kind.nature, self.sought) else { return Ok(()) };
        let last = all || self.head.len() == HEAD;
        if !last && self.head.len() < 2 * sought {
            return Ok(());
        }
        match ImageReader::with_format(Cursor::new(&self.head), format).into_dimensions() {
            Ok((width, height)) if u64::from(width) * u64::from(height) > MOST_PIXELS => Err(FileError::TooManyPixels),
            Ok(_) => {
                self.sought = None;
                self.head = Vec::new();
                Ok(())
            }
            Err(image::ImageError::Limits(_)) => Err(FileError::TooManyPixels),
            Err(_) if last => Err(FileError::OtherKind),
            Err(_) => {
                self.sought = Some(self.head.len());
                Ok(())
            }
        }
    }

    fn text(&mut self, piece: &[u8]) -> Result<(), FileError> {
        let joined = if self.cut.is_empty() { None } else { Some([&self.cut, piece].concat()) };
        let piece = joined.as_deref().unwrap_or(piece);
        let valid = match std::str::from_utf8(piece) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() && piece.len() - error.valid_up_to() <= LETTER => {
                std::str::from_utf8(&piece[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return Err(FileError::NoText),
        };
        if valid.bytes().any(|byte| byte == 0) {
            return Err(FileError::NoText);
        }
        self.cut = piece[valid.len()..].to_vec();
        Ok(())
    }
}
