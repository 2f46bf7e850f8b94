use std::panic::catch_unwind;

use phonenumber::{Mode, Type, country, metadata::DATABASE};

use super::PhoneError;

/// Longer than any way to write a number that has 15 digits.
const LONGEST: usize = 32;

/// A number that text messages can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// E.164: a plus and up to 15 digits.
    pub e164: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

impl Number {
    /// Reads what a person typed: with the country's code, or as it is written within `country`.
    ///
    /// # Errors
    /// When it is no number, or one that no text message is sent to: landlines, and those that cost their caller.
    pub fn read(typed: &str, country: Option<&str>) -> Result<Self, PhoneError> {
        let typed = typed.trim();
        let written = |letter: char| letter.is_ascii_digit() || " +-()./\u{a0}".contains(letter);
        if typed.is_empty() || typed.chars().count() > LONGEST || !typed.chars().all(written) {
            return Err(PhoneError::NotANumber);
        }
        let country = country.map(|country| {
            let two = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
            two.then(|| country.parse::<country::Id>().ok()).flatten().ok_or(PhoneError::NoSuchCountry)
        });
        let country = country.transpose()?;
        if !typed.starts_with('+') && country.is_none() {
            return Err(PhoneError::NoCountry);
        }
        let typed = typed.replace('\u{a0}', " ");
        // The parser has panicked on some texts before.
        catch_unwind(|| read(country, &typed)).unwrap_or(None).ok_or(PhoneError::NotANumber)?
    }
}

fn read(country: Option<country::Id>, typed: &str) -> Option<Result<Number, PhoneError>> {
    let number = phonenumber::parse(country, typed).ok()?;
    if number.extension().is_some() || !number.is_valid() {
        return None;
    }
    let e164 = number.format().mode(Mode::E164).to_string();
    let fits = (5..=16).contains(&e164.len())
        && e164.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let country = number.country().id()?.as_ref().to_owned();
    match number.number_type(&DATABASE) {
        _ if !fits => None,
        Type::Mobile | Type::FixedLineOrMobile => Some(Ok(Number { e164, country })),
        _ => Some(Err(PhoneError::NotMobile)),
    }
}

/// Its beginning and its last two digits.
#[must_use]
pub fn mask(e164: &str) -> String {
    let (Some(start), Some(end)) = (e164.get(..3), e164.len().checked_sub(2).and_then(|at| e164.get(at..))) else {
        return "•••".to_owned();
    };
    format!("{start}••••{end}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tm_01_numbers_are_read_and_those_that_cost_are_refused() {
        let read = |typed: &str, country: Option<&str>| {
            Number::read(typed, country).map(|number| format!("{} {}", number.country, number.e164))
        };
        for (typed, country, is) in [
            ("+49 1512 3456789", None, "DE +4915123456789"),
            ("01512/3456789", Some("DE"), "DE +4915123456789"),
            ("+49 (0) 1512 3456789", None, "DE +4915123456789"),
            ("(201) 555-0123", Some("US"), "US +12015550123"),
            ("+44 7400 123456", Some("DE"), "GB +447400123456"),
        ] {
            assert_eq!(read(typed, country).ok().as_deref(), Some(is), "{typed}");
        }
        for typed in
            ["", "+", "+49", "hello", "+1 201 555 0123 ext. 7", "+999 123456789", "+49\r\n1512", "+4915123456789123456"]
        {
            assert!(matches!(read(typed, None), Err(PhoneError::NotANumber)), "{typed}");
        }
        // Of a country that there is, and too short or too long for it.
        for typed in ["+49 1512 345", "+49 1512 3456789 0123", "+1 201 555 012"] {
            assert!(matches!(read(typed, None), Err(PhoneError::NotANumber)), "{typed}");
        }
        // A premium line, a free one, a landline.
        for typed in ["+1 900 234 5678", "+49 800 1234567", "+49 30 123456"] {
            assert!(matches!(read(typed, None), Err(PhoneError::NotMobile)), "{typed}");
        }
        assert!(matches!(read("1512 3456789", None), Err(PhoneError::NoCountry)));
        for country in ["de", "D", "ZZ", "DEU", "ß"] {
            assert!(matches!(read("1512 3456789", Some(country)), Err(PhoneError::NoSuchCountry)), "{country}");
        }
        assert_eq!(mask("+4915123456789"), "+49••••89");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn tm_02_any_text_is_a_number_or_none(text in ".{0,40}", country in proptest::option::of("[A-Z]{2}")) {
            let _ = Number::read(&text, country.as_deref());
        }

        #[test]
        fn what_looks_like_one_is_a_number_or_none(text in "[+]?[0-9 ()./-]{0,40}", country in proptest::option::of("[A-Z]{2}")) {
            if let Ok(Number { e164, country }) = Number::read(&text, country.as_deref()) {
                prop_assert!(e164.starts_with('+') && (5..=16).contains(&e164.len()), "{}", e164);
                prop_assert_eq!(country.len(), 2);
            }
        }
    }
}
