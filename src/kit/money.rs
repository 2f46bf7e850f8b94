//! Amounts of money: whole minor units and a currency, never a fraction.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A currency by its ISO 4217 code in lower case, as payment services write it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// The text was not three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCurrency;

impl fmt::Display for InvalidCurrency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a currency")
    }
}

impl std::error::Error for InvalidCurrency {}

/// Those that Stripe counts in whole units, and those it counts in thousandths
/// (<https://docs.stripe.com/currencies>). Every other one is counted in hundredths, `ugx` included, although it has none.
const WHOLE: [&str; 15] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

impl Currency {
    /// The code in lower case.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// How many digits stand behind the point: 0, 2 or 3.
    #[must_use]
    pub fn digits(&self) -> u32 {
        let code = self.code();
        if WHOLE.contains(&code) {
            0
        } else if THOUSANDTHS.contains(&code) {
            3
        } else {
            2
        }
    }

    fn sign(&self) -> Option<&'static str> {
        match self.code() {
            "eur" => Some("€"),
            "usd" => Some("$"),
            "gbp" => Some("£"),
            "jpy" => Some("¥"),
            _ => None,
        }
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| InvalidCurrency)?;
        if bytes.iter().all(u8::is_ascii_alphabetic) {
            Ok(Self(bytes.map(|byte| byte.to_ascii_lowercase())))
        } else {
            Err(InvalidCurrency)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.code().to_ascii_uppercase())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// An amount; below zero it is owed to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In the smallest unit that is counted: cents for euros, yen for yen, fils for dinars.
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// So much of it.
    #[must_use]
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// As people say it: «€18», where `to_string` writes «€18.00»; «€18.50».
    #[must_use]
    pub fn short(self) -> String {
        let text = self.to_string();
        match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
            _ => text,
        }
    }

    /// An amount that somebody typed, as `18`, `18.50` or `.5`: digits, and a point before at most as many as the currency
    /// has. Anything else could be meant in two ways, and is none.
    #[must_use]
    pub fn read(typed: &str, currency: Currency) -> Option<Self> {
        let (whole, part) = typed.trim().split_once('.').unwrap_or((typed.trim(), ""));
        let digits = currency.digits() as usize;
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if part.len() > digits || whole.is_empty() && part.is_empty() || !plain(whole) || !plain(part) {
            return None;
        }
        format!("{whole}{part:0<digits$}").parse().ok().map(|minor| Self { minor, currency })
    }

    /// The amount alone, as [`Self::read`] takes it: `1440.00`.
    #[must_use]
    pub fn plain(&self) -> String {
        let digits = self.currency.digits();
        let (unit, amount) = (10_u64.pow(digits), self.minor.unsigned_abs());
        let sign = if self.minor < 0 { "-" } else { "" };
        match digits {
            0 => format!("{sign}{amount}"),
            _ => format!("{sign}{}.{:0width$}", amount / unit, amount % unit, width = digits as usize),
        }
    }
}

/// `€1,440.00`, `¥1,800`, `KWD 5.250`; without the digits behind the point where all amounts are whole.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.digits();
        let unit = 10_u64.pow(digits);
        let amount = self.minor.unsigned_abs();
        if self.minor < 0 {
            formatter.write_str("−")?;
        }
        match self.currency.sign() {
            Some(sign) => formatter.write_str(sign)?,
            None => write!(formatter, "{}\u{a0}", self.currency)?,
        }
        let whole = (amount / unit).to_string();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                formatter.write_str(",")?;
            }
            write!(formatter, "{digit}")?;
        }
        if digits > 0 {
            write!(formatter, ".{:0width$}", amount % unit, width = digits as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(minor: i64, currency: &str) -> String {
        Money::new(minor, currency.parse().expect("a currency")).to_string()
    }

    #[test]
    fn currencies_have_none_two_or_three_digits() {
        assert_eq!(shown(1_800, "eur"), "€18.00");
        assert_eq!(shown(144_000, "EUR"), "€1,440.00");
        assert_eq!(shown(1_800, "jpy"), "¥1,800");
        assert_eq!(shown(5_250, "kwd"), "KWD\u{a0}5.250");
        assert_eq!(shown(5, "usd"), "$0.05");
        assert_eq!(shown(-1_703, "chf"), "−CHF\u{a0}17.03");
        assert_eq!(shown(500_000, "ugx"), "UGX\u{a0}5,000.00");
        assert_eq!(shown(i64::MIN, "jpy"), "−¥9,223,372,036,854,775,808");
        assert_eq!(shown(0, "bhd"), "BHD\u{a0}0.000");
    }

    #[test]
    fn typed_amounts_are_read_one_way_or_not_at_all() {
        let read = |typed: &str, currency: &str| {
            Money::read(typed, currency.parse().expect("a currency")).map(|money| money.minor)
        };
        assert_eq!(read("18", "eur"), Some(1_800));
        assert_eq!(read(" 18.5 ", "eur"), Some(1_850));
        assert_eq!(read(".05", "usd"), Some(5));
        assert_eq!(read("5.250", "kwd"), Some(5_250));
        assert_eq!(read("1800", "jpy"), Some(1_800));
        for (typed, currency) in [
            ("", "eur"),
            (".", "eur"),
            ("18.505", "eur"),
            ("1,440.00", "eur"),
            ("18,50", "eur"),
            ("18.0", "jpy"),
            ("-1", "eur"),
            ("+1", "eur"),
            ("1e3", "eur"),
            ("١٨", "eur"),
            ("1 8", "eur"),
            ("92233720368547758.08", "eur"),
        ] {
            assert_eq!(read(typed, currency), None, "{typed}");
        }
        for (minor, currency) in [(144_000, "eur"), (1_800, "jpy"), (5, "kwd"), (0, "usd")] {
            let money = Money::new(minor, currency.parse().expect("a currency"));
            assert_eq!(Money::read(&money.plain(), money.currency), Some(money));
        }
        assert_eq!(Money::new(-5, "eur".parse().expect("a currency")).plain(), "-0.05");
    }

    #[test]
    fn a_currency_is_three_letters() {
        for wrong in ["", "eu", "euro", "e1r", "€", "eéu"] {
            assert_eq!(wrong.parse::<Currency>(), Err(InvalidCurrency), "{wrong}");
        }
        assert_eq!("Eur".parse::<Currency>().map(|currency| currency.code().to_owned()), Ok("eur".to_owned()));
    }
}
