//! The uploaded file as something that can be read and sought in by a thread, one stretch at a time, wherever it lies.

use std::{
    io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::body::Bytes;
use futures::StreamExt as _;
use tokio::runtime::Handle;

use crate::platform::files::{Files, Key, Pieces};

/// What others see of how reading goes.
#[derive(Clone)]
pub struct Gauge {
    at: Arc<AtomicU64>,
    away: Arc<AtomicBool>,
    budget: Arc<AtomicU64>,
}

impl Default for Gauge {
    fn default() -> Self {
        Self { at: Arc::default(), away: Arc::default(), budget: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Gauge {
    /// Where it is being read, in bytes.
    pub fn at(&self) -> u64 {
        self.at.load(Ordering::Relaxed)
    }

    /// Lets only so much be read from now on, so that no list of contents can fill the memory; none: all.
    pub fn limit(&self, budget: Option<u64>) {
        self.budget.store(budget.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether the store failed: then what was read tells nothing about the file.
    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }
}

/// The file, read in a thread that may wait.
pub struct SourceFile {
    files: Files,
    key: Key,
    size: u64,
    runtime: Handle,
    at: u64,
    /// The stream from `at` on, and what is left of its last piece.
    pieces: Option<Pieces>,
    piece: Bytes,
    gauge: Gauge,
}

impl SourceFile {
    pub fn new(files: Files, key: Key, size: u64, runtime: Handle, gauge: Gauge) -> Self {
        Self { files, key, size, runtime, at: 0, pieces: None, piece: Bytes::new(), gauge }
    }

    fn away(&self, error: impl std::fmt::Display) -> IoError {
        self.gauge.away.store(true, Ordering::Relaxed);
        IoError::other(error.to_string())
    }

    fn refill(&mut self) -> Result<(), IoError> {
        while self.piece.is_empty() && self.at < self.size {
            if self.pieces.is_none() {
                let read = self.files.read(&self.key, Some(self.at..self.size));
                let pieces = self.runtime.block_on(read).map_err(|error| self.away(error))?;
                self.pieces = Some(pieces.ok_or_else(|| self.away("the file is not in the store"))?);
            }
            let Some(pieces) = &mut self.pieces else { break };
            match self.runtime.block_on(pieces.next()) {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => return Err(self.away(error)),
                None => return Err(self.away("the store gave less than there is")),
            }
        }
        Ok(())
    }
}

impl Read for SourceFile {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, IoError> {
        self.refill()?;
        let read = into.len().min(self.piece.len());
        let left = self.gauge.budget.load(Ordering::Relaxed);
        if left != u64::MAX {
            let left = left
                .checked_sub(read as u64)
                .ok_or_else(|| IoError::new(ErrorKind::InvalidData, "its list of contents is too long"))?;
            self.gauge.budget.store(left, Ordering::Relaxed);
        }
        into[..read].copy_from_slice(&self.piece.split_to(read));
        self.at += read as u64;
        self.gauge.at.store(self.at, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for SourceFile {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, IoError> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let target = target.ok_or_else(|| IoError::new(ErrorKind::InvalidInput, "before the beginning"))?;
        match target.checked_sub(self.at) {
            Some(ahead) if ahead <= self.piece.len() as u64 => {
                let _passed = self.piece.split_to(usize::try_from(ahead).unwrap_or(0));
            }
            _ => {
                self.piece = Bytes::new();
                self.pieces = None;
            }
        }
        self.at = target;
        Ok(target)
    }
}
