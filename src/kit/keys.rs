//! The keys of the app: the one table that pages obey and that the list of keys shows.
//!
//! No key here is one that browsers or screen readers have for themselves. The only one that is a single character
//! works while nothing is being written, and can be switched off (WCAG 2.2, 2.1.4).

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    OpenPalette,
    ListKeys,
    ToggleSidebar,
    PreviousConversation,
    NextConversation,
    Write,
    EditLastQuestion,
    StopAnswer,
    CopyLastAnswer,
}

/// What is held down with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Nothing,
    /// ⌘ on a Mac, Ctrl elsewhere.
    Command,
    AltShift,
}

/// Where the focus has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum While {
    /// Wherever it is.
    Always,
    /// Outside of fields.
    NotWriting,
    /// Anywhere but in a field with text, where the key moves or selects.
    NoText,
    /// In a field without text.
    EmptyField,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub deed: Deed,
    /// What it does, for people.
    pub says: &'static str,
    /// Under which heading it is listed.
    pub part: &'static str,
    pub held: Held,
    /// As browsers name it (`KeyboardEvent.key`).
    pub key: &'static str,
    pub during: While,
}

const EVERYWHERE: &str = "Everywhere";
const CHAT: &str = "In a conversation";

const fn key(deed: Deed, says: &'static str, part: &'static str, held: Held, key: &'static str, during: While) -> Key {
    Key { deed, says, part, held, key, during }
}

/// Every key, in the order in which they are listed.
pub const TABLE: [Key; 10] = [
    key(Deed::OpenPalette, "Search and commands", EVERYWHERE, Held::Command, "k", While::Always),
    key(Deed::ListKeys, "Keys", EVERYWHERE, Held::Command, "/", While::Always),
    key(Deed::ListKeys, "Keys", EVERYWHERE, Held::Nothing, "?", While::NotWriting),
    key(Deed::ToggleSidebar, "Show or hide the sidebar", EVERYWHERE, Held::AltShift, "ArrowLeft", While::NoText),
    key(Deed::PreviousConversation, "Previous conversation", EVERYWHERE, Held::AltShift, "ArrowUp", While::NoText),
    key(Deed::NextConversation, "Next conversation", EVERYWHERE, Held::AltShift, "ArrowDown", While::NoText),
    key(Deed::Write, "Write a question", CHAT, Held::AltShift, "q", While::Always),
    key(Deed::EditLastQuestion, "Edit the last question", CHAT, Held::Nothing, "ArrowUp", While::EmptyField),
    key(Deed::StopAnswer, "Stop the answer", CHAT, Held::Nothing, "Escape", While::Always),
    key(Deed::CopyLastAnswer, "Copy the last answer", CHAT, Held::AltShift, "y", While::Always),
];

/// Where the focus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Not in a field.
    Elsewhere,
    EmptyField,
    FieldWithText,
}

/// A key as it was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// What it writes.
    pub key: String,
    /// Where it is on the keyboard, as `KeyQ`.
    pub code: String,
    pub control: bool,
    pub meta: bool,
    pub alt: bool,
    pub shift: bool,
    pub focus: Focus,
    pub is_mac: bool,
    /// Whether people let a single character do something.
    pub single_keys: bool,
}

impl Press {
    /// What it asks for.
    #[must_use]
    pub fn deed(&self) -> Option<Deed> {
        TABLE.iter().find(|key| self.is(key)).map(|key| key.deed)
    }

    fn is(&self, key: &Key) -> bool {
        // With Option held, keys of a Mac write other characters: there the place counts.
        let same = self.key.eq_ignore_ascii_case(key.key)
            || (self.is_mac
                && key.held == Held::AltShift
                && self.code.strip_prefix("Key").is_some_and(|letter| letter.eq_ignore_ascii_case(key.key)));
        let held = match key.held {
            // A character may need Shift; a key that writes nothing does not.
            Held::Nothing => !self.control && !self.meta && !self.alt && (!self.shift || key.is_single()),
            Held::Command => {
                let (command, other) = if self.is_mac { (self.meta, self.control) } else { (self.control, self.meta) };
                command && !other && !self.alt && (!self.shift || !key.is_letter())
            }
            Held::AltShift => self.alt && self.shift && !self.control && !self.meta,
        };
        let during = match key.during {
            While::Always => true,
            While::NotWriting => self.focus == Focus::Elsewhere,
            While::NoText => self.focus != Focus::FieldWithText,
            While::EmptyField => self.focus == Focus::EmptyField,
        };
        same && held && during && (self.single_keys || !key.is_single())
    }
}

impl Key {
    /// Whether it is a character by itself, which speech input may say by chance.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.held == Held::Nothing && self.key.len() == 1
    }

    fn is_letter(&self) -> bool {
        self.key.len() == 1 && self.key.chars().all(|character| character.is_ascii_alphabetic())
    }

    /// The caps that are pressed, in their order, as they are written on this keyboard.
    #[must_use]
    pub fn caps(&self, is_mac: bool) -> Vec<String> {
        let held: &[&str] = match (self.held, is_mac) {
            (Held::Nothing, _) => &[],
            (Held::Command, true) => &["⌘"],
            (Held::Command, false) => &["Ctrl"],
            (Held::AltShift, true) => &["⌥", "⇧"],
            (Held::AltShift, false) => &["Alt", "Shift"],
        };
        let cap = match self.key {
            "ArrowUp" => "↑".to_owned(),
            "ArrowDown" => "↓".to_owned(),
            "ArrowLeft" => "←".to_owned(),
            "Escape" => "Esc".to_owned(),
            letter => letter.to_uppercase(),
        };
        held.iter().map(|cap| (*cap).to_owned()).chain([cap]).collect()
    }

    /// The same for `aria-keyshortcuts`.
    #[must_use]
    pub fn aria(&self, is_mac: bool) -> String {
        let held = match (self.held, is_mac) {
            (Held::Nothing, _) => "",
            (Held::Command, true) => "Meta+",
            (Held::Command, false) => "Control+",
            (Held::AltShift, _) => "Alt+Shift+",
        };
        format!("{held}{}", if self.is_letter() { self.key.to_uppercase() } else { self.key.to_owned() })
    }
}

/// The first key of a deed.
#[must_use]
pub fn of(deed: Deed) -> Option<&'static Key> {
    TABLE.iter().find(|key| key.deed == deed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(held: &str, key: &str, focus: Focus) -> Press {
        let has = |name: &str| held.split('+').any(|one| one == name);
        Press {
            key: key.to_owned(),
            code: format!("Key{}", key.to_uppercase()),
            control: has("ctrl"),
            meta: has("meta"),
            alt: has("alt"),
            shift: has("shift"),
            focus,
            is_mac: has("mac"),
            single_keys: true,
        }
    }

    #[test]
    fn kb_03_each_key_of_the_table_asks_for_its_deed_and_for_no_other() {
        for key in &TABLE {
            for platform in ["", "+mac"] {
                let held = match (key.held, platform) {
                    (Held::Nothing, _) => "",
                    (Held::Command, "") => "ctrl",
                    (Held::Command, _) => "meta",
                    (Held::AltShift, _) => "alt+shift",
                };
                let focus = if key.during == While::EmptyField { Focus::EmptyField } else { Focus::Elsewhere };
                let pressed = press(&format!("{held}{platform}"), key.key, focus);
                assert_eq!(pressed.deed(), Some(key.deed), "{pressed:?}");
                assert!(!key.caps(platform == "+mac").is_empty());
            }
        }
        // What Option writes on a Mac is another character.
        let written =
            Press { key: "Œ".to_owned(), code: "KeyQ".to_owned(), ..press("alt+shift+mac", "q", Focus::Elsewhere) };
        assert_eq!(written.deed(), Some(Deed::Write));
        // Where Ctrl belongs to the text, as on a Mac, it is left alone.
        assert_eq!(press("ctrl+mac", "k", Focus::FieldWithText).deed(), None);
    }

    #[test]
    fn kb_04_what_is_written_and_what_browsers_and_screen_readers_have_is_left_to_them() {
        for character in ["?", "/", "k", "q", "y", "ArrowUp", "ArrowDown", "ArrowLeft", "Enter", "Tab", " "] {
            assert_eq!(press("", character, Focus::FieldWithText).deed(), None, "{character}");
        }
        for letter in 'a'..='z' {
            assert_eq!(press("", &letter.to_string(), Focus::Elsewhere).deed(), None, "single letters do nothing");
        }
        let off = Press { single_keys: false, ..press("shift", "?", Focus::Elsewhere) };
        assert_eq!(off.deed(), None, "the single character can be switched off");
        assert_eq!(press("shift", "?", Focus::Elsewhere).deed(), Some(Deed::ListKeys));
        // Of browsers: tabs, windows, addresses, finding, printing, history, tools. Of screen readers: moving by
        // sentence (Alt and an arrow), through tables (Ctrl, Alt and an arrow), and everything of VoiceOver (Ctrl, Alt).
        let theirs = [
            ("ctrl", "t w n l f g h j p r s d o u c v x z a e +"),
            ("ctrl+shift", "t w n i j k c b o m a p r v s delete"),
            ("alt", "d f e ArrowLeft ArrowRight ArrowUp ArrowDown"),
            ("alt+shift", "t a i b p w c x n s"),
            ("ctrl+alt", "ArrowUp ArrowDown ArrowLeft k q y"),
            ("meta+mac", "t w n l f g h m q , [ ]"),
            ("shift", "Escape ArrowUp ArrowDown"),
        ];
        for (held, keys) in theirs {
            for key in keys.split(' ') {
                for focus in [Focus::Elsewhere, Focus::EmptyField] {
                    assert_eq!(press(held, key, focus).deed(), None, "{held} and {key}");
                }
            }
        }
    }
}
