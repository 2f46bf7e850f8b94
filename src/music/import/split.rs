//! Finds the rows of a file that may be of any size, broken anywhere or made to do harm: one row at a time is in memory,
//! and none that is longer than a row can be.

use std::io::{BufRead, ErrorKind as IoErrorKind};

/// A row that is longer is none.
pub const LONGEST_ROW: usize = 256 * 1024;
/// How deep rows may lie within lists of lists.
const DEEPEST: usize = 8;

/// The next row, as far as it can be told without reading what is in it.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// Its bytes.
    Row(&'a [u8]),
    /// It is not what a row begins with.
    Junk,
    /// It is longer than a row can be.
    TooLong,
}

/// Why no further row comes.
#[derive(Debug)]
pub enum Broken {
    /// The file ends in the midst of something.
    CutOff,
    /// It cannot be read any further, for what the sentence says.
    Unreadable(String),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == IoErrorKind::UnexpectedEof { Self::CutOff } else { Self::Unreadable(error.to_string()) }
    }
}

/// What may hold rows, when its value is a list of them.
const LISTS: &[&[u8]] = &[b"track", b"tracks", b"listens", b"scrobbles", b"list"];
/// What may hold such a list.
const HOLDERS: &[&[u8]] = &[b"recenttracks", b"payload"];

/// The objects of a JSON file: of a list, of lists in it, of lists under the names that services use, or one after another.
pub struct Objects<R> {
    input: R,
    row: Vec<u8>,
    /// What is open around the next row: `[` or `{`.
    open: Vec<u8>,
}

impl<R: BufRead> Objects<R> {
    pub fn new(input: R) -> Self {
        Self { input, row: Vec::new(), open: Vec::new() }
    }

    fn peek(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self) -> Result<u8, Broken> {
        let byte = self.peek()?.ok_or(Broken::CutOff)?;
        self.input.consume(1);
        Ok(byte)
    }

    /// The next one; none at the end.
    ///
    /// # Errors
    /// When the file ends within a row or a list, or cannot be read.
    pub fn next(&mut self) -> Result<Option<Found<'_>>, Broken> {
        loop {
            let Some(byte) = self.peek()? else {
                return if self.open.is_empty() { Ok(None) } else { Err(Broken::CutOff) };
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xef | 0xbb | 0xbf => self.input.consume(1),
                b']' | b'}' => {
                    self.input.consume(1);
                    self.open.pop();
                }
                b'[' if self.open.len() < DEEPEST => {
                    self.input.consume(1);
                    self.open.push(b'[');
                }
                b'"' if self.open.last() == Some(&b'{') => self.member()?,
                b'{' => {
                    if let Some(whole) = self.object()? {
                        return Ok(Some(if whole { Found::Row(&self.row) } else { Found::TooLong }));
                    }
                }
                _ => {
                    self.row.clear();
                    self.value(false)?;
                    return Ok(Some(Found::Junk));
                }
            }
        }
    }

    /// Within an object that holds rows: passes over a member, or opens the list that it is.
    fn member(&mut self) -> Result<(), Broken> {
        self.row.clear();
        self.string(true)?;
        let opens = self.opens()?;
        if !opens {
            self.value(false)?;
        }
        Ok(())
    }

    /// Behind a name that stands at the end of `row`: whether its value holds rows, which is open then.
    fn opens(&mut self) -> Result<bool, Broken> {
        let start = self.row.iter().rposition(|byte| *byte == b'"').unwrap_or(0);
        let start = self.row[..start].iter().rposition(|byte| *byte == b'"').map_or(0, |at| at + 1);
        let name = self.row[start..].strip_suffix(b"\"").unwrap_or_default();
        let (list, holder) = (LISTS.contains(&name), HOLDERS.contains(&name));
        while let Some(b' ' | b'\t' | b'\r' | b'\n' | b':') = self.peek()? {
            let byte = self.take()?;
            self.keep(byte);
        }
        match self.peek()? {
            Some(b'[') if (list || holder) && self.open.len() < DEEPEST => {
                self.input.consume(1);
                self.open.push(b'[');
                Ok(true)
            }
            Some(b'{') if holder && self.open.len() < DEEPEST => {
                self.input.consume(1);
                self.open.push(b'{');
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.row.len() <= LONGEST_ROW {
            self.row.push(byte);
        }
    }

    /// Reads an object into `row`: whether all of it fits. None where it holds rows itself: then it is open.
    fn object(&mut self) -> Result<Option<bool>, Broken> {
        self.row.clear();
        let brace = self.take()?;
        self.keep(brace);
        self.open.push(b'{');
        loop {
            match self.peek()?.ok_or(Broken::CutOff)? {
                b'}' => {
                    self.input.consume(1);
                    self.keep(b'}');
                    self.open.pop();
                    return Ok(Some(self.row.len() <= LONGEST_ROW));
                }
                b'"' => {
                    self.string(true)?;
                    if self.row.len() <= LONGEST_ROW && self.opens()? {
                        return Ok(None);
                    }
                    self.value(true)?;
                }
                byte => {
                    self.input.consume(1);
                    self.keep(byte);
                }
            }
        }
    }

    /// Reads a value, in `row` or past it. Stops before what ends it.
    fn value(&mut self, keep: bool) -> Result<(), Broken> {
        let mut depth = 0_usize;
        loop {
            let Some(byte) = self.peek()? else {
                return if depth == 0 && self.open.is_empty() { Ok(()) } else { Err(Broken::CutOff) };
            };
            match byte {
                b'"' => self.string(keep)?,
                b',' | b'}' | b']' if depth == 0 => return Ok(()),
                // Junk that stands alone ends with its line.
                b'\n' if depth == 0 && !keep => return Ok(()),
                _ => {
                    match byte {
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    self.input.consume(1);
                    if keep {
                        self.keep(byte);
                    }
                }
            }
        }
    }

    /// Reads a string with its quotes.
    fn string(&mut self, keep: bool) -> Result<(), Broken> {
        let quote = self.take()?;
        if keep {
            self.keep(quote);
        }
        let mut escaped = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok([]) => return Err(Broken::CutOff),
                Ok(buffer) => buffer,
                Err(error) if error.kind() == IoErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let mut end = None;
            for (at, byte) in buffer.iter().enumerate() {
                if escaped {
                    escaped = false;
                } else if *byte == b'\\' {
                    escaped = true;
                } else if *byte == b'"' {
                    end = Some(at + 1);
                    break;
                }
            }
            let read = end.unwrap_or(buffer.len());
            if keep && self.row.len() <= LONGEST_ROW {
                self.row.extend_from_slice(&buffer[..read.min(LONGEST_ROW + 1)]);
            }
            self.input.consume(read);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// The lines of a file of values between commas; a line break within quotes ends none.
pub struct Lines<R> {
    input: R,
    row: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, row: Vec::new() }
    }

    /// The next one that is not empty; none at the end.
    ///
    /// # Errors
    /// When the file ends within quotes, or cannot be read.
    pub fn next(&mut self) -> Result<Option<Found<'_>>, Broken> {
        self.row.clear();
        let (mut quoted, mut field_begins, mut long) = (false, true, false);
        let mut byte = [0];
        loop {
            if self.input.read(&mut byte)? == 0 {
                if quoted {
                    return Err(Broken::CutOff);
                }
                break;
            }
            match byte[0] {
                b'\n' if !quoted && (long || self.row.iter().any(|byte| !byte.is_ascii_whitespace())) => break,
                b'\n' if !quoted => {
                    self.row.clear();
                    field_begins = true;
                    continue;
                }
                b'"' if quoted => quoted = false,
                // A second one within quotes, which stands for one.
                b'"' if field_begins || self.row.last() == Some(&b'"') => quoted = true,
                _ => {}
            }
            field_begins = byte[0] == b',' || byte[0] == b';' || byte[0] == b'\t';
            if self.row.len() < LONGEST_ROW {
                self.row.push(byte[0]);
            } else {
                long = true;
                // Else a quote that is never closed would make one row of all that follows.
                quoted = false;
            }
        }
        if long {
            return Ok(Some(Found::TooLong));
        }
        let empty = self.row.iter().all(u8::is_ascii_whitespace);
        Ok((!empty).then_some(Found::Row(&self.row)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;

    use super::*;

    fn objects(text: &str, buffer: usize) -> (Vec<String>, bool) {
        let mut rows = Objects::new(BufReader::with_capacity(buffer, Cursor::new(text.as_bytes().to_vec())));
        let mut found = Vec::new();
        loop {
            match rows.next() {
                Ok(Some(Found::Row(row))) => found.push(String::from_utf8_lossy(row).into_owned()),
                Ok(Some(Found::Junk)) => found.push("junk".to_owned()),
                Ok(Some(Found::TooLong)) => found.push("long".to_owned()),
                Ok(None) => return (found, true),
                Err(_) => return (found, false),
            }
        }
    }

    fn lines(text: &str) -> Vec<String> {
        let mut rows = Lines::new(BufReader::with_capacity(3, text.as_bytes()));
        let mut found = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            if let Found::Row(row) = row {
                found.push(String::from_utf8_lossy(row).trim_end().to_owned());
            }
        }
        found
    }

    #[test]
    fn rows_are_found_wherever_services_put_them() {
        let two = [r#"{"a":{"b":[1,"}"]}}"#.to_owned(), r#"{"a":"\"]"}"#.to_owned()];
        for around in [
            "[ONE,TWO]",
            "\u{feff}[ ONE ,\n TWO ]\n",
            "ONE\nTWO\n",
            "[[ONE],[TWO]]",
            r#"{"user":"x","recenttracks":{"@attr":{"a":"["},"track":[ONE,TWO],"z":1}}"#,
            r#"[{"recenttracks":{"track":[ONE]}},{"recenttracks":{"track":TWO_ALONE}}]"#,
            r#"{"payload":{"count":2,"listens":[ONE,TWO]}}"#,
            "[ONE TWO]",
        ] {
            let alone = format!("[{}]", two[1]);
            let text = around.replace("TWO_ALONE", &alone).replace("ONE", &two[0]).replace("TWO", &two[1]);
            for buffer in [1, 7, 64 * 1024] {
                assert_eq!(objects(&text, buffer), (two.to_vec(), true), "{text}");
            }
        }
    }

    #[test]
    fn what_is_broken_costs_no_more_than_itself() {
        assert_eq!(objects(r#"[{"a":1},nonsense,{"a":2}]"#, 5).0, [r#"{"a":1}"#, "junk", r#"{"a":2}"#]);
        assert_eq!(objects(r#"[{"a":1},{"a":"#, 5), (vec![r#"{"a":1}"#.to_owned()], false));
        assert_eq!(objects(r#"[{"a":1}"#, 5), (vec![r#"{"a":1}"#.to_owned()], false));
        let long = format!(r#"[{{"a":"{}"}},{{"a":2}}]"#, "x".repeat(LONGEST_ROW));
        assert_eq!(objects(&long, 4_096).0, ["long", r#"{"a":2}"#]);
        let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(objects(&deep, 4_096), (vec!["junk".to_owned()], true));
    }

    #[test]
    fn lines_may_break_within_quotes() {
        assert_eq!(lines("a,b\r\n\r\n\"x\ny\",z\n7\" single,c\n"), ["a,b", "\"x\ny\",z", "7\" single,c"]);
        assert_eq!(lines("\"a \"\"b\"\"\nc\",d\ne"), ["\"a \"\"b\"\"\nc\",d", "e"]);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(prop_oneof![
            Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b','), Just(b':'), any::<u8>()
        ], 0..400)) {
            let mut rows = Objects::new(BufReader::with_capacity(7, bytes.as_slice()));
            let mut found = 0;
            while let Ok(Some(_)) = rows.next() {
                found += 1;
                prop_assert!(found <= bytes.len());
            }
            let mut rows = Lines::new(BufReader::with_capacity(7, bytes.as_slice()));
            while let Ok(Some(_)) = rows.next() {
                found += 1;
                prop_assert!(found <= 2 * bytes.len());
            }
        }
    }
}
