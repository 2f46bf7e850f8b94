//! What an answer takes of the model: as its operator counts, or about, where a stop or a cut comes before that count.

use crate::billing::Taken;

/// English text has about four bytes a token.
const BYTES_OF_A_TOKEN: u64 = 4;

#[derive(Default)]
pub(super) struct Meter {
    taken: Taken,
    /// The question that nobody has counted yet: about how much was to be read, and how many bytes were written.
    open: Option<(u64, u64)>,
}

impl Meter {
    /// Goes on from what was taken before.
    pub(super) fn resume(&mut self, taken: Taken) {
        self.taken = taken;
    }

    /// What was taken and counted so far.
    pub(super) fn counted(&self) -> Taken {
        self.taken.clone()
    }

    /// Which model answers.
    pub(super) fn model(&mut self, name: &str) {
        self.taken.model = Some(name.to_owned());
    }

    /// The model is asked anew, with about so much to read.
    pub(super) fn asked(&mut self, tokens: u64) {
        self.close();
        self.open = Some((tokens, 0));
    }

    /// It has written something.
    pub(super) fn wrote(&mut self, text: &str) {
        if let Some((_, bytes)) = &mut self.open {
            *bytes += text.len() as u64;
        }
    }

    /// Its operator has counted.
    pub(super) fn took(&mut self, read: u64, written: u64) {
        self.open = None;
        self.taken.read = self.taken.read.saturating_add(read);
        self.taken.written = self.taken.written.saturating_add(written);
    }

    /// What all of it took.
    pub(super) fn read_off(&mut self) -> Taken {
        self.close();
        self.taken.clone()
    }

    fn close(&mut self) {
        if let Some((read, bytes)) = self.open.take() {
            self.took(read, bytes.div_ceil(BYTES_OF_A_TOKEN));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_counted_is_estimated() {
        let mut meter = Meter::default();
        assert_eq!(meter.read_off(), Taken::default());
        meter.model("small");
        meter.asked(100);
        meter.wrote("12345678");
        meter.took(90, 3);
        meter.asked(200);
        meter.wrote("12345");
        let taken = Taken { model: Some("small".to_owned()), read: 290, written: 5 };
        assert_eq!(meter.read_off(), taken);
        assert_eq!(meter.read_off(), taken, "reading it off again changes nothing");
    }
}
