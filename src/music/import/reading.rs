//! Reads a file from where it was left, in a thread of its own: batches of plays, with the place behind each.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Error as IoError, ErrorKind, Read, Seek as _, SeekFrom},
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zip::ZipArchive;

use super::{
    row::{self, Columns, Skipped},
    source_file::{Gauge, SourceFile},
    split::{Broken, Found, Lines, Objects},
};
use crate::music::{heard::Heard, source::SourceKind};

/// How many plays are written in one step, and how many rows are passed over at most for it.
const PLAYS: usize = 4_000;
const ROWS: i64 = 20_000;
/// What no archive of plays needs.
pub const MOST_ENTRIES: usize = 1_000;
const LONGEST_CONTENTS: u64 = 4 * 1024 * 1024;
const MOST_UNPACKED: u64 = 8 * 1024 * 1024 * 1024;
/// So many times larger may a file of an archive be than it is packed, once it is of some size.
const MOST_RATIO: u64 = 200;
const SOME_SIZE: u64 = 16 * 1024 * 1024;
const MOST_ROWS: i64 = 20_000_000;
const READ_AT_ONCE: usize = 64 * 1024;

/// Where reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which file of the archive; a file that is none has one.
    pub entry: i32,
    /// Which row of it.
    pub row: i64,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub file: String,
    /// Counted from one.
    pub row: i64,
    pub reason: String,
}

/// What was read since the step before.
#[derive(Debug)]
pub struct Batch {
    /// What follows begins here.
    pub next: Place,
    pub bytes: u64,
    pub rows: i64,
    pub plays: Vec<(SourceKind, Heard)>,
    pub skipped: BTreeMap<Skipped, i64>,
    pub faults: Vec<Fault>,
    /// Why a file of it was not read to its end.
    pub broke_off: Option<String>,
}

/// What the thread tells.
#[derive(Debug)]
pub enum Step {
    Batch(Box<Batch>),
    /// All is read.
    End,
    /// The store failed: it has to be read again from the last place.
    Away,
}

/// Who hears the steps; `false`: nobody does any more.
pub trait Listener: FnMut(Step) -> bool {}
impl<F: FnMut(Step) -> bool> Listener for F {}

/// Reads all from a place on.
pub fn read(mut file: SourceFile, gauge: &Gauge, name: &str, from: Place, latest: OffsetDateTime, tell: impl Listener) {
    let mut reading = Reading { gauge: gauge.clone(), latest, tell, total: 0, batch: Batch::at(from), unpacked: 0 };
    let mut head = [0; 4];
    let archive = file.read_exact(&mut head).is_ok() && head == *b"PK\x03\x04";
    let done = match file.seek(SeekFrom::Start(0)) {
        Err(_) => Err(Stop),
        Ok(_) if archive => reading.archive(file, name, from),
        Ok(_) => reading.whole(file, name, from),
    };
    if gauge.is_away() {
        let _heard = (reading.tell)(Step::Away);
    } else if done.is_ok() {
        let _heard = (reading.tell)(Step::End);
    }
}

/// Nobody listens, or the store is away.
struct Stop;

struct Reading<F> {
    gauge: Gauge,
    latest: OffsetDateTime,
    tell: F,
    total: i64,
    batch: Batch,
    unpacked: u64,
}

impl Batch {
    fn at(next: Place) -> Self {
        Self {
            next,
            bytes: 0,
            rows: 0,
            plays: Vec::new(),
            skipped: BTreeMap::new(),
            faults: Vec::new(),
            broke_off: None,
        }
    }
}

impl<F: Listener> Reading<F> {
    fn send(&mut self, next: Place) -> Result<(), Stop> {
        if self.gauge.is_away() {
            return Err(Stop);
        }
        let mut batch = std::mem::replace(&mut self.batch, Batch::at(next));
        batch.next = next;
        batch.bytes = self.gauge.at();
        if (self.tell)(Step::Batch(Box::new(batch))) { Ok(()) } else { Err(Stop) }
    }

    fn break_off(&mut self, sentence: String) {
        self.batch.broke_off = Some(sentence);
    }

    fn whole(&mut self, file: SourceFile, name: &str, from: Place) -> Result<(), Stop> {
        if from.entry > 0 {
            return Ok(());
        }
        if !self.rows(BufReader::with_capacity(READ_AT_ONCE, file), name, 0, from.row)? {
            self.batch.skipped.clear();
            self.break_off(format!("«{name}» is none of the files that can be read here."));
        }
        self.send(Place { entry: 1, row: 0 })
    }

    fn archive(&mut self, file: SourceFile, name: &str, from: Place) -> Result<(), Stop> {
        self.gauge.limit(Some(LONGEST_CONTENTS));
        let opened = ZipArchive::new(file);
        self.gauge.limit(None);
        let mut archive = match opened {
            Ok(archive) if archive.len() <= MOST_ENTRIES => archive,
            Ok(_) => {
                self.break_off(format!("The archive holds more than {MOST_ENTRIES} files, so none of it was read."));
                return self.send(Place { entry: i32::MAX, row: 0 });
            }
            Err(_) => {
                self.break_off(format!("«{name}» is an archive that is damaged or not whole, so none of it was read."));
                return self.send(Place { entry: i32::MAX, row: 0 });
            }
        };
        let entries = i32::try_from(archive.len()).unwrap_or(i32::MAX);
        for entry in from.entry.max(0)..entries {
            let skip = if entry == from.entry { from.row } else { 0 };
            let over = self.entry(&mut archive, entry, skip)?;
            self.send(Place { entry: if over { i32::MAX } else { entry + 1 }, row: 0 })?;
            if over {
                break;
            }
        }
        Ok(())
    }

    /// Reads a file of an archive: whether the others must not be.
    fn entry(&mut self, archive: &mut ZipArchive<SourceFile>, entry: i32, skip: i64) -> Result<bool, Stop> {
        let Ok(index) = usize::try_from(entry) else { return Ok(true) };
        let opened = archive.by_index(index);
        let file = match opened {
            Ok(file) if file.is_dir() => return Ok(false),
            Ok(file) => file,
            Err(_) => {
                self.skip(Skipped::OtherFile);
                return Ok(false);
            }
        };
        let name: String = match file.name() {
            Ok(name) => name.chars().filter(|letter| !letter.is_control()).take(200).collect(),
            Err(_) => format!("file {}", index + 1),
        };
        let most = (file.compressed_size().saturating_mul(MOST_RATIO)).max(SOME_SIZE);
        let left = MOST_UNPACKED.saturating_sub(self.unpacked);
        let mut swollen = false;
        let mut unpacked = 0;
        let guarded = Guarded { inner: file, read: &mut unpacked, most: most.min(left), swollen: &mut swollen };
        let known = self.rows(BufReader::with_capacity(READ_AT_ONCE, guarded), &name, entry, skip)?;
        self.unpacked += unpacked;
        if swollen {
            self.break_off(format!(
                "«{name}» unpacks to far more than files of plays do, so the rest of the archive was not read."
            ));
            return Ok(true);
        }
        if !known {
            self.skip(Skipped::OtherFile);
        }
        Ok(self.total > MOST_ROWS)
    }

    fn skip(&mut self, why: Skipped) {
        *self.batch.skipped.entry(why).or_default() += 1;
    }

    /// Reads the rows of one file from a row on: whether it is of a kind that has any.
    fn rows(&mut self, mut input: impl BufRead, name: &str, entry: i32, skip: i64) -> Result<bool, Stop> {
        let head = match input.fill_buf() {
            Ok(head) => head,
            Err(error) => {
                self.cut(name, 0, &error.into());
                return Ok(true);
            }
        };
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let first = head.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        let text = !head.iter().take(1_024).any(|byte| *byte == 0);
        match first {
            Some(b'[' | b'{') => {
                let mut rows = Objects::new(input);
                let latest = self.latest;
                self.each(name, entry, skip, |read| match rows.next()? {
                    None => Ok(None),
                    Some(Found::Row(bytes)) => Ok(Some(read.then(|| row::object(bytes, latest)))),
                    Some(Found::Junk) => Ok(Some(read.then_some(Err(Skipped::NoPlay)))),
                    Some(Found::TooLong) => Ok(Some(read.then_some(Err(Skipped::TooLong)))),
                })?;
                Ok(true)
            }
            Some(_) if text => self.lines(input, name, entry, skip),
            _ => Ok(false),
        }
    }

    fn lines(&mut self, input: impl BufRead, name: &str, entry: i32, skip: i64) -> Result<bool, Stop> {
        let mut rows = Lines::new(input);
        let Ok(Some(Found::Row(first))) = rows.next() else { return Ok(false) };
        let Some((columns, play)) = Columns::of(first) else { return Ok(false) };
        let mut first = Some(first.to_owned());
        let latest = self.latest;
        self.each(name, entry, skip, |read| {
            // The first one is a row like the others; a row of names is passed over as «not about a play» would be.
            if let Some(first) = first.take() {
                return Ok(Some((read && play).then(|| columns.row(&first, latest))));
            }
            match rows.next()? {
                None => Ok(None),
                Some(Found::Row(bytes)) => Ok(Some(read.then(|| columns.row(bytes, latest)))),
                Some(_) => Ok(Some(read.then_some(Err(Skipped::TooLong)))),
            }
        })?;
        Ok(true)
    }

    /// Goes through rows: `next` gives the next one, told whether it is wanted; none at the end.
    fn each(
        &mut self,
        name: &str,
        entry: i32,
        skip: i64,
        mut next: impl FnMut(bool) -> Result<Option<Option<Outcome>>, Broken>,
    ) -> Result<(), Stop> {
        let mut row = 0;
        loop {
            let outcome = match next(row >= skip) {
                Ok(None) => return Ok(()),
                Ok(Some(outcome)) => outcome,
                Err(broken) => {
                    self.cut(name, row, &broken);
                    return Ok(());
                }
            };
            row += 1;
            let Some(outcome) = outcome else { continue };
            self.total += 1;
            self.batch.rows += 1;
            match outcome {
                Ok(play) => self.batch.plays.push(play),
                Err(why) => {
                    self.skip(why);
                    if why.is_fault() {
                        let reason = why.words().to_owned();
                        self.batch.faults.push(Fault { file: name.to_owned(), row, reason });
                        self.batch.faults.truncate(MOST_FAULTS);
                    }
                }
            }
            if self.total > MOST_ROWS {
                self.break_off(format!("There are more than {MOST_ROWS} rows; the rest was not read."));
                return Ok(());
            }
            if self.batch.plays.len() >= PLAYS || self.batch.rows >= ROWS {
                self.send(Place { entry, row })?;
            }
        }
    }

    fn cut(&mut self, name: &str, rows: i64, broken: &Broken) {
        let why = match broken {
            Broken::CutOff => "it ends in the midst of a row, as files do that were not loaded to their end".to_owned(),
            Broken::Unreadable(why) => format!("it is damaged ({why})"),
        };
        self.break_off(format!("«{name}» could be read as far as row {rows}: {why}. What was read is kept."));
    }
}

/// How many faults are listed.
pub const MOST_FAULTS: usize = 100;

type Outcome = Result<(SourceKind, Heard), Skipped>;

/// A file of an archive that must not swell.
struct Guarded<'a, R> {
    inner: R,
    read: &'a mut u64,
    most: u64,
    swollen: &'a mut bool,
}

impl<R: Read> Read for Guarded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, IoError> {
        let read = self.inner.read(into)?;
        *self.read += read as u64;
        if *self.read > self.most {
            *self.swollen = true;
            return Err(IoError::new(ErrorKind::InvalidData, "too large"));
        }
        Ok(read)
    }
}
