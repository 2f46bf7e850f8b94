//! Draws pictures, a few at a time, and keeps the last ones.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::Tree,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::fonts;
use crate::{error::AppError, platform::telemetry};

/// Drawing takes a core: others go on meanwhile.
const AT_ONCE: usize = 2;
/// How much is kept, in bytes. One picture has some ten thousand.
const KEPT: usize = 16 * 1024 * 1024;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// What was written is no picture, which is our mistake.
    #[error("a card cannot be drawn: {0}")]
    Drawing(String),
    /// The process ends.
    #[error("nobody draws any more")]
    Ending,
}

impl From<CardError> for AppError {
    fn from(error: CardError) -> Self {
        telemetry::report(&error, "share cards");
        Self::internal()
    }
}

/// A picture that is written, by its content.
pub type Tag = [u8; 32];

#[derive(Default)]
struct Kept {
    cards: VecDeque<(Tag, Bytes)>,
    size: usize,
}

/// Draws pictures.
#[derive(Clone)]
pub struct Cards {
    drawing: Arc<Semaphore>,
    kept: Arc<Mutex<Kept>>,
}

impl Default for Cards {
    fn default() -> Self {
        Self { drawing: Arc::new(Semaphore::new(AT_ONCE)), kept: Arc::default() }
    }
}

/// By what a picture is known.
#[must_use]
pub fn tag(svg: &str) -> Tag {
    Sha256::digest(svg.as_bytes()).into()
}

impl Cards {
    /// The picture of an SVG as a PNG.
    ///
    /// # Errors
    /// When the SVG is none.
    pub async fn png(&self, svg: String) -> Result<Bytes, CardError> {
        let tag = tag(&svg);
        if let Some(card) = self.known(&tag) {
            return Ok(card);
        }
        let permit = self.drawing.clone().acquire_owned().await.map_err(|_| CardError::Ending)?;
        // Whoever waited may find that it was drawn meanwhile.
        if let Some(card) = self.known(&tag) {
            return Ok(card);
        }
        let drawn = tokio::task::spawn_blocking(move || {
            let drawn = png(&svg);
            drop(permit);
            drawn
        });
        let card = Bytes::from(drawn.await.map_err(|error| CardError::Drawing(error.to_string()))??);
        self.keep(tag, card.clone());
        Ok(card)
    }

    fn known(&self, tag: &Tag) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.cards.iter().find(|(known, _)| known == tag).map(|(_, card)| card.clone())
    }

    fn keep(&self, tag: Tag, card: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.cards.iter().any(|(known, _)| *known == tag) {
            return;
        }
        kept.size += card.len();
        kept.cards.push_back((tag, card));
        while kept.size > KEPT {
            let Some((_, gone)) = kept.cards.pop_front() else { break };
            kept.size -= gone.len();
        }
    }
}

/// Draws it on this thread.
///
/// # Errors
/// When it is no SVG.
pub fn png(svg: &str) -> Result<Vec<u8>, CardError> {
    let failed = |what: &dyn std::fmt::Display| CardError::Drawing(what.to_string());
    let tree = Tree::from_str(svg, &fonts::options()).map_err(|error| failed(&error))?;
    let size = tree.size().to_int_size();
    let mut picture = Pixmap::new(size.width(), size.height()).ok_or_else(|| failed(&"it has no size"))?;
    resvg::render(&tree, Transform::default(), &mut picture.as_mut());
    picture.encode_png().map_err(|error| failed(&error))
}
